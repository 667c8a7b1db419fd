"""How people become members of organizations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models.functions import Now
from django.utils import timezone

from accounts.authority import OrganizationNotActive, require_administrator
from accounts.models import (
    Membership,
    MembershipState,
    OrganizationStatus,
    TokenPurpose,
    User,
    UserStatus,
    VerificationToken,
)
from accounts.operations.people import set_password
from accounts.queries import units_visible_to
from accounts.tokens import digest_of, make_token
from azora.kernel.actor import Actor
from azora.kernel.errors import Conflict, NotFound
from azora.kernel.operations import operation
from azora.kernel.values import require_fields

INVITATION_LASTS = timedelta(days=7)


class UnitNotFound(NotFound):
    """There is no such unit in the organization."""


class PersonUnavailable(Conflict):
    """The person with the address {email} cannot join: their account is not open."""


class AlreadyMember(Conflict):
    """The person with the address {email} is a member of the organization already ({state})."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A membership that waits for its person's answer, and the token by which they accept: told this once."""

    membership: Membership
    token: str


@operation
def invite_member(
    *, actor: Actor, organization: UUID, email: str, name: str = "", unit: UUID | None = None
) -> Invitation:
    """Invite a person into an organization by e-mail address; its administrators do.

    Who is unknown becomes a person with the status `invited`. The token is good for 7 days. Inviting again while the
    invitation waits makes a new token, and the older one stops working.
    """
    tenant = require_administrator(actor=actor, organization=organization)
    if unit is not None and not units_visible_to(actor=actor).filter(pk=unit, organization=tenant).exists():
        raise UnitNotFound
    person = _known_or_invited(email=email.strip().lower(), name=name.strip())
    if person.status not in {UserStatus.INVITED, UserStatus.ACTIVE}:
        raise PersonUnavailable(email=person.email)
    membership = (
        Membership.objects.filter(organization=tenant, user=person).exclude(state=MembershipState.ENDED).first()
    )
    if membership is None:
        membership = Membership.objects.create(
            organization=tenant, user=person, unit_id=unit, invited_by_id=actor.user_id
        )
    elif membership.state != MembershipState.INVITED:
        raise AlreadyMember(email=person.email, state=membership.state)
    elif unit is not None:
        membership.unit_id = unit
        membership.save(update_fields=["unit"])
    token = make_token()
    VerificationToken.objects.filter(membership=membership, used_at__isnull=True).delete()
    VerificationToken.objects.create(
        user=person,
        membership=membership,
        purpose=TokenPurpose.INVITATION,
        email=person.email,
        token_hash=digest_of(token),
        expires_at=timezone.now() + INVITATION_LASTS,
    )
    return Invitation(membership=membership, token=token)


def _known_or_invited(*, email: str, name: str) -> User:
    """The person with the address, made where unknown; locked, so that two invitations follow each other."""
    invited = User(email=email, name=name)
    invited.set_unusable_password()
    require_fields(invited)
    User.objects.bulk_create([invited], ignore_conflicts=True)
    person: User = User.objects.select_for_update(no_key=True).with_email(email).get()
    return person


class InvitationUnknown(NotFound):
    """There is no such invitation, or a newer one took its place."""


class InvitationUsed(Conflict):
    """This invitation has been accepted already."""


class InvitationExpired(Conflict):
    """This invitation has expired; ask for a new one."""


class InvitationWithdrawn(Conflict):
    """The membership that this invitation was for no longer waits for an answer."""


class PasswordKept(Conflict):
    """You have an account with a password already: accept the invitation without giving one."""


@operation
def accept_invitation(*, token: str, password: str = "", name: str = "") -> Membership:
    """Become a member by an invitation's token, which works once; a new person sets their password with it."""
    waiting = VerificationToken.objects.filter(token_hash=digest_of(token), purpose=TokenPurpose.INVITATION)
    holder = waiting.values_list("user_id", flat=True).first()
    if holder is None:
        raise InvitationUnknown
    person = User.objects.select_for_update(no_key=True).get(pk=holder)
    invitation = waiting.select_for_update(of=("self",)).first()
    if invitation is None:
        raise InvitationUnknown
    membership = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("organization")
        .get(verification_tokens=invitation)
    )
    _require_open_invitation(invitation, membership, person)
    if person.status == UserStatus.INVITED:
        person.name = name.strip() or person.name
        _open_account(person, password=password)
    elif password:
        raise PasswordKept
    invitation.used_at = Now()
    invitation.save(update_fields=["used_at"])
    membership.state = MembershipState.ACTIVE
    membership.joined_at = Now()
    membership.save(update_fields=["state", "joined_at"])
    membership.refresh_from_db()
    return membership


def _require_open_invitation(invitation: VerificationToken, membership: Membership, person: User) -> None:
    if invitation.used_at is not None:
        raise InvitationUsed
    if invitation.expires_at <= timezone.now():
        raise InvitationExpired
    if membership.state != MembershipState.INVITED:
        raise InvitationWithdrawn
    if membership.organization.status != OrganizationStatus.ACTIVE:
        raise OrganizationNotActive(organization=membership.organization.name, status=membership.organization.status)
    if person.status not in {UserStatus.INVITED, UserStatus.ACTIVE}:
        raise PersonUnavailable(email=person.email)


def _open_account(person: User, *, password: str) -> None:
    """Make an invited person active, with a password; the token came by mail, so the address is theirs."""
    set_password(person, password)
    person.status = UserStatus.ACTIVE
    person.email_verified_at = timezone.now()
    require_fields(person)
    person.save(update_fields=["name", "password", "status", "email_verified_at"])
