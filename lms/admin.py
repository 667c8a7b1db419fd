"""Learning in the admin: read, searched and opened; courses are published and enrollments changed by actions."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from django.contrib import admin
from django.db import models

from azora.kernel.admin import RecordAdmin, RecordInline, for_each_selected
from lms.models import (
    Category,
    Course,
    CourseModule,
    CourseProgress,
    CrossListing,
    Enrollment,
    EnrollmentState,
    Grade,
    GradeCategory,
    GradeChange,
    GradeItem,
    GradingPeriod,
    Group,
    GroupMember,
    GroupSet,
    LatePolicy,
    Lesson,
    LessonProgress,
    Offering,
    Prerequisite,
    Scale,
    ScaleLevel,
    Section,
    Term,
)
from lms.operations import change_enrollment_state, publish_course


class TenantAdmin(RecordAdmin):
    """A tenant's rows."""

    list_filter: ClassVar[tuple[Any, ...]] = ("organization",)


def inline(of: type[models.Model], key: str, *columns: str) -> type[RecordInline]:
    """The first rows of a model that point at the row of the page by `key`, with these columns."""
    shown = {"model": of, "fk_name": key, "fields": columns, "readonly_fields": columns}
    return type(f"{of.__name__}By{key.title()}", (RecordInline,), shown)


def state_action(state: EnrollmentState, *, description: str, done: str) -> Any:
    """The action that brings the selected enrollments to a state."""
    operation = partial(change_enrollment_state, state=state)
    operation.__name__ = f"make_{state}"  # type: ignore[attr-defined]
    return for_each_selected(operation, "enrollment", description=description, done=done)


# -- Courses -----------------------------------------------------------------------------------------------------------


@admin.register(Category)
class CategoryAdmin(TenantAdmin):
    list_display = ("name", "slug", "parent", "position", "is_visible", "organization")
    list_filter = ("is_visible", "organization")
    search_fields = ("^name",)
    inlines = (
        inline(Category, "parent", "name", "slug", "position", "is_visible"),
        inline(Course, "category", "code", "title", "state"),
    )


@admin.register(Course)
class CourseAdmin(TenantAdmin):
    list_display = ("code", "title", "category", "state", "visibility", "language", "published_at", "organization")
    list_filter = ("state", "visibility", "organization")
    search_fields = ("^code", "^title")
    inlines = (
        inline(CourseModule, "course", "position", "title", "is_published"),
        inline(Offering, "course", "code", "term", "state", "capacity"),
        inline(Prerequisite, "course", "required_course", "lesson", "required_lesson", "minimum_percent"),
        inline(Scale, "course", "name"),
    )
    actions = (
        for_each_selected(
            publish_course, "course", description="Publish the selected courses", done="{count} courses published."
        ),
    )


@admin.register(CourseModule)
class CourseModuleAdmin(TenantAdmin):
    list_display = ("title", "course", "position", "is_published", "available_from_at", "organization")
    list_filter = ("is_published", "organization")
    search_fields = ("^course__code", "^course__title")
    inlines = (inline(Lesson, "module", "position", "title", "kind", "is_required", "is_published"),)


@admin.register(Lesson)
class LessonAdmin(TenantAdmin):
    list_display = ("title", "kind", "course", "module", "position", "is_required", "is_published", "organization")
    list_filter = ("kind", "is_required", "is_published", "organization")
    search_fields = ("^course__code", "^course__title")
    inlines = (
        inline(Prerequisite, "lesson", "required_lesson", "minimum_percent"),
        inline(LessonProgress, "lesson", "enrollment", "status", "percent", "completed_at"),
    )


@admin.register(Prerequisite)
class PrerequisiteAdmin(TenantAdmin):
    list_display = ("course", "lesson", "required_course", "required_lesson", "minimum_percent", "organization")
    search_fields = ("^course__code", "^course__title")


# -- Offerings ---------------------------------------------------------------------------------------------------------


@admin.register(Term)
class TermAdmin(TenantAdmin):
    list_display = ("code", "name", "starts_at", "ends_at", "organization")
    search_fields = ("^code",)
    inlines = (
        inline(GradingPeriod, "term", "title", "starts_at", "ends_at", "closes_at", "weight"),
        inline(Offering, "term", "course", "code", "state"),
    )


@admin.register(Offering)
class OfferingAdmin(TenantAdmin):
    list_display = ("course", "code", "term", "state", "starts_at", "ends_at", "capacity", "organization")
    list_filter = ("state", "allows_self_enrollment", "organization")
    search_fields = ("^course__code", "^course__title")
    inlines = (
        inline(Section, "offering", "name", "capacity", "starts_at", "ends_at"),
        inline(CrossListing, "host", "section", "offering"),
        inline(Enrollment, "offering", "user", "role", "state", "section"),
        inline(GradeItem, "offering", "position", "title", "category", "maximum_points", "due_at"),
        inline(LatePolicy, "offering", "deduction_percent", "interval", "minimum_percent"),
    )


@admin.register(Section)
class SectionAdmin(TenantAdmin):
    list_display = ("name", "offering", "capacity", "starts_at", "ends_at", "sis_id", "organization")
    search_fields = ("sis_id__exact", "^offering__course__code")
    inlines = (
        inline(CrossListing, "section", "host"),
        inline(Enrollment, "section", "user", "role", "state"),
    )


@admin.register(CrossListing)
class CrossListingAdmin(TenantAdmin):
    list_display = ("section", "offering", "host", "organization")
    search_fields = ("^offering__course__code", "^host__course__code")


