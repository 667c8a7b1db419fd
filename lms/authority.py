"""Who may change what in a course: asked at the top of operations, beside `accounts.authority`."""

from __future__ import annotations

from uuid import UUID

from django.db import models

from azora.kernel.actor import Actor
from lms.models import Enrollment, EnrollmentRole, EnrollmentState, Offering


def administers(actor: Actor, organization: UUID) -> bool:
    """Whether the actor manages all of the organization: its administrator, its key, or one of the platform."""
    return actor.is_platform_admin or organization in actor.administers


def holds(actor: Actor, *roles: EnrollmentRole, offering: Offering) -> bool:
    """Whether the person has an active enrollment of one of the roles in the offering."""
    return _active(actor).filter(offering=offering, role__in=roles).exists()


def designs(actor: Actor, course: UUID) -> bool:
    """Whether the person has an active enrollment as a designer in any offering of the course."""
    return _active(actor).filter(course=course, role=EnrollmentRole.DESIGNER).exists()


def _active(actor: Actor) -> models.QuerySet[Enrollment]:
    if actor.user_id is None:
        return Enrollment.objects.none()
    return Enrollment.objects.filter(
        user=actor.user_id, organization__in=actor.organizations, state=EnrollmentState.ACTIVE
    )
