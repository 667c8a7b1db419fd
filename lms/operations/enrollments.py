"""Who takes part: people are enrolled, and their enrollments change state."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.models import Membership, MembershipState
from azora.kernel.actor import Actor
from azora.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from azora.kernel.operations import operation
from lms.authority import administers, holds
from lms.models import (
    LIVE_STATES,
    CourseState,
    Enrollment,
    EnrollmentRole,
    EnrollmentSource,
    EnrollmentState,
    Offering,
    OfferingState,
    Section,
)
from lms.queries import enrollments_visible_to, offerings_visible_to

#: From each state, the states that an enrollment may change to. Who withdrew is enrolled anew, by a row of its own.
TRANSITIONS: dict[EnrollmentState, frozenset[EnrollmentState]] = {
    EnrollmentState.INVITED: frozenset({EnrollmentState.ACTIVE, EnrollmentState.WITHDRAWN}),
    EnrollmentState.ACTIVE: frozenset(
        {EnrollmentState.SUSPENDED, EnrollmentState.COMPLETED, EnrollmentState.WITHDRAWN}
    ),
    EnrollmentState.SUSPENDED: frozenset({EnrollmentState.ACTIVE, EnrollmentState.WITHDRAWN}),
    EnrollmentState.COMPLETED: frozenset({EnrollmentState.ACTIVE}),
    EnrollmentState.WITHDRAWN: frozenset(),
}

#: The part of it that people do with their own enrollment: accept or decline an invitation, withdraw.
OWN_TRANSITIONS: dict[EnrollmentState, frozenset[EnrollmentState]] = {
    EnrollmentState.INVITED: frozenset({EnrollmentState.ACTIVE, EnrollmentState.WITHDRAWN}),
    EnrollmentState.ACTIVE: frozenset({EnrollmentState.WITHDRAWN}),
}

#: Whom instructors enrol and manage; other instructors and designers are the administrators' matter.
MANAGED_BY_INSTRUCTORS = frozenset({EnrollmentRole.LEARNER, EnrollmentRole.OBSERVER, EnrollmentRole.ASSISTANT})


class OfferingNotFound(NotFound):
    """There is no such offering."""


class EnrollmentNotFound(NotFound):
    """There is no such enrollment."""


class MayNotEnrol(NotAllowed):
    """You may not enrol this person as {role} in the offering {offering}."""


class MayNotChangeEnrollment(NotAllowed):
    """You may not make this enrollment {target}."""


class NotAMember(Conflict):
    """This person is not an active member of the organization; invite them first."""


class SectionOfAnotherOffering(Invalid):
    """The section does not belong to the offering {offering}."""


class CourseNotPublished(Conflict):
    """The course {course} is not published; learners are enrolled in published courses only."""


class OfferingClosed(Conflict):
    """The offering {offering} does not take enrollments: {reason}."""


class OfferingFull(Conflict):
    """The offering {offering} has no free place: all {capacity} are taken."""


class SectionFull(Conflict):
    """The section {section} has no free place: all {capacity} are taken."""


class AlreadyEnrolled(Conflict):
    """This person is enrolled in the offering {offering} as {role} already ({state})."""


class NoSuchTransition(Conflict):
    """An enrollment that is {state} cannot become {target}."""


@operation
def enrol_user(
    *,
    actor: Actor,
    offering: UUID,
    user: UUID,
    role: EnrollmentRole = EnrollmentRole.LEARNER,
    section: UUID | None = None,
    source: EnrollmentSource = EnrollmentSource.MANUAL,
    invite: bool = False,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Enrollment:
    """Enrol a member of the organization in an offering; with `invite`, they have to accept first.

    Administrators of the organization and its keys enrol anyone, instructors of the offering enrol learners, assistants
    and observers, and people enrol themselves as learners where the offering allows it (the source is then `self`).
    Places are counted under a lock of the offering, so that the last one is given once.
    """
    found = _lock_offering(actor, offering)
    source = _allowed_source(actor, found, user=user, role=role, source=source, invite=invite)
    member = Membership.objects.filter(organization=found.organization_id, user=user, state=MembershipState.ACTIVE)
    if not member.exists():
        raise NotAMember
    place = None
    if section is not None:
        place = Section.objects.filter(pk=section, organization=found.organization_id, offering=found).first()
        if place is None:
            raise SectionOfAnotherOffering(offering=found.code)
    now = timezone.now()
    _require_open(found, role, now)
    live = Enrollment.objects.filter(offering=found, user=user, role=role, state__in=LIVE_STATES).first()
    if live is not None:
        raise AlreadyEnrolled(offering=found.code, role=role.value, state=live.state)
    if role == EnrollmentRole.LEARNER:
        _require_place(found, place)
    return Enrollment.objects.create(
        organization_id=found.organization_id,
        user_id=user,
        offering=found,
        course_id=found.course_id,
        section=place,
        role=role,
        state=EnrollmentState.INVITED if invite else EnrollmentState.ACTIVE,
        source=source,
        starts_at=starts_at,
        ends_at=ends_at,
        invited_at=now if invite else None,
        activated_at=None if invite else now,
    )


@operation
def change_enrollment_state(*, actor: Actor, enrollment: UUID, state: EnrollmentState) -> Enrollment:
    """Accept, suspend, resume, complete, reopen or withdraw an enrollment, by the transitions that there are.

    Administrators of the organization and its keys may make each of them, instructors of the offering those of
    learners, assistants and observers, and people accept, decline and withdraw for themselves. Reopening takes a place
    again.
    """
    seen = enrollments_visible_to(actor=actor).filter(pk=enrollment).values_list("offering_id", flat=True).first()
    if seen is None:
        raise EnrollmentNotFound
    offering = Offering.objects.select_for_update(no_key=True).get(pk=seen)
    found = Enrollment.objects.select_for_update(no_key=True).get(pk=enrollment)
    if not _may_change(actor, found, offering, state):
        raise MayNotChangeEnrollment(target=state.value)
    if state not in TRANSITIONS[EnrollmentState(found.state)]:
        raise NoSuchTransition(state=found.state, target=state.value)
    if found.state not in LIVE_STATES and state in LIVE_STATES and found.role == EnrollmentRole.LEARNER:
        _require_place(offering, found.section)
    now = timezone.now()
    found.state = state
    found.activated_at = found.activated_at or (now if state == EnrollmentState.ACTIVE else None)
    found.suspended_at = now if state == EnrollmentState.SUSPENDED else None
    found.completed_at = now if state == EnrollmentState.COMPLETED else None
    found.withdrawn_at = now if state == EnrollmentState.WITHDRAWN else None
    found.save(update_fields=["state", "activated_at", "suspended_at", "completed_at", "withdrawn_at"])
    found.refresh_from_db()
    return found


def _lock_offering(actor: Actor, offering: UUID) -> Offering:
    """The offering, locked until the transaction ends: places are counted by one at a time."""
    seen = offerings_visible_to(actor=actor).select_related("course")
    found = seen.select_for_update(of=("self",), no_key=True).filter(pk=offering).first()
    if found is None:
        raise OfferingNotFound
    return found


def _allowed_source(
    actor: Actor, offering: Offering, *, user: UUID, role: EnrollmentRole, source: EnrollmentSource, invite: bool
) -> EnrollmentSource:
    """The source to note; raises MayNotEnrol. Only administrators may name another than is plain to see."""
    if administers(actor, offering.organization_id):
        return source
    plain = source == EnrollmentSource.MANUAL
    if plain and role in MANAGED_BY_INSTRUCTORS and holds(actor, EnrollmentRole.INSTRUCTOR, offering=offering):
        return source
    is_own = actor.user_id == user and role == EnrollmentRole.LEARNER and not invite
    if is_own and offering.allows_self_enrollment and source in {EnrollmentSource.MANUAL, EnrollmentSource.SELF}:
        return EnrollmentSource.SELF
    raise MayNotEnrol(role=role.value, offering=offering.code)


def _require_open(offering: Offering, role: EnrollmentRole, now: datetime) -> None:
    """Raise OfferingClosed or CourseNotPublished; staff are enrolled in whatever is not cancelled."""
    if offering.state == OfferingState.CANCELLED:
        raise OfferingClosed(offering=offering.code, reason="it is cancelled")
    if role not in {EnrollmentRole.LEARNER, EnrollmentRole.OBSERVER}:
        return
    if offering.state != OfferingState.OPEN:
        raise OfferingClosed(offering=offering.code, reason=f"it is {offering.state}")
    if offering.enrollment_opens_at is not None and now < offering.enrollment_opens_at:
        raise OfferingClosed(offering=offering.code, reason="enrollment has not begun")
    if offering.enrollment_closes_at is not None and now >= offering.enrollment_closes_at:
        raise OfferingClosed(offering=offering.code, reason="enrollment has ended")
    if offering.course.state != CourseState.PUBLISHED:
        raise CourseNotPublished(course=offering.course.title)


def _require_place(offering: Offering, section: Section | None) -> None:
    """Raise OfferingFull or SectionFull; the offering is locked."""
    learners = Enrollment.objects.filter(offering=offering, role=EnrollmentRole.LEARNER, state__in=LIVE_STATES)
    if offering.capacity is not None and learners.count() >= offering.capacity:
        raise OfferingFull(offering=offering.code, capacity=offering.capacity)
    if section is None or section.capacity is None:
        return
    if learners.filter(section=section).count() >= section.capacity:
        raise SectionFull(section=section.name, capacity=section.capacity)


def _may_change(actor: Actor, enrollment: Enrollment, offering: Offering, target: EnrollmentState) -> bool:
    if administers(actor, enrollment.organization_id):
        return True
    if enrollment.role in MANAGED_BY_INSTRUCTORS and holds(actor, EnrollmentRole.INSTRUCTOR, offering=offering):
        return True
    own = OWN_TRANSITIONS.get(EnrollmentState(enrollment.state), frozenset())
    return actor.user_id == enrollment.user_id and target in own