@admin.register(GroupSet)
class GroupSetAdmin(TenantAdmin):
    list_display = ("name", "offering", "allows_self_signup", "member_limit", "organization")
    search_fields = ("^offering__course__code",)
    inlines = (inline(Group, "group_set", "name", "member_limit"),)


@admin.register(Group)
class GroupAdmin(TenantAdmin):
    list_display = ("name", "group_set", "offering", "member_limit", "organization")
    search_fields = ("^offering__course__code",)
    inlines = (inline(GroupMember, "group", "enrollment", "is_leader"),)


@admin.register(GroupMember)
class GroupMemberAdmin(TenantAdmin):
    list_display = ("enrollment", "group", "offering", "is_leader", "organization")
    list_filter = ("is_leader", "organization")
    search_fields = ("^enrollment__user__email", "^enrollment__user__name")


# -- People ------------------------------------------------------------------------------------------------------------


@admin.register(Enrollment)
class EnrollmentAdmin(TenantAdmin):
    list_display = ("user", "course", "offering", "section", "role", "state", "source", "activated_at", "organization")
    list_filter = ("role", "state", "source", "organization")
    search_fields = ("^user__email", "^user__name", "^course__code")
    inlines = (
        inline(CourseProgress, "enrollment", "percent", "rule", "completed_lessons", "total_lessons"),
        inline(LessonProgress, "enrollment", "lesson", "status", "percent", "completed_at"),
        inline(Grade, "enrollment", "item", "points", "entered", "is_excused", "graded_at"),
        inline(GroupMember, "enrollment", "group", "is_leader"),
    )
    actions = (
        state_action(
            EnrollmentState.ACTIVE, description="Make the selected enrollments active", done="{count} made active."
        ),
        state_action(
            EnrollmentState.SUSPENDED, description="Suspend the selected enrollments", done="{count} suspended."
        ),
        state_action(
            EnrollmentState.COMPLETED, description="Complete the selected enrollments", done="{count} completed."
        ),
        state_action(
            EnrollmentState.WITHDRAWN, description="Withdraw the selected enrollments", done="{count} withdrawn."
        ),
    )


@admin.register(LessonProgress)
class LessonProgressAdmin(TenantAdmin):
    list_display = ("enrollment", "lesson", "status", "percent", "seconds_spent", "completed_at", "organization")
    list_filter = ("status", "organization")
    search_fields = ("^enrollment__user__email", "^course__code")


@admin.register(CourseProgress)
class CourseProgressAdmin(TenantAdmin):
    list_display = (
        "enrollment",
        "percent",
        "rule",
        "completed_lessons",
        "total_lessons",
        "source_value",
        "last_activity_at",
        "organization",
    )
    list_filter = ("rule", "organization")
    search_fields = ("^enrollment__user__email",)


# -- Gradebook ---------------------------------------------------------------------------------------------------------


@admin.register(Scale)
class ScaleAdmin(TenantAdmin):
    list_display = ("name", "course", "organization")
    search_fields = ("^course__code",)
    inlines = (inline(ScaleLevel, "scale", "position", "label", "minimum_percent", "value"),)


@admin.register(ScaleLevel)
class ScaleLevelAdmin(TenantAdmin):
    list_display = ("label", "scale", "position", "minimum_percent", "value", "organization")


@admin.register(GradingPeriod)
class GradingPeriodAdmin(TenantAdmin):
    list_display = ("title", "term", "starts_at", "ends_at", "closes_at", "weight", "organization")
    search_fields = ("^term__code",)
    inlines = (inline(GradeItem, "grading_period", "title", "offering", "maximum_points", "due_at"),)


@admin.register(LatePolicy)
class LatePolicyAdmin(TenantAdmin):
    list_display = ("offering", "deduction_percent", "interval", "minimum_percent", "missing_percent", "organization")
    search_fields = ("^offering__course__code",)


@admin.register(GradeCategory)
class GradeCategoryAdmin(TenantAdmin):
    list_display = ("name", "offering", "position", "weight", "drop_lowest", "keep_highest", "organization")
    search_fields = ("^offering__course__code",)
    inlines = (inline(GradeItem, "category", "position", "title", "maximum_points", "due_at"),)


@admin.register(GradeItem)
class GradeItemAdmin(TenantAdmin):
    list_display = (
        "title",
        "course",
        "offering",
        "category",
        "grading_type",
        "maximum_points",
        "due_at",
        "is_released",
    )
    list_filter = ("grading_type", "is_released", "organization")
    search_fields = ("^course__code", "^course__title")
    inlines = (inline(Grade, "item", "enrollment", "points", "entered", "is_excused", "graded_by", "graded_at"),)


@admin.register(Grade)
class GradeAdmin(TenantAdmin):
    list_display = ("enrollment", "item", "points", "entered", "is_excused", "graded_by", "graded_at", "organization")
    list_filter = ("is_excused", "is_overridden", "organization")
    search_fields = ("^enrollment__user__email", "^enrollment__user__name")
    inlines = (
        inline(GradeChange, "grade", "created_at", "changed_by", "reason", "old_points", "new_points", "database_role"),
    )


@admin.register(GradeChange)
class GradeChangeAdmin(TenantAdmin):
    list_display = ("created_at", "grade", "changed_by", "reason", "old_points", "new_points", "database_role")
    search_fields = ("^changed_by__email", "^grade__enrollment__user__email")
