"""The demo organization: the same one, however often it is made."""

from __future__ import annotations

import pytest

from accounts.demo import make_demo
from accounts.models import Unit
from tests.accounts import factories as make


@pytest.mark.django_db
def test_it_is_made_once(all_rows) -> None:
    make.make_organization()
    first = make_demo()
    before = all_rows()
    assert make_demo() == first
    assert all_rows() == before
    assert (len(before["accounts.User"]), len(before["accounts.Membership"])) == (16, 16)


@pytest.mark.django_db
def test_its_people_have_places_and_no_passwords() -> None:
    demo = make_demo()
    people = [demo.administrator, *demo.instructors, *demo.learners]
    assert [person.has_usable_password() for person in people] == [False] * 16
    assert {person.as_actor().organizations for person in people} == {frozenset({demo.organization.pk})}
    assert [person for person in people if person.as_actor().administers] == [demo.administrator]
    assert str(demo.learners[0]) == "Aiko Tanaka"
    assert Unit.objects.get(name="Mathematics").parent == demo.units["Faculty of Engineering"]


def test_it_may_be_made_by_two_at_once(committed, at_once) -> None:
    first, second = at_once(make_demo, make_demo)
    assert first == second
