"""How far people are: progress in a lesson is recorded, and the course's follows exactly."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from azora.kernel.actor import Actor
from azora.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from azora.kernel.operations import operation
from lms.authority import administers, holds
from lms.models import (
    CourseProgress,
    Enrollment,
    EnrollmentRole,
    EnrollmentState,
    Lesson,
    LessonProgress,
    LessonStatus,
    ProgressRule,
)
from lms.operations.enrollments import EnrollmentNotFound
from lms.queries import enrollments_visible_to

WHOLE = Decimal(100)

#: The longest time that one message may add: 31 days.
LONGEST_SECONDS = 31 * 24 * 3600


class LessonNotFound(NotFound):
    """There is no such lesson in the organization."""


class LessonOfAnotherCourse(Invalid):
    """The lesson {lesson} does not belong to the course of this enrollment."""


class LessonNotPublished(Conflict):
    """The lesson {lesson} is not published."""


class EnrollmentNotActive(Conflict):
    """Progress is recorded for active enrollments; this one {reason}."""


class MayNotRecordProgress(NotAllowed):
    """Progress is recorded by the learner, the staff of the offering, or administrators of the organization."""


class MayNotLowerProgress(NotAllowed):
    """Only the staff of the offering and administrators of the organization may lower progress."""


class ProgressUnclear(Invalid):
    """{reason}."""


@operation
def record_lesson_progress(
    *,
    actor: Actor,
    enrollment: UUID,
    lesson: UUID,
    percent: Decimal | None = None,
    status: LessonStatus | None = None,
    seconds_spent: int = 0,
    may_lower: bool = False,
) -> LessonProgress:
    """Record how far an enrolled person is in a lesson, by percent (0 to 100), by status or by both.

    Progress only grows: a lower value than the one that stands changes nothing, so that messages may come late or
    twice; `may_lower` lets the staff correct it. `seconds_spent` is added to the time spent so far. The progress in
    the course is made anew from all lessons under a lock of the enrollment.
    """
    found = _lock_enrollment(actor, enrollment, may_lower=may_lower)
    target = _lesson_for(found, lesson)
    wanted = _percent_meant(percent, status)
    if not 0 <= seconds_spent <= LONGEST_SECONDS:
        raise ProgressUnclear(reason=f"seconds_spent must lie from 0 to {LONGEST_SECONDS}")
    now = timezone.now()
    _require_active(found, now)
    progress = LessonProgress.objects.filter(enrollment=found, lesson=target).first() or LessonProgress(
        organization_id=found.organization_id, course_id=found.course_id, enrollment=found, lesson=target
    )
    begins = wanted > 0 or status == LessonStatus.IN_PROGRESS
    if may_lower or wanted > progress.percent or (begins and progress.status == LessonStatus.NOT_STARTED):
        _set(progress, wanted, begins=begins, now=now)
    progress.seconds_spent += seconds_spent
    progress.save()
    _recalculate(found, now)
    progress.refresh_from_db()
    return progress


def _lock_enrollment(actor: Actor, enrollment: UUID, *, may_lower: bool) -> Enrollment:
    """The enrollment, locked until the transaction ends: its progress is counted by one at a time."""
    seen = enrollments_visible_to(actor=actor).select_related("offering")
    found = seen.select_for_update(of=("self",), no_key=True).filter(pk=enrollment).first()
    if found is None:
        raise EnrollmentNotFound
    is_staff = administers(actor, found.organization_id) or holds(
        actor, EnrollmentRole.INSTRUCTOR, EnrollmentRole.ASSISTANT, offering=found.offering
    )
    if not is_staff and actor.user_id != found.user_id:
        raise MayNotRecordProgress
    if may_lower and not is_staff:
        raise MayNotLowerProgress
    return found


def _lesson_for(enrollment: Enrollment, lesson: UUID) -> Lesson:
    found = Lesson.objects.select_related("module").filter(pk=lesson, organization=enrollment.organization_id).first()
    if found is None:
        raise LessonNotFound
    if found.course_id != enrollment.course_id:
        raise LessonOfAnotherCourse(lesson=found.title)
    if not found.is_published or not found.module.is_published:
        raise LessonNotPublished(lesson=found.title)
    return found


def _require_active(enrollment: Enrollment, now: datetime) -> None:
    """Raise EnrollmentNotActive, with the reason."""
    if enrollment.state != EnrollmentState.ACTIVE:
        raise EnrollmentNotActive(reason=f"is {enrollment.state}")
    if enrollment.starts_at is not None and now < enrollment.starts_at:
        raise EnrollmentNotActive(reason="has not begun")
    if enrollment.ends_at is not None and now >= enrollment.ends_at:
        raise EnrollmentNotActive(reason="has ended")


def _percent_meant(percent: Decimal | None, status: LessonStatus | None) -> Decimal:
    """The percentage that is meant; raises ProgressUnclear where there is none, or status and percent disagree."""
    if percent is None:
        if status is None:
            raise ProgressUnclear(reason="State percent, status or both")
        return WHOLE if status == LessonStatus.COMPLETED else Decimal(0)
    if not percent.is_finite() or not 0 <= percent <= WHOLE or percent != round(percent, 2):
        raise ProgressUnclear(reason="percent must lie from 0 to 100, with at most two decimals")
    if status is not None:
        fits = {
            LessonStatus.NOT_STARTED: percent == 0,
            LessonStatus.IN_PROGRESS: percent < WHOLE,
            LessonStatus.COMPLETED: percent == WHOLE,
        }
        if not fits[status]:
            raise ProgressUnclear(reason=f"A lesson that is {status.value} cannot stand at {percent} percent")
    return percent


def _set(progress: LessonProgress, percent: Decimal, *, begins: bool, now: datetime) -> None:
    """Bring percent, status and times to one state."""
    progress.percent = percent
    if not begins:
        progress.status, progress.started_at = LessonStatus.NOT_STARTED, None
    else:
        progress.status = LessonStatus.COMPLETED if percent == WHOLE else LessonStatus.IN_PROGRESS
        progress.started_at = progress.started_at or now
    progress.completed_at = (progress.completed_at or now) if progress.status == LessonStatus.COMPLETED else None


def _recalculate(enrollment: Enrollment, now: datetime) -> None:
    """Make the course's progress anew: completed required lessons of all that are published, cut to two decimals."""
    required = Lesson.objects.filter(
        course=enrollment.course_id, is_required=True, is_published=True, module__is_published=True
    )
    total = required.count()
    completed = LessonProgress.objects.filter(
        enrollment=enrollment, status=LessonStatus.COMPLETED, lesson__in=required
    ).count()
    CourseProgress.objects.update_or_create(
        organization_id=enrollment.organization_id,
        enrollment=enrollment,
        defaults={
            "rule": ProgressRule.LESSONS,
            "completed_lessons": completed,
            "total_lessons": total,
            "percent": Decimal(completed * 10_000 // total).scaleb(-2) if total else Decimal(0),
            "last_activity_at": now,
        },
    )
