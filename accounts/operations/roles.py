"""How roles are given and taken."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now

from accounts.authority import require_administrator, require_person, require_platform_administrator
from accounts.models import BuiltInRole, Membership, MembershipState, Role, RoleAssignment, RoleScope, UserStatus
from accounts.operations.values import require_future
from accounts.queries import role_assignments_visible_to, users_visible_to
from azora.kernel.actor import Actor
from azora.kernel.errors import Conflict, Invalid, NotFound
from azora.kernel.operations import operation

_ADMINISTRATORS = {BuiltInRole.PLATFORM_ADMINISTRATOR, BuiltInRole.ORGANIZATION_ADMINISTRATOR}


class PersonNotFound(NotFound):
    """There is no such person."""


class PersonNotActive(Conflict):
    """{person} is {status}; roles are given to active people."""


class NotAMember(Conflict):
    """{person} is no active member of the organization {organization}."""


class RoleUnknown(Invalid):
    """There is no role with the code {role}; known are {known}."""


class RoleOutOfScope(Invalid):
    """The role {role} is held {where}."""


class RoleAlreadyHeld(Conflict):
    """{person} holds the role {role} already."""


@operation
def assign_role(
    *, actor: Actor, user: UUID, role: str, organization: UUID | None = None, expires_at: datetime | None = None
) -> RoleAssignment:
    """Give a person a role, by its code: on the platform (no organization), or in one organization.

    Administrators of the platform, or of that organization, do. Giving a role that the person holds is refused; one
    that has expired may be given again.
    """
    require_person(actor=actor)
    if organization is None:
        require_platform_administrator(actor=actor)
        tenant = None
    else:
        tenant = require_administrator(actor=actor, organization=organization)
    given = Role.objects.filter(code=role).first()
    if given is None:
        raise RoleUnknown(role=role, known=", ".join(Role.objects.order_by("code").values_list("code", flat=True)))
    if (given.scope == RoleScope.PLATFORM) != (tenant is None):
        where = "on the platform, without an organization" if tenant else "in an organization, which is missing"
        raise RoleOutOfScope(role=given.code, where=where)
    require_future(expires_at)
    person = users_visible_to(actor=actor).select_for_update(no_key=True).filter(pk=user).first()
    if person is None:
        raise PersonNotFound
    if not person.is_active:
        raise PersonNotActive(person=person, status=person.status)
    members = Membership.objects.filter(user=person, organization=tenant, state=MembershipState.ACTIVE)
    if tenant is not None and not members.exists():
        raise NotAMember(person=person, organization=tenant.name)
    held = RoleAssignment.objects.filter(user=person, role=given, organization=tenant, revoked_at__isnull=True)
    if held.live().exists():
        raise RoleAlreadyHeld(person=person, role=given.code)
    held.update(revoked_at=F("expires_at"))
    return RoleAssignment.objects.create(
        user=person, role=given, organization=tenant, expires_at=expires_at, assigned_by_id=actor.user_id
    )


class RoleAssignmentNotFound(NotFound):
    """There is no such assignment of a role."""


class RoleAlreadyRevoked(Conflict):
    """This role has been revoked already."""


class LastAdministrator(Conflict):
    """This is the last administrator: give the role to somebody else first."""


@operation
def revoke_role(*, actor: Actor, role_assignment: UUID) -> RoleAssignment:
    """Take a role from a person. The last administrator, of the platform or of an organization, keeps theirs."""
    require_person(actor=actor)
    found = role_assignments_visible_to(actor=actor).filter(pk=role_assignment).select_related("role").first()
    if found is None:
        raise RoleAssignmentNotFound
    if found.organization_id is None:
        require_platform_administrator(actor=actor)
    else:
        require_administrator(actor=actor, organization=found.organization_id)
    alike = RoleAssignment.objects.filter(role=found.role_id, organization=found.organization_id)
    unrevoked = {row.pk: row for row in alike.filter(revoked_at__isnull=True).select_for_update().order_by("pk")}
    if found.pk not in unrevoked:
        raise RoleAlreadyRevoked
    others = alike.live().exclude(user=found.user_id).filter(user__status=UserStatus.ACTIVE)
    if found.role.code in _ADMINISTRATORS and not others.exists():
        raise LastAdministrator
    revoked = unrevoked[found.pk]
    revoked.revoked_at = Now()
    revoked.revoked_by_id = actor.user_id
    revoked.save(update_fields=["revoked_at", "revoked_by"])
    revoked.refresh_from_db()
    return revoked
