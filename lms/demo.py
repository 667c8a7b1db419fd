"""Learning at the demo organization: the same courses, people and grades however often they are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import F, Model

from accounts.demo import Demo
from accounts.models import User
from azora.kernel.writer import writing_as
from lms.models import (
    Category,
    Course,
    CourseModule,
    CourseProgress,
    CourseState,
    CrossListing,
    Enrollment,
    EnrollmentRole,
    EnrollmentSource,
    EnrollmentState,
    Grade,
    GradeCategory,
    GradeItem,
    GradingPeriod,
    Group,
    GroupMember,
    GroupSet,
    LatePolicy,
    Lesson,
    LessonKind,
    LessonProgress,
    LessonStatus,
    Offering,
    OfferingState,
    Prerequisite,
    Scale,
    ScaleLevel,
    Section,
    Term,
)

TERM_BEGINS = datetime(2026, 9, 1, 8, tzinfo=UTC)
TERM_ENDS = datetime(2026, 12, 20, 16, tzinfo=UTC)
REASON = "Marked after the deadline"

#: Label, least percentage, value in an average; the lowest first.
LETTERS = (
    ("F", "0", "0"),
    ("E", "40", "1"),
    ("D", "50", "2"),
    ("C", "60", "3"),
    ("B", "75", "4"),
    ("A", "90", "5"),
)

#: Name, weight in percent, how many of the lowest do not count; then its items: title, points, days into the term.
GRADEBOOK = (
    ("Exercises", "40", 1, (("Exercise 1", "20", 14), ("Exercise 2", "20", 28), ("Exercise 3", "20", 42))),
    ("Examination", "60", 0, (("Written examination", "100", 105),)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A course as the demo has it: its modules by title, each with lessons (title, kind, minutes)."""

    category: str
    code: str
    title: str
    summary: str
    language: str = "en"
    capacity: int | None = None
    modules: dict[str, tuple[tuple[str, LessonKind, int], ...]] = field(default_factory=dict)


PLANS = (
    Plan(
        category="Computing",
        code="CS-101",
        title="Introduction to Programming",
        summary="From the first expression to a small program of one's own.",
        capacity=30,
        modules={
            "Values and names": (
                ("What a program is", LessonKind.VIDEO, 12),
                ("Expressions", LessonKind.TEXT, 20),
                ("Names and values", LessonKind.TEXT, 25),
            ),
            "Decisions and repetition": (
                ("Conditions", LessonKind.TEXT, 25),
                ("Loops", LessonKind.VIDEO, 18),
                ("A game of numbers", LessonKind.ASSIGNMENT, 90),
            ),
            "Functions": (
                ("Why functions", LessonKind.VIDEO, 10),
                ("Arguments and results", LessonKind.TEXT, 30),
                ("Check yourself", LessonKind.QUIZ, 20),
            ),
        },
    ),
    Plan(
        category="Mathematics",
        code="MATH-110",
        title="Linear Algebra",
        summary="Vectors, matrices, and the spaces that they live in.",
        capacity=24,
        modules={
            "Vectors": (("Arrows and lists", LessonKind.VIDEO, 15), ("Length and angle", LessonKind.TEXT, 30)),
            "Matrices": (
                ("Systems of equations", LessonKind.TEXT, 35),
                ("Elimination", LessonKind.VIDEO, 22),
                ("Exercise class", LessonKind.LIVE, 90),
            ),
        },
    ),
    Plan(
        category="Italian",
        code="IT-001",
        title="Italiano per principianti",
        summary="Prime conversazioni, prime letture.",
        language="it",
        modules={
            "Presentarsi": (("Buongiorno", LessonKind.AUDIO, 10), ("Chi sei?", LessonKind.TEXT, 20)),
            "In città": (("Al bar", LessonKind.AUDIO, 12), ("Parliamone", LessonKind.DISCUSSION, 30)),
        },
    ),
)

#: Name, slug, and the one above.
CATEGORIES = (
    ("Science", "science", None),
    ("Computing", "computing", "Science"),
    ("Mathematics", "mathematics", "Science"),
    ("Languages", "languages", None),
    ("Italian", "italian", "Languages"),
)

Row = TypeVar("Row", bound=Model)


def _kept(model: type[Row], defaults: dict[str, Any] | None = None, **key: Any) -> Row:
    """The first row with this key as it stands, or one made with the defaults."""
    rows = model._default_manager
    return rows.filter(**key).order_by("pk").first() or rows.create(**key, **(defaults or {}))


