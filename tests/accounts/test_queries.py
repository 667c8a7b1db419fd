"""Who sees what: one's own, one's organization's, never another tenant's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from accounts import queries
from azora.kernel.actor import ANONYMOUS, Actor
from tests.accounts import factories as make

SEEN_BY = {
    name: getattr(queries, name) for name in dir(queries) if name.endswith("_visible_to") and not name.startswith("_")
}


@pytest.fixture
def world() -> Any:
    """Two organizations with a row of everything in each, and the actors of the first."""
    world = SimpleNamespace(**{side: one_side() for side in ("here", "there")})
    world.administrator = world.here.administrator.as_actor()
    world.member = world.here.member.as_actor()
    world.key = Actor(
        api_key_id=uuid4(),
        organizations=frozenset({world.here.organization.pk}),
        administers=frozenset({world.here.organization.pk}),
        scopes=frozenset({"*:read"}),
    )
    world.root = make.make_platform_administrator()
    return world


def one_side() -> Any:
    organization = make.make_organization(company=make.make_company())
    member = make.make_member(organization)
    invited = make.make_membership(organization=organization, state="invited")
    side = SimpleNamespace(
        organization=organization,
        member=member,
        administrator=make.make_administrator(organization),
        invited=invited.user,
        former=make.make_membership(organization=organization, state="ended").user,
        unit=make.make_unit(organization=organization),
        key=make.make_api_key(organization=organization),
        file=make.make_stored_file(organization=organization),
        upload=make.make_stored_file(organization=organization, uploaded_by=member),
        account=make.make_account(user=member),
        session=make.make_session(user=member),
        device=make.make_totp(user=member),
        token=make.make_verification_token(user=member),
        invitation=make.make_verification_token(user=invited.user, purpose="invitation", membership=invited),
    )
    make.make_session(user=side.administrator)
    make.Session.objects.filter(user=side.administrator).update(user=None, assurance_level=None)
    return side


def seen(name: str, actor: Actor) -> set[Any]:
    return set(SEEN_BY[name](actor=actor))


def test_there_is_a_question_for_every_model() -> None:
    assert len(SEEN_BY) == 13


@pytest.mark.django_db
@pytest.mark.parametrize("name", SEEN_BY)
def test_nobody_sees_nothing(name: str, world: Any) -> None:
    assert seen(name, ANONYMOUS) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("name", SEEN_BY)
def test_the_platforms_administrator_sees_everything(name: str, world: Any) -> None:
    actor = world.root.as_actor()
    assert seen(name, actor) == set(SEEN_BY[name](actor=actor).model.objects.all())
    assert seen(name, actor)


@pytest.mark.django_db
def test_what_an_administrator_sees(world: Any) -> None:
    here, actor = world.here, world.administrator
    people = {here.member, here.administrator, here.invited, here.former}
    assert seen("organizations_visible_to", actor) == {here.organization}
    assert seen("companies_visible_to", actor) == {here.organization.company}
    assert seen("units_visible_to", actor) == {here.unit}
    assert seen("users_visible_to", actor) == people
    assert {membership.user for membership in seen("memberships_visible_to", actor)} == people
    assert {held.user for held in seen("role_assignments_visible_to", actor)} == {here.administrator}
    assert seen("api_keys_visible_to", actor) == {here.key}
    assert seen("stored_files_visible_to", actor) == {here.file, here.upload}
    assert seen("verification_tokens_visible_to", actor) == {here.invitation}
    assert len(seen("roles_visible_to", actor)) == 3
    for name in ("accounts_visible_to", "sessions_visible_to", "two_factor_devices_visible_to"):
        assert seen(name, actor) == set()


@pytest.mark.django_db
def test_what_a_member_sees(world: Any) -> None:
    here, actor = world.here, world.member
    people = {here.member, here.administrator}
    assert seen("organizations_visible_to", actor) == {here.organization}
    assert seen("companies_visible_to", actor) == {here.organization.company}
    assert seen("units_visible_to", actor) == {here.unit}
    assert seen("users_visible_to", actor) == people
    assert {membership.user for membership in seen("memberships_visible_to", actor)} == people
    assert seen("role_assignments_visible_to", actor) == set()
    assert seen("api_keys_visible_to", actor) == set()
    assert seen("stored_files_visible_to", actor) == {here.upload}
    assert seen("verification_tokens_visible_to", actor) == {here.token}
    assert seen("accounts_visible_to", actor) == {here.account}
    assert seen("sessions_visible_to", actor) == {here.session}
    assert seen("two_factor_devices_visible_to", actor) == {here.device}


@pytest.mark.django_db
def test_what_a_key_sees(world: Any) -> None:
    for name in SEEN_BY:
        assert seen(name, world.key) == seen(name, world.administrator) - {world.here.token}
    assert seen("sessions_visible_to", world.key) == set()


@pytest.mark.django_db
def test_who_belongs_nowhere_sees_only_themselves(world: Any) -> None:
    for person in (world.here.invited, world.here.former):
        actor = person.as_actor()
        if person.is_active:
            assert seen("users_visible_to", actor) == {person}
        assert seen("organizations_visible_to", actor) == set()
        assert {membership.user for membership in seen("memberships_visible_to", actor)} == {person}


@pytest.mark.django_db
def test_nobody_is_seen_twice(world: Any) -> None:
    both = make.make_administrator(world.here.organization)
    make.make_membership(user=both, organization=world.there.organization)
    actor = make.User.objects.get(pk=both.pk).as_actor()
    for name, ask in SEEN_BY.items():
        keys = list(ask(actor=actor).values_list("pk", flat=True))
        assert len(keys) == len(set(keys)), name
