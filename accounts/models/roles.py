"""Roles and who holds them. Course roles are no roles here: they are enrollments."""

from __future__ import annotations

from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models.organizations import Organization
from azora.kernel.conditions import choice_field, one_of
from azora.kernel.records import Record


class RoleScope(models.TextChoices):
    PLATFORM = "platform"
    ORGANIZATION = "organization"


class BuiltInRole(models.TextChoices):
    """The codes of the roles that the platform itself understands; migration 0002 makes their rows."""

    PLATFORM_ADMINISTRATOR = "platform_administrator"
    PLATFORM_AUDITOR = "platform_auditor"
    ORGANIZATION_ADMINISTRATOR = "organization_administrator"


class Role(Record):
    """What may be held: by code, on the whole platform or in one organization. Shared by all organizations."""

    code = models.CharField(max_length=60)
    scope = choice_field(RoleScope)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="", db_default="")

    class Meta(Record.Meta):
        constraints = [
            one_of("scope", RoleScope, name="accounts_role_scope"),
            models.UniqueConstraint(
                fields=["code"],
                name="accounts_role_code",
                violation_error_message="There is a role with this code already.",
            ),
            models.CheckConstraint(
                name="accounts_role_code_form",
                condition=Q(code__regex=r"^[a-z]+(_[a-z]+)*$"),
                violation_error_message="A role's code has lower-case words joined by underscores.",
            ),
        ]
        triggers = [
            *Record.Meta.triggers,
            pgtrigger.Trigger(
                name="meaning_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("code", "scope"),
                condition=pgtrigger.AnyChange("code", "scope"),
                func="""
                    RAISE EXCEPTION 'A role''s code and scope never change: those who hold it would hold another.'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'accounts_role_meaning_stays',
                              TABLE = 'accounts_role';
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    def live(self) -> Self:
        """Those in force now: neither revoked nor expired."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=Now()), revoked_at__isnull=True)


class RoleAssignment(Record):
    """A person holds a role: on the platform (no organization) or in one organization, perhaps until a day."""

    # An account that is erased holds nothing any more.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="role_assignments")
    # A role that was ever held explains the history.
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="assignments")
    # As for every tenant's row.
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="role_assignments"
    )
    assigned_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # Who gave and who took is told as long as they are known.
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user", "role"],
                name="accounts_roleassignment_one_live",
                condition=Q(revoked_at__isnull=True),
                nulls_distinct=False,
                violation_error_message="This person holds the role already.",
            ),
            models.CheckConstraint(
                name="accounts_roleassignment_expiry",
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("assigned_at")),
                violation_error_message="A role cannot expire before it is given.",
            ),
            models.CheckConstraint(
                name="accounts_roleassignment_revocation",
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("assigned_at")),
                violation_error_message="A role cannot be revoked before it is given.",
            ),
            models.CheckConstraint(
                name="accounts_roleassignment_revoker",
                condition=Q(revoked_by__isnull=True) | Q(revoked_at__isnull=False),
                violation_error_message="Who revoked a role is told with the time.",
            ),
        ]
        triggers = [
            *Record.Meta.triggers,
            # A role's scope never changes, so reading it here leaves no gap.
            pgtrigger.Trigger(
                name="scope",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("role_id", "organization_id"),
                declare=[("scope", "text")],
                func="""
                    SELECT role.scope INTO scope FROM accounts_role role WHERE role.id = NEW.role_id;
                    IF (scope = 'platform') <> (NEW.organization_id IS NULL) THEN
                        RAISE EXCEPTION
                            'A platform role is held without an organization, an organization''s role in one.'
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'accounts_roleassignment_scope',
                                  TABLE = 'accounts_roleassignment';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role_id} held by {self.user_id}"
