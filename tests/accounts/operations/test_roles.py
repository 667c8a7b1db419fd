"""Giving and taking roles: allowed, refused with nothing changed, repeated, and two at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import authority, operations
from accounts.models import BuiltInRole, RoleAssignment, User
from accounts.operations import roles, values
from azora.kernel.actor import ANONYMOUS
from tests.accounts import factories as make

ADMINISTRATOR = BuiltInRole.ORGANIZATION_ADMINISTRATOR


@pytest.mark.django_db
def test_assign_role_in_an_organization(refused, actor_of) -> None:
    organization = make.make_organization()
    administrator, person = make.make_administrator(organization), make.make_member(organization)
    tomorrow = timezone.now() + timedelta(days=1)

    def assign() -> RoleAssignment:
        return operations.assign_role(
            actor=administrator.as_actor(),
            user=person.pk,
            role=ADMINISTRATOR,
            organization=organization.pk,
            expires_at=tomorrow,
        )

    made = assign()
    assert (made.user, made.role.code, made.organization) == (person, ADMINISTRATOR, organization)
    assert (made.expires_at, made.assigned_by, made.revoked_at) == (tomorrow, administrator, None)
    assert actor_of(person).administers == {organization.pk}
    with refused(roles.RoleAlreadyHeld, f"{person} holds the role"):
        assign()


@pytest.mark.django_db
def test_a_role_that_expired_counts_no_more_and_may_be_given_again(actor_of) -> None:
    organization = make.make_organization()
    administrator, person = make.make_administrator(organization), make.make_member(organization)
    past = timezone.now() - timedelta(days=2)
    expired = make.give_role(person, ADMINISTRATOR, organization)
    RoleAssignment.objects.filter(pk=expired.pk).update(assigned_at=past, expires_at=past + timedelta(days=1))
    assert actor_of(person).administers == frozenset()
    made = operations.assign_role(
        actor=administrator.as_actor(), user=person.pk, role=ADMINISTRATOR, organization=organization.pk
    )
    expired.refresh_from_db()
    assert expired.revoked_at == past + timedelta(days=1)
    assert made.pk != expired.pk
    assert actor_of(person).administers == {organization.pk}


@pytest.mark.django_db
def test_assign_role_on_the_platform(refused, actor_of) -> None:
    root, person = make.make_platform_administrator(), make.make_user()
    operations.assign_role(actor=root.as_actor(), user=person.pk, role=BuiltInRole.PLATFORM_AUDITOR)
    auditor = User.objects.get(pk=person.pk)
    assert auditor.is_staff
    assert not auditor.is_superuser
    organization = make.make_organization()
    administrator = make.make_administrator(organization)
    for actor in (administrator.as_actor(), auditor.as_actor(), ANONYMOUS):
        with refused(authority.PlatformAdministratorsOnly):
            operations.assign_role(actor=actor, user=administrator.pk, role=BuiltInRole.PLATFORM_ADMINISTRATOR)


@pytest.mark.django_db
def test_assign_role_refuses_what_makes_no_sense(refused) -> None:
    organization = make.make_organization()
    actor = make.make_administrator(organization).as_actor()
    root = make.make_platform_administrator().as_actor()
    member, outsider = make.make_member(organization), make.make_user()
    asleep = make.make_member(organization, status="suspended")
    here = {"role": ADMINISTRATOR, "organization": organization.pk}
    with refused(roles.RoleUnknown, "platform_auditor"):
        operations.assign_role(actor=actor, user=member.pk, role="king", organization=organization.pk)
    with refused(roles.RoleOutOfScope, "on the platform"):
        operations.assign_role(actor=root, user=member.pk, role="platform_auditor", organization=organization.pk)
    with refused(roles.RoleOutOfScope, "in an organization"):
        operations.assign_role(actor=root, user=member.pk, role=ADMINISTRATOR)
    with refused(values.ExpiryPast):
        operations.assign_role(actor=actor, user=member.pk, expires_at=timezone.now(), **here)
    with refused(roles.PersonNotFound):
        operations.assign_role(actor=actor, user=outsider.pk, **here)
    with refused(roles.NotAMember, organization.name):
        operations.assign_role(actor=root, user=outsider.pk, **here)
    with refused(roles.PersonNotActive, "is suspended"):
        operations.assign_role(actor=actor, user=asleep.pk, **here)
    with refused(authority.PeopleOnly):
        operations.assign_role(actor=make.make_service(organization), user=member.pk, **here)
    with refused(authority.OrganizationAdministratorsOnly):
        operations.assign_role(actor=member.as_actor(), user=member.pk, **here)
    with refused(authority.OrganizationNotFound):
        operations.assign_role(actor=outsider.as_actor(), user=member.pk, **here)


def test_a_role_given_twice_at_once_is_given_once(committed, at_once) -> None:
    organization = make.make_organization()
    actor, person = make.make_administrator(organization).as_actor(), make.make_member(organization)

    def assign() -> Any:
        return operations.assign_role(actor=actor, user=person.pk, role=ADMINISTRATOR, organization=organization.pk)

    results = at_once(assign, assign)
    assert sorted(type(result).__name__ for result in results) == ["RoleAlreadyHeld", "RoleAssignment"]
    assert RoleAssignment.objects.filter(user=person).count() == 1


@pytest.mark.django_db
def test_revoke_role(refused, actor_of) -> None:
    organization = make.make_organization()
    administrator, person = make.make_administrator(organization), make.make_member(organization)
    held = make.give_role(person, ADMINISTRATOR, organization)
    revoked = operations.revoke_role(actor=administrator.as_actor(), role_assignment=held.pk)
    assert (revoked.pk, revoked.revoked_by) == (held.pk, administrator)
    assert revoked.revoked_at >= revoked.assigned_at
    assert actor_of(person).administers == frozenset()
    with refused(roles.RoleAlreadyRevoked):
        operations.revoke_role(actor=administrator.as_actor(), role_assignment=held.pk)


@pytest.mark.django_db
def test_revoke_role_refuses(refused) -> None:
    organization = make.make_organization()
    administrator = make.make_administrator(organization)
    member, stranger = make.make_member(organization), make.make_administrator(make.make_organization())
    held = make.give_role(member, ADMINISTRATOR, organization)
    auditor = make.make_auditor()
    own = auditor.role_assignments.get()
    for actor in (stranger.as_actor(), ANONYMOUS):
        with refused(roles.RoleAssignmentNotFound):
            operations.revoke_role(actor=actor, role_assignment=held.pk)
    with refused(authority.PeopleOnly):
        operations.revoke_role(actor=make.make_service(organization), role_assignment=held.pk)
    with refused(authority.PlatformAdministratorsOnly):
        operations.revoke_role(actor=auditor.as_actor(), role_assignment=own.pk)
    operations.revoke_role(actor=administrator.as_actor(), role_assignment=held.pk)
    with refused(roles.LastAdministrator):
        operations.revoke_role(actor=administrator.as_actor(), role_assignment=administrator.role_assignments.get().pk)


@pytest.mark.django_db
def test_an_administrator_who_cannot_log_in_is_none(refused) -> None:
    root = make.make_platform_administrator()
    make.make_platform_administrator(status="suspended")
    with refused(roles.LastAdministrator):
        operations.revoke_role(actor=root.as_actor(), role_assignment=root.role_assignments.get().pk)


def test_two_administrators_who_revoke_each_other_at_once_leave_one(committed, at_once) -> None:
    first, second = make.make_platform_administrator(), make.make_platform_administrator()
    actors = [first.as_actor(), second.as_actor()]
    held = [second.role_assignments.get().pk, first.role_assignments.get().pk]
    results = at_once(
        lambda: operations.revoke_role(actor=actors[0], role_assignment=held[0]),
        lambda: operations.revoke_role(actor=actors[1], role_assignment=held[1]),
    )
    assert sorted(type(result).__name__ for result in results) == ["LastAdministrator", "RoleAssignment"]
    assert RoleAssignment.objects.live().count() == 1
