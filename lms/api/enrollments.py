"""Who takes part and how far they are, over HTTP."""

from __future__ import annotations

from azora.kernel.rest import Resource
from lms import models, operations, queries
from lms.api.columns import AMOUNT, ONE_OR_SOME, ONE_SOME_OR_NONE, ROW, TIMES


class Enrollments(Resource):
    """Who takes part in an offering. A POST enrols a person; `change-state` moves an enrollment along its states;
    `record-lesson-progress` tells how far the person is."""

    model = models.Enrollment
    visible = queries.enrollments_visible_to
    fields = (
        "id",
        "organization",
        "user",
        "offering",
        "course",
        "section",
        "role",
        "state",
        "source",
        "starts_at",
        "ends_at",
        "invited_at",
        "activated_at",
        "suspended_at",
        "completed_at",
        "withdrawn_at",
        "attributes",
        *TIMES,
    )
    filters = {
        **ROW,
        "user": ONE_OR_SOME,
        "offering": ONE_OR_SOME,
        "course": ONE_OR_SOME,
        "section": ONE_SOME_OR_NONE,
        "role": ONE_OR_SOME,
        "state": ONE_OR_SOME,
        "source": ONE_OR_SOME,
    }
    creates = operations.enrol_user
    changes = {
        "change-state": operations.change_enrollment_state,
        "record-lesson-progress": operations.record_lesson_progress,
    }


class LessonProgress(Resource):
    """How far people are in lessons."""

    model = models.LessonProgress
    visible = queries.lesson_progress_visible_to
    fields = (
        "id",
        "organization",
        "course",
        "enrollment",
        "lesson",
        "status",
        "percent",
        "seconds_spent",
        "started_at",
        "completed_at",
        "source_state",
        *TIMES,
    )
    filters = {**ROW, "course": ONE_OR_SOME, "enrollment": ONE_OR_SOME, "lesson": ONE_OR_SOME, "status": ONE_OR_SOME}


class CourseProgress(Resource):
    """How far people are in courses: the normalised percentage, the rule that made it, the source's own value."""

    model = models.CourseProgress
    visible = queries.course_progress_visible_to
    fields = (
        "id",
        "organization",
        "enrollment",
        "percent",
        "rule",
        "completed_lessons",
        "total_lessons",
        "source_value",
        "last_activity_at",
        *TIMES,
    )
    filters = {**ROW, "enrollment": ONE_OR_SOME, "rule": ONE_OR_SOME, "percent": AMOUNT}
