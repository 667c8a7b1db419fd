"""Learning: courses and what they are made of, who takes part in them when, how far they are, and their grades."""

from lms.models.courses import Category, Course, CourseState, Visibility
from lms.models.enrollments import LIVE_STATES, Enrollment, EnrollmentRole, EnrollmentSource, EnrollmentState
from lms.models.gradebook import Grade, GradeCategory, GradeChange, GradeItem, GradingType
from lms.models.grading import GradingPeriod, LateInterval, LatePolicy, Scale, ScaleLevel
from lms.models.groups import Group, GroupMember, GroupSet
from lms.models.lessons import ContentFormat, CourseModule, Lesson, LessonKind, Prerequisite
from lms.models.offerings import CrossListing, Offering, OfferingState, Section, Term
from lms.models.progress import CourseProgress, LessonProgress, LessonStatus, ProgressRule

__all__ = [
    "LIVE_STATES",
    "Category",
    "ContentFormat",
    "Course",
    "CourseModule",
    "CourseProgress",
    "CourseState",
    "CrossListing",
    "Enrollment",
    "EnrollmentRole",
    "EnrollmentSource",
    "EnrollmentState",
    "Grade",
    "GradeCategory",
    "GradeChange",
    "GradeItem",
    "GradingPeriod",
    "GradingType",
    "Group",
    "GroupMember",
    "GroupSet",
    "LateInterval",
    "LatePolicy",
    "Lesson",
    "LessonKind",
    "LessonProgress",
    "LessonStatus",
    "Offering",
    "OfferingState",
    "Prerequisite",
    "ProgressRule",
    "Scale",
    "ScaleLevel",
    "Section",
    "Term",
    "Visibility",
]
