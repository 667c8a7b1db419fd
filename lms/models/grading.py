"""The rules that grades are given by: scales, grading periods, what lateness costs."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models.functions import Lower

from accounts.models import TenantRecord
from azora.kernel.conditions import at_least, choice_field, in_order, not_blank, one_of, percentage
from azora.kernel.constraints import SameTenant
from lms.models.courses import Course
from lms.models.offerings import Offering, Term
from lms.triggers import NoOverlap


class Scale(TenantRecord):
    """Named levels that stand for results: letters with lower bounds, or words in an order."""

    # A scale of one course goes with it.
    course = models.ForeignKey(
        Course,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="scales",
        db_constraint=False,
        help_text="None: for every course of the organization.",
    )
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True, default="", db_default="")

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            SameTenant("course", name="lms_scale_course_tenant"),
            not_blank("name", name="lms_scale_name_given"),
            models.UniqueConstraint(
                "organization",
                "course",
                Lower("name"),
                name="lms_scale_name",
                nulls_distinct=False,
                violation_error_message="There is a scale of this name already.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ScaleLevel(TenantRecord):
    """One level of a scale."""

    # A level has no life outside its scale.
    scale = models.ForeignKey(Scale, on_delete=models.CASCADE, related_name="levels", db_constraint=False)
    label = models.CharField(max_length=100, help_text="What is shown, for example A- or Merit.")
    position = models.IntegerField(help_text="Its rank in the scale, from 0 for the lowest.")
    minimum_percent = models.DecimalField(
        max_digits=8, decimal_places=5, null=True, blank=True, help_text="The least percentage that earns it."
    )
    value = models.DecimalField(
        max_digits=6,
        decimal_places=3,
        null=True,
        blank=True,
        help_text="What it counts in an average, for example 3.7.",
    )

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            SameTenant("scale", name="lms_scalelevel_scale_tenant"),
            not_blank("label", name="lms_scalelevel_label_given"),
            at_least(0, "position", name="lms_scalelevel_position_range"),
            percentage("minimum_percent", name="lms_scalelevel_minimum_percent_range"),
            models.UniqueConstraint(
                fields=["organization", "scale", "label"],
                name="lms_scalelevel_label",
                violation_error_message="The scale has a level of this label already.",
            ),
            models.UniqueConstraint(
                fields=["organization", "scale", "position"],
                name="lms_scalelevel_position",
                deferrable=models.Deferrable.DEFERRED,
                violation_error_message="Another level has this rank in the scale.",
            ),
            models.UniqueConstraint(
                fields=["organization", "scale", "minimum_percent"],
                name="lms_scalelevel_minimum_percent",
                deferrable=models.Deferrable.DEFERRED,
                violation_error_message="Another level of the scale begins at this percentage.",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class GradingPeriod(TenantRecord):
    """A part of a term whose grades are closed, and may be weighted, by themselves."""

    # A period has no life outside its term.
    term = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="grading_periods", db_constraint=False)
    title = models.CharField(max_length=255)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    closes_at = models.DateTimeField(null=True, blank=True, help_text="When its grades can no longer be changed.")
    weight = models.DecimalField(
        max_digits=8, decimal_places=5, null=True, blank=True, help_text="Its part of the final grade, in percent."
    )

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            SameTenant("term", name="lms_gradingperiod_term_tenant"),
            not_blank("title", name="lms_gradingperiod_title_given"),
            in_order("starts_at", "ends_at", name="lms_gradingperiod_dates_order"),
            in_order("ends_at", "closes_at", name="lms_gradingperiod_closes_later", strictly=False),
            percentage("weight", name="lms_gradingperiod_weight_range"),
            models.UniqueConstraint(
                "organization",
                "term",
                Lower("title"),
                name="lms_gradingperiod_title",
                violation_error_message="There is a grading period of this title in the term already.",
            ),
        ]
        indexes = [models.Index(fields=["term", "starts_at"], name="lms_gradingperiod_by_start")]
        triggers = [*TenantRecord.Meta.triggers, NoOverlap()]

    def __str__(self) -> str:
        return self.title


class LateInterval(models.TextChoices):
    HOUR = "hour"
    DAY = "day"


class LatePolicy(TenantRecord):
    """What late and missing work costs in an offering, in percent of the points that can be had."""

    # The policy is part of its offering.
    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="late_policies", db_constraint=False)
    deduction_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=Decimal(0), db_default=Decimal(0), help_text="For each interval begun."
    )
    interval = choice_field(LateInterval, default=LateInterval.DAY)
    grace_minutes = models.IntegerField(default=0, db_default=0, help_text="How late counts as in time.")
    minimum_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        db_default=Decimal(0),
        help_text="No deduction goes below it.",
    )
    missing_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="What missing work gets; none: it stays ungraded.",
    )

    class Meta(TenantRecord.Meta):
        verbose_name_plural = "late policies"
        constraints = [
            *TenantRecord.Meta.constraints,
            SameTenant("offering", name="lms_latepolicy_offering_tenant"),
            one_of("interval", LateInterval, name="lms_latepolicy_interval"),
            percentage("deduction_percent", "minimum_percent", "missing_percent", name="lms_latepolicy_percent_range"),
            at_least(0, "grace_minutes", name="lms_latepolicy_grace_range"),
            models.UniqueConstraint(
                fields=["organization", "offering"],
                name="lms_latepolicy_once",
                violation_error_message="The offering has a late policy already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deduction_percent} % a {self.interval}"
