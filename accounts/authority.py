"""Who may change what belongs to an organization, or to the platform: asked at the top of operations."""

from __future__ import annotations

from uuid import UUID

from accounts.models import Organization, OrganizationStatus
from accounts.queries import organizations_visible_to
from azora.kernel.actor import Actor
from azora.kernel.errors import Conflict, NotAllowed, NotFound


class OrganizationNotFound(NotFound):
    """There is no such organization."""


class OrganizationNotActive(Conflict):
    """The organization {organization} is {status}; nothing in it changes until it is active."""


class OrganizationAdministratorsOnly(NotAllowed):
    """Only administrators of the organization {organization} may do this."""


class PlatformAdministratorsOnly(NotAllowed):
    """Only administrators of the platform may do this."""


class PeopleOnly(NotAllowed):
    """Only a person may do this, not a key: otherwise a key could make itself more than it is."""


def require_administrator(*, actor: Actor, organization: UUID) -> Organization:
    """The organization, where the actor administers it and it is active.

    Raises OrganizationNotFound, OrganizationAdministratorsOnly or OrganizationNotActive.
    """
    found = organizations_visible_to(actor=actor).filter(pk=organization).first()
    if found is None:
        raise OrganizationNotFound
    if not actor.is_platform_admin and found.pk not in actor.administers:
        raise OrganizationAdministratorsOnly(organization=found.name)
    if found.status != OrganizationStatus.ACTIVE:
        raise OrganizationNotActive(organization=found.name, status=found.status)
    return found


def require_platform_administrator(*, actor: Actor) -> None:
    """Raises PlatformAdministratorsOnly."""
    if not actor.is_platform_admin:
        raise PlatformAdministratorsOnly


def require_person(*, actor: Actor) -> None:
    """Raises PeopleOnly where a key acts."""
    if actor.api_key_id is not None:
        raise PeopleOnly
