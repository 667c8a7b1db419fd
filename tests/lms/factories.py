"""Rows for tests: each function makes a valid one, with what it needs around it; arguments replace its columns.

What is made for one row belongs to its organization, course and offering; name one of them to make rows that share it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import User
from lms.models import (
    Category,
    Course,
    CourseModule,
    CourseProgress,
    CourseState,
    CrossListing,
    Enrollment,
    EnrollmentRole,
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
    OfferingState,
    Prerequisite,
    Scale,
    ScaleLevel,
    Section,
    Term,
)
from tests.accounts.factories import make_member, make_organization

AT = datetime(2026, 9, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
_numbers = itertools.count(1)


def _tenant(columns: dict[str, Any], *parents: str) -> Any:
    """The organization that the columns name, by themselves or by a row that they refer to; else a new one."""
    if "organization" in columns:
        return columns.pop("organization")
    for name in parents:
        if columns.get(name) is not None:
            return columns[name].organization
    return make_organization()


def make_category(**columns: Any) -> Category:
    number = next(_numbers)
    tenant = _tenant(columns, "parent")
    return Category.objects.create(
        **{"organization": tenant, "name": f"Category {number}", "slug": f"category-{number}", **columns}
    )


def make_course(**columns: Any) -> Course:
    """A published course."""
    number = next(_numbers)
    return Course.objects.create(
        **{
            "organization": _tenant(columns, "category"),
            "code": f"Course-{number}",
            "title": f"Course {number}",
            "state": CourseState.PUBLISHED,
            "published_at": AT,
            "sis_id": f"course-{number}",
            **columns,
        }
    )


def make_draft(**columns: Any) -> Course:
    return make_course(**{"state": CourseState.DRAFT, "published_at": None, **columns})


def make_module(**columns: Any) -> CourseModule:
    tenant = _tenant(columns, "course")
    course = columns.pop("course", None) or make_course(organization=tenant)
    number = next(_numbers)
    return CourseModule.objects.create(
        **{
            "organization": tenant,
            "course": course,
            "title": f"Module {number}",
            "position": number,
            "is_published": True,
            **columns,
        }
    )


def make_lesson(**columns: Any) -> Lesson:
    """A published, required lesson."""
    tenant = _tenant(columns, "module", "course")
    module = columns.pop("module", None) or make_module(
        organization=tenant, **({"course": columns["course"]} if "course" in columns else {})
    )
    number = next(_numbers)
    return Lesson.objects.create(
        **{
            "organization": tenant,
            "module": module,
            "course": module.course,
            "title": f"Lesson {number}",
            "position": number,
            "is_published": True,
            **columns,
        }
    )


def make_prerequisite(**columns: Any) -> Prerequisite:
    """A course before a course."""
    tenant = _tenant(columns, "course")
    course = columns.pop("course", None) or make_course(organization=tenant)
    required = columns.pop("required_course", None) or make_course(organization=tenant)
    return Prerequisite.objects.create(
        **{"organization": tenant, "course": course, "required_course": required, **columns}
    )


def make_lesson_prerequisite(**columns: Any) -> Prerequisite:
    """A lesson before a lesson."""
    lesson = columns.pop("lesson", None) or make_lesson(organization=_tenant(columns))
    required = columns.pop("required_lesson", None) or make_lesson(course=lesson.course)
    return Prerequisite.objects.create(
        **{
            "organization": lesson.organization,
            "course": lesson.course,
            "lesson": lesson,
            "required_lesson": required,
            **columns,
        }
    )


def make_term(**columns: Any) -> Term:
    number = next(_numbers)
    return Term.objects.create(
        **{
            "organization": _tenant(columns),
            "code": f"Term-{number}",
            "name": f"Term {number}",
            "sis_id": f"term-{number}",
            **columns,
        }
    )


def make_offering(**columns: Any) -> Offering:
    """An offering that is open for enrollment, of a published course."""
    tenant = _tenant(columns, "course", "term")
    course = columns.pop("course", None) or make_course(organization=tenant)
    return Offering.objects.create(
        **{
            "organization": tenant,
            "course": course,
            "code": f"Offering-{next(_numbers)}",
            "state": OfferingState.OPEN,
            **columns,
        }
    )


def _offering(tenant: Any, columns: dict[str, Any]) -> Offering:
    return columns.pop("offering", None) or make_offering(organization=tenant)


def make_section(**columns: Any) -> Section:
    tenant = _tenant(columns, "offering")
    number = next(_numbers)
    return Section.objects.create(
        **{
            "organization": tenant,
            "offering": _offering(tenant, columns),
            "name": f"Section {number}",
            "sis_id": f"section-{number}",
            **columns,
        }
    )


def make_cross_listing(**columns: Any) -> CrossListing:
    tenant = _tenant(columns, "section", "host")
    section = columns.pop("section", None) or make_section(organization=tenant)
    host = columns.pop("host", None) or make_offering(organization=tenant)
    return CrossListing.objects.create(
        **{"organization": tenant, "section": section, "offering": section.offering, "host": host, **columns}
    )


def make_enrollment(**columns: Any) -> Enrollment:
    """An enrollment of a member, active unless a state is given; its times follow the state."""
    tenant = _tenant(columns, "offering")
    offering = _offering(tenant, columns)
    user = columns.pop("user", None) or make_member(tenant)
    state = columns.get("state", EnrollmentState.ACTIVE)
    return Enrollment.objects.create(
        **{
            "organization": tenant,
            "user": user,
            "offering": offering,
            "course": offering.course,
            "invited_at": AT,
            "activated_at": None if state == EnrollmentState.INVITED else AT,
            "suspended_at": AT if state == EnrollmentState.SUSPENDED else None,
            "completed_at": AT if state == EnrollmentState.COMPLETED else None,
            "withdrawn_at": AT if state == EnrollmentState.WITHDRAWN else None,
            **columns,
        }
    )


def make_person(offering: Offering, role: EnrollmentRole, **columns: Any) -> User:
    """A member with an active enrollment of the role in the offering."""
    return make_enrollment(offering=offering, role=role, **columns).user


def make_group_set(**columns: Any) -> GroupSet:
    tenant = _tenant(columns, "offering")
    return GroupSet.objects.create(
        **{
            "organization": tenant,
            "offering": _offering(tenant, columns),
            "name": f"Group set {next(_numbers)}",
            **columns,
        }
    )


def make_group(**columns: Any) -> Group:
    tenant = _tenant(columns, "offering")
    offering = _offering(tenant, columns)
    return Group.objects.create(
        **{
            "organization": tenant,
            "offering": offering,
            "group_set": make_group_set(offering=offering),
            "name": f"Group {next(_numbers)}",
            **columns,
        }
    )


def make_group_member(**columns: Any) -> GroupMember:
    group = columns.pop("group", None) or make_group(organization=_tenant(columns))
    enrollment = columns.pop("enrollment", None) or make_enrollment(offering=group.offering)
    return GroupMember.objects.create(
        **{
            "organization": group.organization,
            "offering": group.offering,
            "group": group,
            "enrollment": enrollment,
            **columns,
        }
    )


def make_lesson_progress(**columns: Any) -> LessonProgress:
    enrollment = columns.pop("enrollment", None) or make_enrollment(organization=_tenant(columns))
    lesson = columns.pop("lesson", None) or make_lesson(course=enrollment.course)
    return LessonProgress.objects.create(
        **{
            "organization": enrollment.organization,
            "course": enrollment.course,
            "enrollment": enrollment,
            "lesson": lesson,
            **columns,
        }
    )


def make_course_progress(**columns: Any) -> CourseProgress:
    enrollment = columns.pop("enrollment", None) or make_enrollment(organization=_tenant(columns))
    return CourseProgress.objects.create(
        **{
            "organization": enrollment.organization,
            "enrollment": enrollment,
            "percent": Decimal("33.33"),
            "completed_lessons": 1,
            "total_lessons": 3,
            **columns,
        }
    )


def make_scale(**columns: Any) -> Scale:
    return Scale.objects.create(
        **{"organization": _tenant(columns, "course"), "name": f"Scale {next(_numbers)}", **columns}
    )


def make_course_scale(**columns: Any) -> Scale:
    course = make_course(organization=_tenant(columns))
    return make_scale(organization=course.organization, course=course, **columns)


def make_scale_level(**columns: Any) -> ScaleLevel:
    tenant = _tenant(columns, "scale")
    scale = columns.pop("scale", None) or make_scale(organization=tenant)
    number = next(_numbers)
    return ScaleLevel.objects.create(
        **{
            "organization": tenant,
            "scale": scale,
            "label": f"Level {number}",
            "position": number,
            "minimum_percent": Decimal(number).scaleb(-4),
            **columns,
        }
    )


def make_grading_period(**columns: Any) -> GradingPeriod:
    """A day in a term, each one later than those made before."""
    tenant = _tenant(columns, "term")
    term = columns.pop("term", None) or make_term(organization=tenant)
    number = next(_numbers)
    return GradingPeriod.objects.create(
        **{
            "organization": tenant,
            "term": term,
            "title": f"Period {number}",
            "starts_at": AT + number * DAY,
            "ends_at": AT + number * DAY + DAY,
            **columns,
        }
    )


def make_late_policy(**columns: Any) -> LatePolicy:
    tenant = _tenant(columns, "offering")
    return LatePolicy.objects.create(**{"organization": tenant, "offering": _offering(tenant, columns), **columns})


def make_grade_category(**columns: Any) -> GradeCategory:
    tenant = _tenant(columns, "offering")
    number = next(_numbers)
    return GradeCategory.objects.create(
        **{
            "organization": tenant,
            "offering": _offering(tenant, columns),
            "name": f"Grade category {number}",
            "position": number,
            **columns,
        }
    )


def make_grade_item(**columns: Any) -> GradeItem:
    """An item of 0 to 100 points whose grades are released, with everything that it may refer to but a scale."""
    tenant = _tenant(columns, "offering")
    offering = _offering(tenant, columns)
    number = next(_numbers)
    return GradeItem.objects.create(
        **{
            "organization": tenant,
            "offering": offering,
            "course": offering.course,
            "category": make_grade_category(offering=offering),
            "lesson": make_lesson(course=offering.course),
            "grading_period": make_grading_period(organization=tenant),
            "title": f"Item {number}",
            "position": number,
            "is_released": True,
            **columns,
        }
    )


def make_scaled_item(**columns: Any) -> GradeItem:
    tenant = _tenant(columns, "offering")
    return make_grade_item(organization=tenant, grading_type="scale", scale=make_scale(organization=tenant), **columns)


def make_grade(**columns: Any) -> Grade:
    item = columns.pop("item", None) or make_grade_item(organization=_tenant(columns))
    enrollment = columns.pop("enrollment", None) or make_enrollment(offering=item.offering)
    return Grade.objects.create(
        **{
            "organization": item.organization,
            "offering": item.offering,
            "item": item,
            "enrollment": enrollment,
            "points": Decimal(80),
            "graded_at": AT,
            **columns,
        }
    )


def make_grade_change(**columns: Any) -> GradeChange:
    """The change that the database notes when a grade is made."""
    grade = columns.pop("grade", None) or make_grade(**columns)
    return grade.changes.get()


MAKERS: dict[type[Any], Callable[..., Any]] = {
    Category: make_category,
    Course: make_course,
    CourseModule: make_module,
    Lesson: make_lesson,
    Prerequisite: make_prerequisite,
    Term: make_term,
    Offering: make_offering,
    Section: make_section,
    CrossListing: make_cross_listing,
    Enrollment: make_enrollment,
    GroupSet: make_group_set,
    Group: make_group,
    GroupMember: make_group_member,
    LessonProgress: make_lesson_progress,
    CourseProgress: make_course_progress,
    Scale: make_scale,
    ScaleLevel: make_scale_level,
    GradingPeriod: make_grading_period,
    LatePolicy: make_late_policy,
    GradeCategory: make_grade_category,
    GradeItem: make_grade_item,
    Grade: make_grade,
    GradeChange: make_grade_change,
}