@transaction.atomic
def make_demo(demo: Demo) -> None:
    """Make what the demo organization teaches, or complete it where it stands; rows that stand are not changed."""
    tenant = demo.organization
    categories: dict[str, Category] = {}
    for place, (name, slug, above) in enumerate(CATEGORIES):
        parent = categories[above] if above else None
        made = {"name": name, "position": place}
        categories[name] = _kept(Category, made, organization=tenant, parent=parent, slug=slug)
    term = _kept(
        Term,
        {"name": "Autumn 2026", "starts_at": TERM_BEGINS, "ends_at": TERM_ENDS},
        organization=tenant,
        code="2026-A",
    )
    scale = _letters(demo)
    courses = [_course(categories[plan.category], plan) for plan in PLANS]
    offerings = [
        _offering(course, term, scale, plan, teacher)
        for course, plan, teacher in zip(courses, PLANS, demo.instructors, strict=True)
    ]
    _kept(Prerequisite, organization=tenant, course=courses[1], required_course=courses[0])
    programming, algebra, italian = (
        _learners(offering, people)
        for offering, people in zip(offerings, (demo.learners, demo.learners[1::2], demo.learners[2::3]), strict=True)
    )
    for learners, shift in ((programming, 0), (algebra, 2), (italian, 1)):
        for place, learner in enumerate(learners):
            _study(learner, lessons_done=(place * 2 + shift) % 8)
    _gradebook(offerings[0], term, programming, demo.instructors[0])
    _groups(offerings[0], programming)
    lent = _kept(Section, organization=tenant, offering=offerings[1], name="For programmers")
    _kept(CrossListing, {"host": offerings[0]}, organization=tenant, section=lent, offering=offerings[1])


def _letters(demo: Demo) -> Scale:
    scale = _kept(Scale, organization=demo.organization, course=None, name="Letters")
    for place, (label, least, value) in enumerate(LETTERS):
        made = {"position": place, "minimum_percent": Decimal(least), "value": Decimal(value)}
        _kept(ScaleLevel, made, organization=demo.organization, scale=scale, label=label)
    return scale


def _course(category: Category, plan: Plan) -> Course:
    tenant = category.organization
    published = {"state": CourseState.PUBLISHED, "published_at": TERM_BEGINS - timedelta(days=30)}
    made = {"category": category, "title": plan.title, "summary": plan.summary, "language": plan.language, **published}
    course = _kept(Course, made, organization=tenant, code=plan.code)
    for place, (title, lessons) in enumerate(plan.modules.items()):
        outline = {"title": title, "is_published": True}
        module = _kept(CourseModule, outline, organization=tenant, course=course, position=place)
        for rank, (name, kind, minutes) in enumerate(lessons):
            content = {
                "course": course,
                "title": name,
                "kind": kind,
                "content": f"# {name}\n\n{plan.summary}",
                "duration_seconds": minutes * 60,
                "is_required": kind != LessonKind.DISCUSSION,
                "is_published": True,
            }
            _kept(Lesson, content, organization=tenant, module=module, position=rank)
    return course


def _offering(course: Course, term: Term, scale: Scale, plan: Plan, teacher: User) -> Offering:
    made = {
        "state": OfferingState.OPEN,
        "starts_at": TERM_BEGINS,
        "ends_at": TERM_ENDS,
        "capacity": plan.capacity,
        "allows_self_enrollment": plan.capacity is None,
        "scale": scale,
    }
    offering = _kept(Offering, made, organization=course.organization, course=course, term=term, code="A")
    for name in ("Morning", "Evening"):
        _kept(Section, {"capacity": plan.capacity}, organization=course.organization, offering=offering, name=name)
    _enrollment(offering, teacher, EnrollmentRole.INSTRUCTOR, EnrollmentState.ACTIVE)
    _kept(
        LatePolicy,
        {"deduction_percent": Decimal(10), "grace_minutes": 15, "minimum_percent": Decimal(50)},
        organization=course.organization,
        offering=offering,
    )
    return offering


def _enrollment(
    offering: Offering, user: User, role: EnrollmentRole, state: EnrollmentState, section: Section | None = None
) -> Enrollment:
    begun = None if state == EnrollmentState.INVITED else TERM_BEGINS
    later = TERM_BEGINS + timedelta(days=40)
    made = {
        "course_id": offering.course_id,
        "section": section,
        "state": state,
        "source": EnrollmentSource.SIS if role == EnrollmentRole.LEARNER else EnrollmentSource.MANUAL,
        "invited_at": TERM_BEGINS if state == EnrollmentState.INVITED else None,
        "activated_at": begun,
        "suspended_at": later if state == EnrollmentState.SUSPENDED else None,
        "completed_at": later if state == EnrollmentState.COMPLETED else None,
        "withdrawn_at": later if state == EnrollmentState.WITHDRAWN else None,
    }
    return _kept(Enrollment, made, organization=offering.organization, offering=offering, user=user, role=role)


