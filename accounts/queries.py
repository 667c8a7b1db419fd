"""Questions about people and organizations; each answers only what the actor may see."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from accounts.models import (
    Account,
    ApiKey,
    Company,
    Membership,
    MembershipState,
    Organization,
    Role,
    RoleAssignment,
    Session,
    StoredFile,
    TwoFactorDevice,
    Unit,
    User,
    VerificationToken,
)
from azora.kernel.actor import Actor

Row = TypeVar("Row", bound=Model)


def _seen(rows: QuerySet[Row], actor: Actor, *, by: Q) -> QuerySet[Row]:
    """All rows for an administrator of the platform, those that `by` picks for any other actor."""
    if actor.is_platform_admin:
        return rows
    return rows.none() if actor.is_anonymous else rows.filter(by)


def _own(actor: Actor, field: str) -> Q:
    """Rows of the person who acts; a key has none."""
    return Q(**{f"{field}__in": [] if actor.user_id is None else [actor.user_id]})


def organizations_visible_to(*, actor: Actor) -> QuerySet[Organization]:
    """The organizations that the actor belongs to."""
    return _seen(Organization.objects.all(), actor, by=Q(pk__in=actor.organizations))


def companies_visible_to(*, actor: Actor) -> QuerySet[Company]:
    """The companies behind the organizations that the actor belongs to."""
    organizations = Organization.objects.filter(company=OuterRef("pk"), pk__in=actor.organizations)
    return _seen(Company.objects.all(), actor, by=Q(Exists(organizations)))


def units_visible_to(*, actor: Actor) -> QuerySet[Unit]:
    """All units of the organizations that the actor belongs to."""
    return _seen(Unit.objects.all(), actor, by=Q(organization__in=actor.organizations))


def memberships_visible_to(*, actor: Actor) -> QuerySet[Membership]:
    """Active members of the actor's organizations; in those it administers the invited, suspended and past ones too."""
    return _seen(Membership.objects.all(), actor, by=_membership_seen(actor) | _own(actor, "user"))


def users_visible_to(*, actor: Actor) -> QuerySet[User]:
    """The people behind :func:`memberships_visible_to`, and the actor themselves."""
    memberships = Membership.objects.filter(_membership_seen(actor), user=OuterRef("pk"))
    return _seen(User.objects.all(), actor, by=Q(Exists(memberships)) | _own(actor, "pk"))


def _membership_seen(actor: Actor) -> Q:
    return Q(organization__in=actor.organizations, state=MembershipState.ACTIVE) | Q(organization__in=actor.administers)


def roles_visible_to(*, actor: Actor) -> QuerySet[Role]:
    """All roles: they are shared by all organizations."""
    return _seen(Role.objects.all(), actor, by=Q())


def role_assignments_visible_to(*, actor: Actor) -> QuerySet[RoleAssignment]:
    """The actor's own roles, and those held in the organizations that it administers."""
    by = Q(organization__in=actor.administers) | _own(actor, "user")
    return _seen(RoleAssignment.objects.all(), actor, by=by)


def api_keys_visible_to(*, actor: Actor) -> QuerySet[ApiKey]:
    """The keys of the organizations that the actor administers."""
    return _seen(ApiKey.objects.all(), actor, by=Q(organization__in=actor.administers))


def stored_files_visible_to(*, actor: Actor) -> QuerySet[StoredFile]:
    """What the actor uploaded to its organizations, and all files of those that it administers."""
    own = Q(organization__in=actor.organizations) & _own(actor, "uploaded_by")
    return _seen(StoredFile.objects.all(), actor, by=Q(organization__in=actor.administers) | own)


def verification_tokens_visible_to(*, actor: Actor) -> QuerySet[VerificationToken]:
    """The actor's own, and the invitations to organizations that it administers."""
    by = Q(membership__organization__in=actor.administers) | _own(actor, "user")
    return _seen(VerificationToken.objects.all(), actor, by=by)


def accounts_visible_to(*, actor: Actor) -> QuerySet[Account]:
    """The actor's own accounts at providers."""
    return _seen(Account.objects.all(), actor, by=_own(actor, "user"))


def sessions_visible_to(*, actor: Actor) -> QuerySet[Session]:
    """The actor's own sessions."""
    return _seen(Session.objects.all(), actor, by=_own(actor, "user"))


def two_factor_devices_visible_to(*, actor: Actor) -> QuerySet[TwoFactorDevice]:
    """The actor's own second factors."""
    return _seen(TwoFactorDevice.objects.all(), actor, by=_own(actor, "user"))
