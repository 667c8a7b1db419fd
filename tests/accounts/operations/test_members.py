"""Inviting people, and accepting: allowed, refused with nothing changed, repeated, and two at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import authority, operations
from accounts.models import Membership, Organization, User, VerificationToken
from accounts.operations import members, people
from accounts.tokens import digest_of
from azora.kernel.actor import ANONYMOUS
from azora.kernel.values import FieldsRefused
from tests.accounts import factories as make


@pytest.mark.django_db
def test_an_unknown_person_is_invited_and_accepts() -> None:
    organization = make.make_organization()
    administrator = make.make_administrator(organization)
    unit = make.make_unit(organization=organization)
    invitation = operations.invite_member(
        actor=administrator.as_actor(),
        organization=organization.pk,
        email=" Ada@Example.org ",
        name="Ada",
        unit=unit.pk,
    )
    person = User.objects.get(email="ada@example.org")
    token = VerificationToken.objects.get()
    assert (person.status, person.name, person.has_usable_password()) == ("invited", "Ada", False)
    assert (invitation.membership.user, invitation.membership.state) == (person, "invited")
    assert (invitation.membership.unit, invitation.membership.invited_by) == (unit, administrator)
    assert (token.membership, token.user, token.email) == (invitation.membership, person, "ada@example.org")
    assert token.token_hash == digest_of(invitation.token)
    assert timedelta(days=6, hours=23) < token.expires_at - timezone.now() <= timedelta(days=7)

    membership = operations.accept_invitation(token=invitation.token, password=make.PASSWORD, name="Ada Lovelace")
    person.refresh_from_db()
    token.refresh_from_db()
    assert (membership.pk, membership.state) == (invitation.membership.pk, "active")
    assert membership.joined_at is not None
    assert (person.status, person.name, person.check_password(make.PASSWORD)) == ("active", "Ada Lovelace", True)
    assert person.email_verified_at is not None
    assert token.used_at is not None
    assert person.as_actor().organizations == {organization.pk}


@pytest.mark.django_db
def test_a_known_person_keeps_their_password(refused) -> None:
    organization = make.make_organization()
    person = make.make_user(email="bo@example.org")
    password = person.password
    actor = make.make_administrator(organization).as_actor()
    invitation = operations.invite_member(
        actor=actor, organization=organization.pk, email="BO@example.org", name="Somebody Else"
    )
    with refused(members.PasswordKept):
        operations.accept_invitation(token=invitation.token, password="another good password")
    operations.accept_invitation(token=invitation.token)
    known = User.objects.get(pk=person.pk)
    assert (known.password, known.name, known.email) == (password, person.name, "bo@example.org")
    assert known.as_actor().organizations == {organization.pk}


@pytest.mark.django_db
def test_inviting_again_replaces_the_token(refused) -> None:
    organization = make.make_organization()
    actor = make.make_service(organization)
    unit = make.make_unit(organization=organization)
    first = operations.invite_member(actor=actor, organization=organization.pk, email="cy@example.org")
    second = operations.invite_member(actor=actor, organization=organization.pk, email="cy@example.org", unit=unit.pk)
    assert second.membership == first.membership
    assert Membership.objects.get().unit == unit
    assert VerificationToken.objects.get().token_hash == digest_of(second.token)
    with refused(members.InvitationUnknown):
        operations.accept_invitation(token=first.token, password=make.PASSWORD)
    operations.accept_invitation(token=second.token, password=make.PASSWORD)
    with refused(members.AlreadyMember, "cy@example.org is a member of the organization already (active)"):
        operations.invite_member(actor=actor, organization=organization.pk, email="cy@example.org")


@pytest.mark.django_db
def test_who_left_may_be_invited_again() -> None:
    ended = make.make_membership(state="ended")
    invitation = operations.invite_member(
        actor=make.make_service(ended.organization), organization=ended.organization_id, email=ended.user.email
    )
    assert invitation.membership != ended
    assert Membership.objects.get(pk=ended.pk).state == "ended"


@pytest.mark.django_db
def test_invite_member_is_for_the_organizations_administrators(refused) -> None:
    organization, elsewhere = make.make_organization(), make.make_organization()
    member = make.make_member(organization).as_actor()
    former = make.make_administrator(organization)
    Membership.objects.filter(user=former).update(state="ended", ended_at=timezone.now())
    stranger = make.make_administrator(elsewhere).as_actor()
    with refused(authority.OrganizationAdministratorsOnly, organization.name):
        operations.invite_member(actor=member, organization=organization.pk, email="x@example.org")
    for actor in (former.as_actor(), stranger, make.make_service(elsewhere), ANONYMOUS):
        with refused(authority.OrganizationNotFound):
            operations.invite_member(actor=actor, organization=organization.pk, email="x@example.org")
    invited = operations.invite_member(
        actor=make.make_platform_administrator().as_actor(), organization=organization.pk, email="x@example.org"
    )
    assert invited.membership.organization == organization


@pytest.mark.django_db
def test_invite_member_refuses_what_makes_no_sense(refused) -> None:
    organization = make.make_organization()
    actor = make.make_service(organization)
    root = make.make_platform_administrator().as_actor()
    foreign = make.make_unit()
    suspended = make.make_user(status="suspended")
    with refused(FieldsRefused, "email: Enter a valid email address."):
        operations.invite_member(actor=actor, organization=organization.pk, email="nobody")
    with refused(FieldsRefused, "name: Ensure this value has at most 200"):
        operations.invite_member(actor=actor, organization=organization.pk, email="x@example.org", name="x" * 201)
    with refused(members.UnitNotFound):
        operations.invite_member(actor=actor, organization=organization.pk, email="x@example.org", unit=foreign.pk)
    with refused(members.PersonUnavailable, suspended.email):
        operations.invite_member(actor=actor, organization=organization.pk, email=suspended.email)
    Organization.objects.filter(pk=organization.pk).update(status="closed")
    with refused(authority.OrganizationNotActive, "is closed"):
        operations.invite_member(actor=root, organization=organization.pk, email="x@example.org")


@pytest.mark.django_db
def test_an_invitation_works_once_and_only_while_it_waits(refused) -> None:
    organization = make.make_organization()
    actor = make.make_service(organization)

    def invite(email: str) -> operations.Invitation:
        return operations.invite_member(actor=actor, organization=organization.pk, email=email)

    with refused(members.InvitationUnknown):
        operations.accept_invitation(token="made up", password=make.PASSWORD)
    reset = make.make_verification_token(token_hash=digest_of("for a reset"))
    with refused(members.InvitationUnknown):
        operations.accept_invitation(token="for a reset", password=make.PASSWORD)
    assert reset.used_at is None

    used = invite("used@example.org")
    with refused(people.PasswordRefused, "too short"):
        operations.accept_invitation(token=used.token, password="short")
    with refused(people.PasswordRefused):
        operations.accept_invitation(token=used.token)
    operations.accept_invitation(token=used.token, password=make.PASSWORD)
    with refused(members.InvitationUsed):
        operations.accept_invitation(token=used.token, password=make.PASSWORD)

    late = invite("late@example.org")
    past = timezone.now() - timedelta(days=8)
    VerificationToken.objects.filter(membership=late.membership).update(
        created_at=past, expires_at=past + timedelta(days=7)
    )
    with refused(members.InvitationExpired):
        operations.accept_invitation(token=late.token, password=make.PASSWORD)

    withdrawn = invite("withdrawn@example.org")
    Membership.objects.filter(pk=withdrawn.membership.pk).update(state="ended", ended_at=timezone.now())
    with refused(members.InvitationWithdrawn):
        operations.accept_invitation(token=withdrawn.token, password=make.PASSWORD)

    closed = invite("closed@example.org")
    User.objects.filter(email="closed@example.org").update(status="closed")
    with refused(members.PersonUnavailable):
        operations.accept_invitation(token=closed.token, password=make.PASSWORD)

    stopped = invite("stopped@example.org")
    Organization.objects.filter(pk=organization.pk).update(status="suspended")
    with refused(authority.OrganizationNotActive):
        operations.accept_invitation(token=stopped.token, password=make.PASSWORD)


def test_two_invitations_at_once_make_one_membership(committed, at_once) -> None:
    organization = make.make_organization()
    actor = make.make_service(organization)

    def invite() -> Any:
        return operations.invite_member(actor=actor, organization=organization.pk, email="dot@example.org")

    first, second, third = at_once(invite, invite, invite)
    assert first.membership == second.membership == third.membership
    assert Membership.objects.filter(organization=organization).count() == 1
    assert User.objects.filter(email="dot@example.org").count() == 1
    (kept,) = VerificationToken.objects.all()
    assert kept.token_hash in {digest_of(result.token) for result in (first, second, third)}


def test_an_invitation_accepted_twice_at_once_is_accepted_once(committed, at_once) -> None:
    organization = make.make_organization()
    invitation = operations.invite_member(
        actor=make.make_service(organization), organization=organization.pk, email="eve@example.org"
    )

    def accept() -> Any:
        return operations.accept_invitation(token=invitation.token, password=make.PASSWORD)

    results = at_once(accept, accept)
    assert sorted(type(result).__name__ for result in results) == ["InvitationUsed", "Membership"]


def test_inviting_again_and_accepting_at_once_do_not_block_each_other(committed, at_once) -> None:
    organization = make.make_organization()
    actor = make.make_service(organization)
    invitation = operations.invite_member(actor=actor, organization=organization.pk, email="flo@example.org")
    again, accepted = at_once(
        lambda: operations.invite_member(actor=actor, organization=organization.pk, email="flo@example.org"),
        lambda: operations.accept_invitation(token=invitation.token, password=make.PASSWORD),
    )
    outcome = (type(again).__name__, type(accepted).__name__)
    assert outcome in {("AlreadyMember", "Membership"), ("Invitation", "InvitationUnknown")}
    assert Membership.objects.get().state == ("active" if outcome[1] == "Membership" else "invited")
