"""How far people are: in each lesson, and in the course as a whole."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.lookups import GreaterThan, LessThanOrEqual

from accounts.models import TenantRecord
from azora.kernel.conditions import at_least, choice_field, in_order, one_of, percentage
from azora.kernel.constraints import SameParent, SameTenant
from lms.models.courses import Course
from lms.models.enrollments import Enrollment
from lms.models.lessons import Lesson


class LessonStatus(models.TextChoices):
    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class LessonProgress(TenantRecord):
    """How far an enrolled person is in a lesson of the enrollment's course."""

    # The course of both, kept here so that keys can hold them to one; it goes with the enrollment.
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    # Progress is part of the enrollment.
    enrollment = models.ForeignKey(
        Enrollment, on_delete=models.CASCADE, related_name="lesson_progress", db_constraint=False
    )
    # A lesson that people have worked on is unpublished, not deleted.
    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="progress", db_constraint=False)
    status = choice_field(LessonStatus, default=LessonStatus.NOT_STARTED)
    percent = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(0), db_default=Decimal(0))
    seconds_spent = models.BigIntegerField(default=0, db_default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    source_state = models.CharField(
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text="The source's own word or number for the status.",
    )

    class Meta(TenantRecord.Meta):
        verbose_name_plural = "lesson progress"
        constraints = [
            *TenantRecord.Meta.constraints,
            SameTenant("course", name="lms_lessonprogress_course_tenant"),
            SameParent("enrollment", "course", name="lms_lessonprogress_enrollment_course"),
            SameParent("lesson", "course", name="lms_lessonprogress_lesson_course"),
            one_of("status", LessonStatus, name="lms_lessonprogress_status"),
            percentage("percent", name="lms_lessonprogress_percent_range"),
            at_least(0, "seconds_spent", name="lms_lessonprogress_seconds_spent_range"),
            in_order("started_at", "completed_at", name="lms_lessonprogress_times_order", strictly=False),
            models.CheckConstraint(
                name="lms_lessonprogress_status_times",
                condition=Q(
                    status=LessonStatus.NOT_STARTED, percent=0, started_at__isnull=True, completed_at__isnull=True
                )
                | Q(
                    status=LessonStatus.IN_PROGRESS,
                    percent__lt=100,
                    started_at__isnull=False,
                    completed_at__isnull=True,
                )
                | Q(status=LessonStatus.COMPLETED, percent=100, started_at__isnull=False, completed_at__isnull=False),
                violation_error_message="Status, percent and times contradict each other.",
            ),
            models.UniqueConstraint(
                fields=["organization", "enrollment", "lesson"],
                name="lms_lessonprogress_once",
                violation_error_message="There is a record of this lesson's progress already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status}, {self.percent} %"


class ProgressRule(models.TextChoices):
    """What made the percentage of a course's progress."""

    LESSONS = "lessons", "Completed required lessons of all required lessons"
    SOURCE_PERCENT = "source_percent", "The source's percentage"
    SOURCE_FRACTION = "source_fraction", "The source's fraction of 1, times 100"


def _cut_to_hundredths(exact: models.expressions.Combinable, of: models.expressions.Combinable) -> Q:
    """`percent` is `exact / of`, cut (not rounded) to two decimals: 100 is reached only by the whole."""
    step = Value(Decimal("0.01"), output_field=models.DecimalField())
    return Q(LessThanOrEqual(F("percent") * of, exact)) & Q(GreaterThan((F("percent") + step) * of, exact))


class CourseProgress(TenantRecord):
    """How far an enrolled person is in the course: the normalised percentage, and what it was made from."""

    # Progress is part of the enrollment.
    enrollment = models.ForeignKey(
        Enrollment, on_delete=models.CASCADE, related_name="course_progress", db_constraint=False
    )
    percent = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(0), db_default=Decimal(0))
    rule = choice_field(ProgressRule, default=ProgressRule.LESSONS)
    completed_lessons = models.IntegerField(default=0, db_default=0, help_text="Required lessons that are completed.")
    total_lessons = models.IntegerField(default=0, db_default=0, help_text="Required, published lessons of the course.")
    source_value = models.DecimalField(
        max_digits=14, decimal_places=6, null=True, blank=True, help_text="The source's own number, as it gave it."
    )
    last_activity_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name_plural = "course progress"
        constraints = [
            *TenantRecord.Meta.constraints,
            SameTenant("enrollment", name="lms_courseprogress_enrollment_tenant"),
            one_of("rule", ProgressRule, name="lms_courseprogress_one_rule"),
            percentage("percent", name="lms_courseprogress_percent_range"),
            at_least(0, "completed_lessons", name="lms_courseprogress_completed_range"),
            in_order(
                "completed_lessons", "total_lessons", name="lms_courseprogress_completed_of_total", strictly=False
            ),
            models.CheckConstraint(
                name="lms_courseprogress_source_value_given",
                condition=Q(rule=ProgressRule.LESSONS) | Q(source_value__isnull=False),
                violation_error_message="A percentage made from the source's value needs that value.",
            ),
            models.CheckConstraint(
                name="lms_courseprogress_percent_exact",
                condition=Q(rule=ProgressRule.LESSONS, total_lessons=0, percent=0)
                | (
                    Q(rule=ProgressRule.LESSONS, total_lessons__gt=0)
                    & _cut_to_hundredths(F("completed_lessons") * 100, F("total_lessons"))
                )
                | (Q(rule=ProgressRule.SOURCE_PERCENT) & _cut_to_hundredths(F("source_value"), Value(1)))
                | (Q(rule=ProgressRule.SOURCE_FRACTION) & _cut_to_hundredths(F("source_value") * 100, Value(1))),
                violation_error_message="The percentage is not what its rule gives.",
            ),
            models.UniqueConstraint(
                fields=["organization", "enrollment"],
                name="lms_courseprogress_once",
                violation_error_message="There is a record of this enrollment's progress already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent} %"
