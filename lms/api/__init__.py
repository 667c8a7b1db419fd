"""What HTTP shows of learning, and the operations that it offers."""

from lms.api.courses import Categories, CourseModules, Courses, Lessons, Prerequisites
from lms.api.enrollments import CourseProgress, Enrollments, LessonProgress
from lms.api.gradebook import (
    GradeCategories,
    GradeChanges,
    GradeItems,
    Grades,
    GradingPeriods,
    LatePolicies,
    ScaleLevels,
    Scales,
)
from lms.api.offerings import CrossListings, GroupMembers, Groups, GroupSets, Offerings, Sections, Terms

__all__ = [
    "Categories",
    "CourseModules",
    "CourseProgress",
    "Courses",
    "CrossListings",
    "Enrollments",
    "GradeCategories",
    "GradeChanges",
    "GradeItems",
    "Grades",
    "GradingPeriods",
    "GroupMembers",
    "GroupSets",
    "Groups",
    "LatePolicies",
    "LessonProgress",
    "Lessons",
    "Offerings",
    "Prerequisites",
    "ScaleLevels",
    "Scales",
    "Sections",
    "Terms",
]
