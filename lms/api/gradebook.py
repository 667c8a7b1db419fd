"""Gradebooks and the rules of grading, over HTTP."""

from __future__ import annotations

from azora.kernel.rest import Resource
from lms import models, operations, queries
from lms.api.columns import AMOUNT, ONE_OR_SOME, ONE_SOME_OR_NONE, PERIOD, ROW, TIMES


class Scales(Resource):
    """Named levels that stand for results."""

    model = models.Scale
    visible = queries.scales_visible_to
    fields = ("id", "organization", "course", "name", "description", *TIMES)
    filters = {**ROW, "course": ONE_SOME_OR_NONE}


class ScaleLevels(Resource):
    """The levels of scales."""

    model = models.ScaleLevel
    visible = queries.scale_levels_visible_to
    fields = ("id", "organization", "scale", "label", "position", "minimum_percent", "value", *TIMES)
    filters = {**ROW, "scale": ONE_OR_SOME}


class GradingPeriods(Resource):
    """Parts of a term whose grades are closed, and may be weighted, by themselves."""

    model = models.GradingPeriod
    visible = queries.grading_periods_visible_to
    fields = ("id", "organization", "term", "title", "starts_at", "ends_at", "closes_at", "weight", *TIMES)
    filters = {**ROW, "term": ONE_OR_SOME, "starts_at": AMOUNT}


class LatePolicies(Resource):
    """What late and missing work costs in an offering."""

    model = models.LatePolicy
    visible = queries.late_policies_visible_to
    fields = (
        "id",
        "organization",
        "offering",
        "deduction_percent",
        "interval",
        "grace_minutes",
        "minimum_percent",
        "missing_percent",
        *TIMES,
    )
    filters = {**ROW, "offering": ONE_OR_SOME}


class GradeCategories(Resource):
    """Grade items that count together."""

    model = models.GradeCategory
    visible = queries.grade_categories_visible_to
    fields = (
        "id",
        "organization",
        "offering",
        "name",
        "position",
        "weight",
        "drop_lowest",
        "drop_highest",
        "keep_highest",
        *TIMES,
    )
    filters = {**ROW, "offering": ONE_OR_SOME}


class GradeItems(Resource):
    """The columns of gradebooks. `grade` gives a learner a grade for the item, or changes it."""

    model = models.GradeItem
    visible = queries.grade_items_visible_to
    fields = (
        "id",
        "organization",
        "offering",
        "course",
        "category",
        "lesson",
        "grading_period",
        "scale",
        "title",
        "position",
        "grading_type",
        "minimum_points",
        "maximum_points",
        "pass_points",
        "weight",
        "due_at",
        "is_counted",
        "is_extra_credit",
        "is_released",
        "locked_at",
        *TIMES,
    )
    filters = {
        **ROW,
        "offering": ONE_OR_SOME,
        "category": ONE_SOME_OR_NONE,
        "lesson": ONE_SOME_OR_NONE,
        "grading_period": ONE_SOME_OR_NONE,
        "is_released": ("exact",),
        "due_at": PERIOD,
    }
    changes = {"grade": operations.record_grade}


class Grades(Resource):
    """What learners got."""

    model = models.Grade
    visible = queries.grades_visible_to
    fields = (
        "id",
        "organization",
        "offering",
        "item",
        "enrollment",
        "points",
        "points_deducted",
        "entered",
        "is_excused",
        "is_overridden",
        "feedback",
        "graded_by",
        "graded_at",
        *TIMES,
    )
    filters = {
        **ROW,
        "offering": ONE_OR_SOME,
        "item": ONE_OR_SOME,
        "enrollment": ONE_OR_SOME,
        "is_excused": ("exact",),
        "graded_at": PERIOD,
    }


class GradeChanges(Resource):
    """The history of grades, as the database keeps it."""

    model = models.GradeChange
    visible = queries.grade_changes_visible_to
    fields = (
        "id",
        "organization",
        "grade",
        "changed_by",
        "reason",
        "database_role",
        "old_points",
        "new_points",
        "old_points_deducted",
        "new_points_deducted",
        "old_entered",
        "new_entered",
        "old_is_excused",
        "new_is_excused",
        *TIMES,
    )
    filters = {
        **ROW,
        "grade": ONE_OR_SOME,
        "changed_by": ONE_SOME_OR_NONE,
    }
