"""Every change of learning: courses, enrollments, progress, grades."""

from lms.operations.courses import create_course, publish_course
from lms.operations.enrollments import change_enrollment_state, enrol_user
from lms.operations.gradebook import record_grade
from lms.operations.progress import record_lesson_progress

__all__ = [
    "change_enrollment_state",
    "create_course",
    "enrol_user",
    "publish_course",
    "record_grade",
    "record_lesson_progress",
]