def _learners(offering: Offering, people: Sequence[User]) -> list[Enrollment]:
    """Learners in the offering's two sections in turn: most of them active, one in each other state."""
    sections = list(offering.sections.filter(name__in=["Morning", "Evening"]).order_by("name"))
    others = [state for state in EnrollmentState if state != EnrollmentState.ACTIVE]
    return [
        _enrollment(
            offering,
            person,
            EnrollmentRole.LEARNER,
            others[place - 5] if 5 <= place < 5 + len(others) else EnrollmentState.ACTIVE,
            sections[place % 2],
        )
        for place, person in enumerate(people)
    ]


def _study(learner: Enrollment, *, lessons_done: int) -> None:
    """Progress in the first lessons, the next one half done; the course's follows from the required ones."""
    if learner.state == EnrollmentState.INVITED:
        return
    lessons = list(Lesson.objects.filter(course=learner.course_id).order_by("module__position", "position"))
    if learner.state == EnrollmentState.COMPLETED:
        lessons_done = len(lessons)
    at = TERM_BEGINS + timedelta(days=3)
    for place, lesson in enumerate(lessons[: lessons_done + 1]):
        done = place < lessons_done
        made = {
            "course_id": learner.course_id,
            "status": LessonStatus.COMPLETED if done else LessonStatus.IN_PROGRESS,
            "percent": Decimal(100) if done else Decimal(50),
            "seconds_spent": (lesson.duration_seconds or 0) // (1 if done else 2),
            "started_at": at + timedelta(days=place),
            "completed_at": at + timedelta(days=place, hours=1) if done else None,
        }
        _kept(LessonProgress, made, organization=learner.organization, enrollment=learner, lesson=lesson)
    total = sum(lesson.is_required for lesson in lessons)
    completed = sum(lesson.is_required for lesson in lessons[:lessons_done])
    made = {
        "completed_lessons": completed,
        "total_lessons": total,
        "percent": Decimal(completed * 10_000 // total).scaleb(-2),
        "last_activity_at": at + timedelta(days=min(lessons_done, len(lessons)), hours=1),
    }
    _kept(CourseProgress, made, organization=learner.organization, enrollment=learner)


def _gradebook(offering: Offering, term: Term, learners: list[Enrollment], teacher: User) -> None:
    tenant = offering.organization
    middle = TERM_BEGINS + timedelta(days=60)
    periods = [
        _kept(GradingPeriod, {"starts_at": begins, "ends_at": ends}, organization=tenant, term=term, title=title)
        for title, begins, ends in (("First half", TERM_BEGINS, middle), ("Second half", middle, TERM_ENDS))
    ]
    place = 0
    for rank, (name, weight, drop, items) in enumerate(GRADEBOOK):
        made = {"position": rank, "weight": Decimal(weight), "drop_lowest": drop}
        category = _kept(GradeCategory, made, organization=tenant, offering=offering, name=name)
        for title, points, days in items:
            due_at = TERM_BEGINS + timedelta(days=days)
            column = {
                "course_id": offering.course_id,
                "category": category,
                "grading_period": periods[0] if due_at < middle else periods[1],
                "title": title,
                "maximum_points": Decimal(points),
                "pass_points": Decimal(points) / 2,
                "due_at": due_at,
                "is_released": days < 40,
            }
            item = _kept(GradeItem, column, organization=tenant, offering=offering, position=place)
            if days < 45:
                _grades(item, learners, teacher)
            place += 1


def _grades(item: GradeItem, learners: list[Enrollment], teacher: User) -> None:
    """A grade for everyone who is active; the first learner's is corrected once, so that there is a history."""
    active = [learner for learner in learners if learner.state == EnrollmentState.ACTIVE]
    with writing_as(teacher.pk, ""):
        for place, learner in enumerate(active):
            points = item.maximum_points * (60 + place * 7 % 40) / 100
            made = {"offering_id": item.offering_id, "points": points, "graded_by": teacher, "graded_at": item.due_at}
            _kept(Grade, made, organization=item.organization, item=item, enrollment=learner)
    for first in Grade.objects.filter(item=item, enrollment__in=active[:1], points__isnull=False):
        if first.changes.count() == 1:
            with writing_as(teacher.pk, REASON):
                Grade.objects.filter(pk=first.pk).update(points=F("points") + 1)


def _groups(offering: Offering, learners: list[Enrollment]) -> None:
    tenant = offering.organization
    teams = _kept(GroupSet, {"member_limit": 4}, organization=tenant, offering=offering, name="Project teams")
    active = [learner for learner in learners if learner.state == EnrollmentState.ACTIVE]
    for number in range(2):
        group = _kept(Group, {"group_set": teams}, organization=tenant, offering=offering, name=f"Team {number + 1}")
        for learner in active[number::2]:
            made = {"is_leader": not group.members.exists(), "offering": offering}
            _kept(GroupMember, made, organization=tenant, group=group, enrollment=learner)
