"""Courses and what they are made of, over HTTP."""

from __future__ import annotations

from azora.kernel.rest import Resource
from lms import models, operations, queries
from lms.api.columns import ONE_OR_SOME, ONE_SOME_OR_NONE, PERIOD, ROW, TIMES


class Categories(Resource):
    """Places in an organization's tree of subjects."""

    model = models.Category
    visible = queries.categories_visible_to
    fields = ("id", "organization", "parent", "name", "slug", "description", "position", "is_visible", *TIMES)
    filters = {**ROW, "parent": ONE_SOME_OR_NONE, "slug": ("exact",)}


class Courses(Resource):
    """Courses. A POST makes a draft; `publish` shows it to learners."""

    model = models.Course
    visible = queries.courses_visible_to
    fields = (
        "id",
        "organization",
        "category",
        "code",
        "title",
        "summary",
        "language",
        "state",
        "visibility",
        "starts_at",
        "ends_at",
        "published_at",
        "archived_at",
        "sis_id",
        "attributes",
        *TIMES,
    )
    filters = {
        **ROW,
        "category": ONE_SOME_OR_NONE,
        "code": ONE_OR_SOME,
        "state": ONE_OR_SOME,
        "language": ONE_OR_SOME,
        "sis_id": ONE_OR_SOME,
        "title": ("contains",),
        "starts_at": PERIOD,
    }
    order = ("-id", "title")
    creates = operations.create_course
    changes = {"publish": operations.publish_course}


class CourseModules(Resource):
    """Parts of courses, in order."""

    model = models.CourseModule
    visible = queries.modules_visible_to
    fields = (
        "id",
        "organization",
        "course",
        "title",
        "summary",
        "position",
        "is_published",
        "available_from_at",
        "available_until_at",
        "attributes",
        *TIMES,
    )
    filters = {**ROW, "course": ONE_OR_SOME, "is_published": ("exact",)}


class Lessons(Resource):
    """What modules hold, in order: things to study, watch or do."""

    model = models.Lesson
    visible = queries.lessons_visible_to
    fields = (
        "id",
        "organization",
        "course",
        "module",
        "title",
        "kind",
        "position",
        "content",
        "content_format",
        "url",
        "duration_seconds",
        "is_required",
        "is_published",
        "available_from_at",
        "available_until_at",
        "attributes",
        *TIMES,
    )
    filters = {
        **ROW,
        "course": ONE_OR_SOME,
        "module": ONE_OR_SOME,
        "kind": ONE_OR_SOME,
        "is_required": ("exact",),
        "is_published": ("exact",),
    }


class Prerequisites(Resource):
    """What must be finished first: a course before a course, a lesson before a lesson."""

    model = models.Prerequisite
    visible = queries.prerequisites_visible_to
    fields = (
        "id",
        "organization",
        "course",
        "lesson",
        "required_course",
        "required_lesson",
        "minimum_percent",
        *TIMES,
    )
    filters = {
        **ROW,
        "course": ONE_OR_SOME,
        "lesson": ONE_SOME_OR_NONE,
        "required_course": ONE_SOME_OR_NONE,
        "required_lesson": ONE_SOME_OR_NONE,
    }
