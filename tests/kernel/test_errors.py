"""Refusals say what they are in words and by a code."""

import pytest
from django.db import IntegrityError

from azora.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal, refusal_of


class CourseFull(Conflict):
    """The course {course} has no free place."""


def test_a_refusal_speaks_by_its_docstring_with_the_facts_filled_in() -> None:
    refusal = CourseFull(course="Algebra")
    assert str(refusal) == "The course Algebra has no free place."
    assert refusal.facts == {"course": "Algebra"}


def test_the_code_is_the_app_and_the_name_of_the_class() -> None:
    CourseFull.__module__ = "lms.operations.enrollments"
    assert CourseFull(course="x").code == "lms.course_full"
    assert Refusal().code == "kernel.refusal"


@pytest.mark.parametrize(("kind", "status"), [(Conflict, 409), (Invalid, 400), (NotAllowed, 403), (NotFound, 404)])
def test_each_kind_has_its_status(kind: type[Refusal], status: int) -> None:
    assert kind.status == status


def test_a_violation_of_no_declared_constraint_is_no_refusal() -> None:
    assert refusal_of(IntegrityError("somewhere else")) is None
