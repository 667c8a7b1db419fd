"""What a course is made of: modules in order, lessons in order within them, and what must come before what."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.models import TenantRecord
from azora.kernel.conditions import at_least, choice_field, in_order, json_object, not_blank, one_of, percentage
from azora.kernel.constraints import SameParent, SameTenant, parent_key
from lms.models.courses import Course
from lms.triggers import NoRing


class CourseModule(TenantRecord):
    """A part of a course that holds lessons."""

    # A module has no life outside its course.
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="modules", db_constraint=False)
    title = models.CharField(max_length=255)
    summary = models.TextField(blank=True, default="", db_default="")
    position = models.IntegerField(help_text="Its place in the course, from 0.")
    is_published = models.BooleanField(default=False, db_default=False, help_text="Whether learners see it.")
    available_from_at = models.DateTimeField(null=True, blank=True)
    available_until_at = models.DateTimeField(null=True, blank=True)
    attributes = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="What only one source knows of it."
    )

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            parent_key("course", name="lms_coursemodule_course_key"),
            SameTenant("course", name="lms_coursemodule_course_tenant"),
            json_object("attributes", name="lms_coursemodule_attributes"),
            not_blank("title", name="lms_coursemodule_title_given"),
            at_least(0, "position", name="lms_coursemodule_position_range"),
            in_order("available_from_at", "available_until_at", name="lms_coursemodule_dates_order"),
            models.UniqueConstraint(
                fields=["organization", "course", "position"],
                name="lms_coursemodule_position",
                deferrable=models.Deferrable.DEFERRED,
                violation_error_message="Another module has this place in the course.",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class LessonKind(models.TextChoices):
    TEXT = "text"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    LINK = "link"
    PACKAGE = "package", "Package (SCORM, H5P, xAPI)"
    LIVE = "live", "Live session"
    QUIZ = "quiz"
    ASSIGNMENT = "assignment"
    DISCUSSION = "discussion"
    OTHER = "other"


class ContentFormat(models.TextChoices):
    MARKDOWN = "markdown"
    HTML = "html"
    PLAIN = "plain"


class Lesson(TenantRecord):
    """One thing to study, watch or do."""

    # A lesson has no life outside its module.
    module = models.ForeignKey(CourseModule, on_delete=models.CASCADE, related_name="lessons", db_constraint=False)
    # The module's course, kept here so that a key can hold progress to it; it goes where its module goes.
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="lessons", db_constraint=False)
    title = models.CharField(max_length=255)
    kind = choice_field(LessonKind, default=LessonKind.TEXT)
    position = models.IntegerField(help_text="Its place in the module, from 0.")
    content = models.TextField(blank=True, default="", db_default="")
    content_format = choice_field(ContentFormat, default=ContentFormat.MARKDOWN)
    url = models.TextField(blank=True, default="", db_default="", help_text="Where a link, a video or a package lies.")
    duration_seconds = models.IntegerField(null=True, blank=True, help_text="How long it takes, in seconds.")
    is_required = models.BooleanField(default=True, db_default=True, help_text="Whether it counts towards progress.")
    is_published = models.BooleanField(default=False, db_default=False, help_text="Whether learners see it.")
    available_from_at = models.DateTimeField(null=True, blank=True)
    available_until_at = models.DateTimeField(null=True, blank=True)
    attributes = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="What only one source knows of it."
    )

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            parent_key("course", name="lms_lesson_course_key"),
            SameTenant("course", name="lms_lesson_course_tenant"),
            SameParent("module", "course", name="lms_lesson_module_course"),
            one_of("kind", LessonKind, name="lms_lesson_kind"),
            one_of("content_format", ContentFormat, name="lms_lesson_content_format"),
            json_object("attributes", name="lms_lesson_attributes"),
            not_blank("title", name="lms_lesson_title_given"),
            at_least(0, "position", name="lms_lesson_position_range"),
            at_least(1, "duration_seconds", name="lms_lesson_duration_range"),
            in_order("available_from_at", "available_until_at", name="lms_lesson_dates_order"),
            models.CheckConstraint(
                name="lms_lesson_link_has_url",
                condition=~Q(kind=LessonKind.LINK) | ~Q(url=""),
                violation_error_message="A link needs its URL.",
            ),
            models.UniqueConstraint(
                fields=["organization", "module", "position"],
                name="lms_lesson_position",
                deferrable=models.Deferrable.DEFERRED,
                violation_error_message="Another lesson has this place in the module.",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Prerequisite(TenantRecord):
    """What must be finished first: a course before a course, or a lesson before a lesson of the same course."""

    # The rule is about this course; it goes with it.
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="prerequisites", db_constraint=False)
    # A rule about a lesson goes with the lesson.
    lesson = models.ForeignKey(
        Lesson, on_delete=models.CASCADE, null=True, blank=True, related_name="prerequisites", db_constraint=False
    )
    # A course that others build on is not deleted beneath them.
    required_course = models.ForeignKey(
        Course, on_delete=models.PROTECT, null=True, blank=True, related_name="required_by", db_constraint=False
    )
    # Nor is a lesson, except with the whole course, when the rule goes too.
    required_lesson = models.ForeignKey(
        Lesson, on_delete=models.RESTRICT, null=True, blank=True, related_name="required_by", db_constraint=False
    )
    minimum_percent = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, blank=True, help_text="The least result; none: finishing is enough."
    )

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            SameTenant("course", name="lms_prerequisite_course_tenant"),
            SameTenant("required_course", name="lms_prerequisite_required_course_tenant"),
            SameParent("lesson", "course", name="lms_prerequisite_lesson_course"),
            SameParent("required_lesson", "course", name="lms_prerequisite_required_lesson_course"),
            percentage("minimum_percent", name="lms_prerequisite_minimum_percent_range"),
            models.CheckConstraint(
                name="lms_prerequisite_one_pair",
                condition=Q(lesson__isnull=True, required_lesson__isnull=True, required_course__isnull=False)
                | Q(lesson__isnull=False, required_lesson__isnull=False, required_course__isnull=True),
                violation_error_message="A course requires a course, or a lesson requires a lesson.",
            ),
            models.CheckConstraint(
                name="lms_prerequisite_not_itself",
                condition=~Q(required_course=F("course")) & ~Q(required_lesson=F("lesson")),
                violation_error_message="Nothing can require itself.",
            ),
            models.UniqueConstraint(
                fields=["organization", "course", "lesson", "required_course", "required_lesson"],
                name="lms_prerequisite_once",
                nulls_distinct=False,
                violation_error_message="This prerequisite stands already.",
            ),
        ]
        triggers = [*TenantRecord.Meta.triggers, NoRing()]

    def __str__(self) -> str:
        return f"{self.required_lesson_id or self.required_course_id} before {self.lesson_id or self.course_id}"
