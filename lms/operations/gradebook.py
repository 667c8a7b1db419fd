"""Grades are given and changed; the database keeps the history."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from azora.kernel.actor import Actor
from azora.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from azora.kernel.operations import operation
from azora.kernel.values import require_fields
from azora.kernel.writer import writing_as
from lms.authority import administers, holds
from lms.models import Enrollment, EnrollmentRole, Grade, GradeItem, GradingType
from lms.operations.enrollments import EnrollmentNotFound
from lms.queries import enrollments_visible_to, grade_items_visible_to


class GradeItemNotFound(NotFound):
    """There is no such grade item."""


class MayNotGrade(NotAllowed):
    """Only instructors and assistants of the offering and administrators of the organization give grades."""


class EnrollmentOfAnotherOffering(Invalid):
    """The grade item {item} belongs to another offering than this enrollment."""


class NotALearner(Conflict):
    """Grades are given to learners; this person is {role}."""


class ItemNotGraded(Conflict):
    """The item {item} takes no grades."""


class GradesFinal(Conflict):
    """The grades of {item} are final since {since}."""


class PointsRefused(Invalid):
    """{reason}."""


@operation
def record_grade(
    *,
    actor: Actor,
    grade_item: UUID,
    enrollment: UUID,
    points: Decimal | None = None,
    entered: str = "",
    is_excused: bool = False,
    feedback: str = "",
    reason: str = "",
) -> Grade:
    """Give a learner a grade for an item, change it, excuse the work, or (no points, not excused) take it back.

    Instructors and assistants of the offering do, administrators of the organization and its keys. Points may pass the
    item's maximum (extra credit). The history notes who, when, why, old and new.
    """
    item = grade_items_visible_to(actor=actor).select_related("grading_period").filter(pk=grade_item).first()
    if item is None:
        raise GradeItemNotFound
    staff = holds(actor, EnrollmentRole.INSTRUCTOR, EnrollmentRole.ASSISTANT, offering=item.offering)
    if not staff and not administers(actor, item.organization_id):
        raise MayNotGrade
    seen = enrollments_visible_to(actor=actor).select_for_update(of=("self",), no_key=True)
    learner = seen.filter(pk=enrollment).first()
    if learner is None:
        raise EnrollmentNotFound
    _require_gradable(item, learner)
    _require_points(item, points, is_excused=is_excused)
    grade = Grade.objects.filter(item=item, enrollment=learner).first() or Grade(
        organization_id=item.organization_id, offering_id=item.offering_id, item=item, enrollment=learner
    )
    grade.points = points
    grade.entered = entered
    grade.is_excused = is_excused
    grade.feedback = feedback
    grade.graded_by_id = actor.user_id
    grade.graded_at = timezone.now()
    require_fields(grade)
    with writing_as(actor.user_id, reason):
        grade.save()
    grade.refresh_from_db()
    return grade


def _require_gradable(item: GradeItem, learner: Enrollment) -> None:
    if learner.offering_id != item.offering_id:
        raise EnrollmentOfAnotherOffering(item=item.title)
    if learner.role != EnrollmentRole.LEARNER:
        raise NotALearner(role=learner.role)
    if item.grading_type == GradingType.UNGRADED:
        raise ItemNotGraded(item=item.title)
    closes_at = item.grading_period.closes_at if item.grading_period is not None else None
    for since in (item.locked_at, closes_at):
        if since is not None and since <= timezone.now():
            raise GradesFinal(item=item.title, since=since.isoformat())


def _require_points(item: GradeItem, points: Decimal | None, *, is_excused: bool) -> None:
    if points is None:
        return
    if is_excused:
        raise PointsRefused(reason="Excused work has no points")
    if not points.is_finite() or points < item.minimum_points:
        raise PointsRefused(reason=f"Points for {item.title} begin at {item.minimum_points.normalize():f}")
