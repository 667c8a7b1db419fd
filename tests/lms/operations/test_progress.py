"""Progress is recorded by those who may, only grows, and the course's follows exactly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azora.kernel.actor import ANONYMOUS, Actor
from lms.models import CourseProgress, Enrollment, EnrollmentRole, LessonProgress, LessonStatus
from lms.operations import progress as rules
from lms.operations import record_lesson_progress
from lms.operations.enrollments import EnrollmentNotFound
from tests.accounts.factories import make_administrator
from tests.lms import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def learner() -> Enrollment:
    return make.make_enrollment()


@pytest.fixture
def lesson(learner: Enrollment) -> Any:
    return make.make_lesson(course=learner.course)


def course_progress(enrollment: Enrollment) -> tuple[Decimal, int, int, str]:
    row = CourseProgress.objects.get(enrollment=enrollment)
    return (row.percent, row.completed_lessons, row.total_lessons, row.rule)


def test_a_learner_records_their_own(learner: Enrollment, lesson: Any, actor_of: Any) -> None:
    make.make_lesson(course=learner.course)
    make.make_lesson(course=learner.course)
    actor = actor_of(learner.user)
    before = timezone.now()
    progress = record_lesson_progress(
        actor=actor, enrollment=learner.pk, lesson=lesson.pk, percent=Decimal("12.5"), seconds_spent=60
    )
    assert progress == LessonProgress.objects.get()
    assert (progress.organization, progress.course, progress.enrollment, progress.lesson) == (
        learner.organization,
        learner.course,
        learner,
        lesson,
    )
    assert (progress.status, progress.percent, progress.seconds_spent) == ("in_progress", Decimal("12.5"), 60)
    assert progress.started_at is not None
    assert before <= progress.started_at <= timezone.now()
    assert progress.completed_at is None
    assert course_progress(learner) == (Decimal(0), 0, 3, "lessons")
    done = record_lesson_progress(
        actor=actor, enrollment=learner.pk, lesson=lesson.pk, status=LessonStatus.COMPLETED, seconds_spent=30
    )
    assert (done.pk, done.status, done.percent, done.seconds_spent) == (progress.pk, "completed", Decimal(100), 90)
    assert done.started_at == progress.started_at
    assert done.completed_at is not None
    assert course_progress(learner) == (Decimal("33.33"), 1, 3, "lessons")


def test_progress_only_grows(learner: Enrollment, lesson: Any, actor_of: Any) -> None:
    actor = actor_of(learner.user)
    for percent, stands, status in [
        ("40", "40", "in_progress"),
        ("20", "40", "in_progress"),
        ("0", "40", "in_progress"),
        ("100", "100", "completed"),
        ("40", "100", "completed"),
        ("100", "100", "completed"),
    ]:
        progress = record_lesson_progress(
            actor=actor, enrollment=learner.pk, lesson=lesson.pk, percent=Decimal(percent)
        )
        assert (progress.percent, progress.status) == (Decimal(stands), status)
    completed_at = progress.completed_at
    again = record_lesson_progress(actor=actor, enrollment=learner.pk, lesson=lesson.pk, percent=Decimal(100))
    assert again.completed_at == completed_at
    assert LessonProgress.objects.count() == 1


def test_staff_lower_it_and_learners_do_not(learner: Enrollment, lesson: Any, actor_of: Any, all_rows: Any) -> None:
    own = actor_of(learner.user)
    teacher = actor_of(make.make_person(learner.offering, EnrollmentRole.ASSISTANT))
    record_lesson_progress(actor=own, enrollment=learner.pk, lesson=lesson.pk, percent=Decimal(100))
    before = all_rows()
    with pytest.raises(rules.MayNotLowerProgress):
        record_lesson_progress(actor=own, enrollment=learner.pk, lesson=lesson.pk, percent=Decimal(0), may_lower=True)
    assert all_rows() == before
    half = record_lesson_progress(
        actor=teacher, enrollment=learner.pk, lesson=lesson.pk, percent=Decimal(50), may_lower=True
    )
    assert (half.status, half.percent, half.completed_at) == ("in_progress", Decimal(50), None)
    assert course_progress(learner) == (Decimal(0), 0, 1, "lessons")
    none = record_lesson_progress(
        actor=teacher, enrollment=learner.pk, lesson=lesson.pk, status=LessonStatus.NOT_STARTED, may_lower=True
    )
    assert (none.status, none.percent, none.started_at) == ("not_started", Decimal(0), None)


def test_a_lesson_can_be_begun_at_nothing(learner: Enrollment, lesson: Any, actor_of: Any) -> None:
    actor = actor_of(learner.user)
    opened = record_lesson_progress(actor=actor, enrollment=learner.pk, lesson=lesson.pk, percent=Decimal(0))
    assert (opened.status, opened.started_at) == ("not_started", None)
    begun = record_lesson_progress(
        actor=actor, enrollment=learner.pk, lesson=lesson.pk, status=LessonStatus.IN_PROGRESS
    )
    assert (begun.status, begun.percent) == ("in_progress", Decimal(0))
    assert begun.started_at is not None


@pytest.mark.parametrize(
    ("columns", "counts"),
    [
        ({}, True),
        ({"is_required": False}, False),
        ({"is_published": False}, False),
        ({"module__is_published": False}, False),
    ],
)
def test_what_counts_is_required_and_published(
    columns: dict[str, bool], counts: bool, learner: Enrollment, lesson: Any, actor_of: Any
) -> None:
    module = make.make_module(course=learner.course, is_published=columns.pop("module__is_published", True))
    make.make_lesson(module=module, **columns)
    make.make_lesson(organization=learner.organization)
    record_lesson_progress(actor=actor_of(learner.user), enrollment=learner.pk, lesson=lesson.pk, percent=Decimal(100))
    expected = (Decimal(50), 1, 2, "lessons") if counts else (Decimal(100), 1, 1, "lessons")
    assert course_progress(learner) == expected


def test_an_optional_lesson_alone_is_nothing(learner: Enrollment, actor_of: Any) -> None:
    optional = make.make_lesson(course=learner.course, is_required=False)
    record_lesson_progress(
        actor=actor_of(learner.user), enrollment=learner.pk, lesson=optional.pk, percent=Decimal(100)
    )
    assert course_progress(learner) == (Decimal(0), 0, 0, "lessons")


def test_the_value_of_the_source_stays_beside_ours(learner: Enrollment, lesson: Any, actor_of: Any) -> None:
    make.make_course_progress(
        enrollment=learner, rule="source_fraction", source_value=Decimal("0.333333"), percent=Decimal("33.33")
    )
    record_lesson_progress(actor=actor_of(learner.user), enrollment=learner.pk, lesson=lesson.pk, percent=Decimal(100))
    assert course_progress(learner) == (Decimal(100), 1, 1, "lessons")
    assert CourseProgress.objects.get().source_value == Decimal("0.333333")


# -- Refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"percent": Decimal("-0.01")},
        {"percent": Decimal("100.01")},
        {"percent": Decimal("33.333")},
        {"percent": Decimal("NaN")},
        {"percent": Decimal("Infinity")},
        {"percent": Decimal(100), "status": LessonStatus.IN_PROGRESS},
        {"percent": Decimal(99), "status": LessonStatus.COMPLETED},
        {"percent": Decimal(1), "status": LessonStatus.NOT_STARTED},
        {"percent": Decimal(1), "seconds_spent": -1},
        {"percent": Decimal(1), "seconds_spent": 31 * 24 * 3600 + 1},
    ],
)
def test_what_is_unclear_is_refused(
    arguments: dict[str, Any], learner: Enrollment, lesson: Any, actor_of: Any, all_rows: Any
) -> None:
    actor = actor_of(learner.user)
    before = all_rows()
    with pytest.raises(rules.ProgressUnclear) as refused:
        record_lesson_progress(actor=actor, enrollment=learner.pk, lesson=lesson.pk, **arguments)
    assert refused.value.status == 400
    assert all_rows() == before


def test_a_lesson_of_another_course_is_refused(learner: Enrollment, actor_of: Any, all_rows: Any) -> None:
    other = make.make_lesson(organization=learner.organization)
    elsewhere = make.make_lesson()
    actor = actor_of(learner.user)
    before = all_rows()
    with pytest.raises(rules.LessonOfAnotherCourse) as refused:
        record_lesson_progress(actor=actor, enrollment=learner.pk, lesson=other.pk, percent=Decimal(1))
    assert refused.value.message == f"The lesson {other.title} does not belong to the course of this enrollment."
    with pytest.raises(rules.LessonNotFound):
        record_lesson_progress(actor=actor, enrollment=learner.pk, lesson=elsewhere.pk, percent=Decimal(1))
    assert all_rows() == before


def test_a_lesson_that_is_not_published_is_refused(learner: Enrollment, actor_of: Any, all_rows: Any) -> None:
    hidden = make.make_lesson(course=learner.course, is_published=False)
    module = make.make_module(course=learner.course, is_published=False)
    within = make.make_lesson(module=module)
    actor = actor_of(learner.user)
    before = all_rows()
    for lesson in (hidden, within):
        with pytest.raises(rules.LessonNotPublished):
            record_lesson_progress(actor=actor, enrollment=learner.pk, lesson=lesson.pk, percent=Decimal(1))
    assert all_rows() == before


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"state": "invited"}, "is invited"),
        ({"state": "suspended"}, "is suspended"),
        ({"state": "completed"}, "is completed"),
        ({"state": "withdrawn"}, "is withdrawn"),
        ({"starts_at": timezone.now() + make.DAY}, "has not begun"),
        ({"ends_at": timezone.now() - make.DAY}, "has ended"),
    ],
)
def test_only_active_enrollments_progress(columns: dict[str, Any], reason: str, actor_of: Any, all_rows: Any) -> None:
    learner = make.make_enrollment(**columns)
    lesson = make.make_lesson(course=learner.course)
    actor = actor_of(make_administrator(learner.organization))
    before = all_rows()
    with pytest.raises(rules.EnrollmentNotActive) as refused:
        record_lesson_progress(actor=actor, enrollment=learner.pk, lesson=lesson.pk, percent=Decimal(1))
    assert refused.value.message == f"Progress is recorded for active enrollments; this one {reason}."
    assert all_rows() == before


def test_staff_administrators_and_keys_record_it_for_others(learner: Enrollment, lesson: Any, actor_of: Any) -> None:
    tenants = frozenset({learner.organization_id})
    actors = [
        actor_of(make.make_person(learner.offering, EnrollmentRole.INSTRUCTOR)),
        actor_of(make.make_person(learner.offering, EnrollmentRole.ASSISTANT)),
        actor_of(make_administrator(learner.organization)),
        Actor(api_key_id=lesson.pk, organizations=tenants, administers=tenants),
    ]
    for percent, actor in enumerate(actors, start=1):
        progress = record_lesson_progress(
            actor=actor, enrollment=learner.pk, lesson=lesson.pk, percent=Decimal(percent)
        )
        assert progress.percent == percent


def test_others_record_nothing(learner: Enrollment, lesson: Any, actor_of: Any, all_rows: Any) -> None:
    offering = learner.offering
    listing = make.make_cross_listing(
        section=make.make_section(offering=offering), host=make.make_offering(organization=offering.organization)
    )
    Enrollment.objects.filter(pk=learner.pk).update(section=listing.section)
    unseen = [
        ANONYMOUS,
        actor_of(make_administrator(make.make_organization())),
        *(
            actor_of(make.make_person(offering, role))
            for role in (EnrollmentRole.LEARNER, EnrollmentRole.DESIGNER, EnrollmentRole.OBSERVER)
        ),
    ]
    host = actor_of(make.make_person(listing.host, EnrollmentRole.INSTRUCTOR))
    before = all_rows()
    for actor in unseen:
        with pytest.raises(EnrollmentNotFound):
            record_lesson_progress(actor=actor, enrollment=learner.pk, lesson=lesson.pk, percent=Decimal(1))
    with pytest.raises(rules.MayNotRecordProgress):
        record_lesson_progress(actor=host, enrollment=learner.pk, lesson=lesson.pk, percent=Decimal(1))
    assert all_rows() == before


# -- Exactness ---------------------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    total=st.integers(1, 9),
    steps=st.lists(st.tuples(st.integers(0, 8), st.integers(-500, 10_500), st.booleans()), max_size=12),
)
def test_progress_at_random_agrees_with_a_model(total: int, steps: list[tuple[int, int, bool]], actor_of: Any) -> None:
    learner = make.make_enrollment()
    lessons = [make.make_lesson(course=learner.course) for _ in range(total)]
    teacher = actor_of(make.make_person(learner.offering, EnrollmentRole.INSTRUCTOR))
    model: dict[int, Decimal] = {}
    for place, hundredths, may_lower in steps:
        lesson, percent = place % total, Decimal(hundredths).scaleb(-2)
        arguments = {"enrollment": learner.pk, "lesson": lessons[lesson].pk, "percent": percent}
        if not 0 <= percent <= 100:
            with pytest.raises(rules.ProgressUnclear):
                record_lesson_progress(actor=teacher, **arguments)
            continue
        record_lesson_progress(actor=teacher, may_lower=may_lower, **arguments)
        model[lesson] = percent if may_lower else max(percent, model.get(lesson, Decimal(0)))
        done = sum(value == 100 for value in model.values())
        exact = Fraction(100 * done, total)
        stored, completed, of, _ = course_progress(learner)
        assert (completed, of) == (done, total)
        assert Fraction(stored) <= exact < Fraction(stored) + Fraction(1, 100)
    rows = LessonProgress.objects.filter(enrollment=learner).values_list("lesson", "percent")
    assert dict(rows) == {lessons[lesson].pk: percent for lesson, percent in model.items()}
