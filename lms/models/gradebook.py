"""The gradebook of an offering: categories, items, grades and the history of each grade."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import TenantRecord, User
from azora.kernel.conditions import at_least, choice_field, in_order, not_blank, one_of, percentage, stated_when
from azora.kernel.constraints import SameParent, SameTenant, parent_key
from azora.kernel.triggers import AppendOnly, NeverEmptied
from lms.models.courses import Course
from lms.models.enrollments import Enrollment
from lms.models.grading import GradingPeriod, Scale
from lms.models.lessons import Lesson
from lms.models.offerings import Offering
from lms.triggers import KeepsHistory


class GradeCategory(TenantRecord):
    """Grade items that count together: homework, examinations."""

    # A category has no life outside its offering's gradebook.
    offering = models.ForeignKey(
        Offering, on_delete=models.CASCADE, related_name="grade_categories", db_constraint=False
    )
    name = models.CharField(max_length=255)
    position = models.IntegerField(help_text="Its place in the gradebook, from 0.")
    weight = models.DecimalField(
        max_digits=8, decimal_places=5, null=True, blank=True, help_text="Its part of the final grade, in percent."
    )
    drop_lowest = models.IntegerField(default=0, db_default=0, help_text="How many of the lowest grades do not count.")
    drop_highest = models.IntegerField(
        default=0, db_default=0, help_text="How many of the highest grades do not count."
    )
    keep_highest = models.IntegerField(
        null=True, blank=True, help_text="How many of the highest alone count; none: all."
    )

    class Meta(TenantRecord.Meta):
        verbose_name_plural = "grade categories"
        constraints = [
            *TenantRecord.Meta.constraints,
            parent_key("offering", name="lms_gradecategory_offering_key"),
            SameTenant("offering", name="lms_gradecategory_offering_tenant"),
            not_blank("name", name="lms_gradecategory_name_given"),
            percentage("weight", name="lms_gradecategory_weight_range"),
            at_least(0, "position", "drop_lowest", "drop_highest", name="lms_gradecategory_counts_range"),
            at_least(1, "keep_highest", name="lms_gradecategory_keep_highest_range"),
            models.CheckConstraint(
                name="lms_gradecategory_one_rule",
                condition=Q(keep_highest__isnull=True) | Q(drop_lowest=0, drop_highest=0),
                violation_error_message="A category drops grades or keeps the highest, not both.",
            ),
            models.UniqueConstraint(
                "organization",
                "offering",
                Lower("name"),
                name="lms_gradecategory_name",
                violation_error_message="There is a grade category of this name already.",
            ),
            models.UniqueConstraint(
                fields=["organization", "offering", "position"],
                name="lms_gradecategory_position",
                deferrable=models.Deferrable.DEFERRED,
                violation_error_message="Another grade category has this place in the gradebook.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GradingType(models.TextChoices):
    POINTS = "points"
    PERCENT = "percent"
    SCALE = "scale"
    PASS_FAIL = "pass_fail", "Pass or fail"
    UNGRADED = "ungraded"


class GradeItem(TenantRecord):
    """Something that is graded: a column of the gradebook."""

    # An item has no life outside its offering's gradebook; grades in it keep both.
    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="grade_items", db_constraint=False)
    # The offering's course, kept here so that keys can hold the lesson to it; protected as the offering is.
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    # Items are moved before their category goes: their weight hangs on it.
    category = models.ForeignKey(
        GradeCategory, on_delete=models.RESTRICT, null=True, blank=True, related_name="items", db_constraint=False
    )
    # A lesson that is graded is unpublished, not deleted.
    lesson = models.ForeignKey(
        Lesson, on_delete=models.PROTECT, null=True, blank=True, related_name="grade_items", db_constraint=False
    )
    # Items leave a period before it goes: its closing and weight bind them.
    grading_period = models.ForeignKey(
        GradingPeriod, on_delete=models.PROTECT, null=True, blank=True, related_name="items", db_constraint=False
    )
    # A scale that grades were given by is not deleted beneath them.
    scale = models.ForeignKey(
        Scale, on_delete=models.PROTECT, null=True, blank=True, related_name="items", db_constraint=False
    )
    title = models.CharField(max_length=255)
    position = models.IntegerField(help_text="Its place in the gradebook, from 0.")
    grading_type = choice_field(GradingType, default=GradingType.POINTS)
    minimum_points = models.DecimalField(max_digits=12, decimal_places=5, default=Decimal(0), db_default=Decimal(0))
    maximum_points = models.DecimalField(max_digits=12, decimal_places=5, default=Decimal(100), db_default=Decimal(100))
    pass_points = models.DecimalField(max_digits=12, decimal_places=5, null=True, blank=True)
    weight = models.DecimalField(
        max_digits=8, decimal_places=5, null=True, blank=True, help_text="Its part of its category, in percent."
    )
    due_at = models.DateTimeField(null=True, blank=True)
    is_counted = models.BooleanField(default=True, db_default=True, help_text="Whether it counts in the final grade.")
    is_extra_credit = models.BooleanField(default=False, db_default=False)
    is_released = models.BooleanField(default=False, db_default=False, help_text="Whether learners see their grades.")
    locked_at = models.DateTimeField(null=True, blank=True, help_text="Since when its grades are final.")

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            parent_key("offering", name="lms_gradeitem_offering_key"),
            SameTenant("course", name="lms_gradeitem_course_tenant"),
            SameTenant("grading_period", name="lms_gradeitem_grading_period_tenant"),
            SameTenant("scale", name="lms_gradeitem_scale_tenant"),
            SameParent("offering", "course", name="lms_gradeitem_offering_course"),
            SameParent("lesson", "course", name="lms_gradeitem_lesson_course"),
            SameParent("category", "offering", name="lms_gradeitem_category_offering"),
            one_of("grading_type", GradingType, name="lms_gradeitem_grading_type"),
            not_blank("title", name="lms_gradeitem_title_given"),
            at_least(0, "position", name="lms_gradeitem_position_range"),
            percentage("weight", name="lms_gradeitem_weight_range"),
            in_order("minimum_points", "maximum_points", name="lms_gradeitem_points_order"),
            in_order("minimum_points", "pass_points", name="lms_gradeitem_pass_from_minimum", strictly=False),
            in_order("pass_points", "maximum_points", name="lms_gradeitem_pass_to_maximum", strictly=False),
            stated_when("scale", [GradingType.SCALE], by="grading_type", name="lms_gradeitem_scale_given"),
            models.UniqueConstraint(
                fields=["organization", "offering", "position"],
                name="lms_gradeitem_position",
                deferrable=models.Deferrable.DEFERRED,
                violation_error_message="Another item has this place in the gradebook.",
            ),
        ]
        indexes = [models.Index(fields=["offering", "due_at"], name="lms_gradeitem_by_due")]

    def __str__(self) -> str:
        return self.title


class Grade(TenantRecord):
    """What an enrolled person got for an item.

    Points may pass the item's maximum (extra credit) and are stated before deduction; a scale's grade is the rank of
    the level.
    """

    # The offering of both, kept here so that keys can hold them to one; protected as they are.
    offering = models.ForeignKey(Offering, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    # An item with grades is taken out of the count, not deleted.
    item = models.ForeignKey(GradeItem, on_delete=models.PROTECT, related_name="grades", db_constraint=False)
    # Grades are part of a person's record; an enrollment with grades stays.
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="grades", db_constraint=False)
    points = models.DecimalField(max_digits=12, decimal_places=5, null=True, blank=True)
    points_deducted = models.DecimalField(
        max_digits=12, decimal_places=5, default=Decimal(0), db_default=Decimal(0), help_text="What lateness cost."
    )
    entered = models.CharField(
        max_length=255, blank=True, default="", db_default="", help_text="The grade as it was typed, for example B+."
    )
    is_excused = models.BooleanField(default=False, db_default=False, help_text="Whether it is left out of the count.")
    is_overridden = models.BooleanField(
        default=False, db_default=False, help_text="Whether a person's grade stands in place of a computed one."
    )
    feedback = models.TextField(blank=True, default="", db_default="")
    # Who graded is known by the history too; the grade stands without the person.
    graded_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="grades_given", help_text="None: computed."
    )
    graded_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            SameTenant("offering", name="lms_grade_offering_tenant"),
            SameParent("item", "offering", name="lms_grade_item_offering"),
            SameParent("enrollment", "offering", name="lms_grade_enrollment_offering"),
            at_least(0, "points_deducted", name="lms_grade_points_deducted_range"),
            models.CheckConstraint(
                name="lms_grade_excused_has_none",
                condition=Q(is_excused=False) | Q(points__isnull=True),
                violation_error_message="Excused work has no points.",
            ),
            models.CheckConstraint(
                name="lms_grade_graded_time",
                condition=Q(points__isnull=True) | Q(graded_at__isnull=False),
                violation_error_message="A grade has the time when it was given.",
            ),
            models.UniqueConstraint(
                fields=["organization", "item", "enrollment"],
                name="lms_grade_once",
                violation_error_message="This person has a grade for the item already.",
            ),
        ]
        triggers = [*TenantRecord.Meta.triggers, KeepsHistory("lms_gradechange")]

    def __str__(self) -> str:
        return "excused" if self.is_excused else f"{self.points if self.points is not None else 'no'} points"


class GradeChange(TenantRecord):
    """A grade made or changed: by whom, when (`created_at`), why, from what to what.

    Written by the database itself, so that raw SQL is in it too; histories of other systems may be added, nothing is
    ever changed or deleted. The old values are null where the grade was made.
    """

    # A grade with a history is never deleted, only emptied or excused.
    grade = models.ForeignKey(Grade, on_delete=models.PROTECT, related_name="changes", db_constraint=False)
    # The history names people for good; they are made pseudonymous, not deleted.
    changed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="None: a service or raw SQL."
    )
    reason = models.TextField(blank=True, default="", db_default="")
    database_role = models.CharField(
        max_length=63, blank=True, default="", db_default="", help_text="The role of PostgreSQL that wrote."
    )
    old_points = models.DecimalField(max_digits=12, decimal_places=5, null=True, blank=True)
    new_points = models.DecimalField(max_digits=12, decimal_places=5, null=True, blank=True)
    old_points_deducted = models.DecimalField(max_digits=12, decimal_places=5, null=True, blank=True)
    new_points_deducted = models.DecimalField(max_digits=12, decimal_places=5)
    old_entered = models.CharField(max_length=255, null=True, blank=True)
    new_entered = models.CharField(max_length=255, blank=True)
    old_is_excused = models.BooleanField(null=True, blank=True)
    new_is_excused = models.BooleanField()

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            SameTenant("grade", name="lms_gradechange_grade_tenant"),
            models.CheckConstraint(
                name="lms_gradechange_old_whole",
                condition=Q(
                    old_entered__isnull=True,
                    old_is_excused__isnull=True,
                    old_points__isnull=True,
                    old_points_deducted__isnull=True,
                )
                | Q(old_entered__isnull=False, old_is_excused__isnull=False, old_points_deducted__isnull=False),
                violation_error_message="The old values are stated together or not at all.",
            ),
        ]
        triggers = [*TenantRecord.Meta.triggers, AppendOnly(), NeverEmptied()]

    def __str__(self) -> str:
        return f"{self.old_points} to {self.new_points} points"
