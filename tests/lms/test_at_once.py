"""Two and more at the same time, each on a connection of its own: rules hold whoever comes first."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lms.models import (
    CourseProgress,
    Enrollment,
    EnrollmentRole,
    EnrollmentState,
    Grade,
    GradeChange,
    GradingPeriod,
    LessonProgress,
)
from lms.operations import (
    change_enrollment_state,
    enrol_user,
    publish_course,
    record_grade,
    record_lesson_progress,
)
from tests.accounts.factories import make_administrator
from tests.lms import factories as make


def test_two_periods_at_once_do_not_overlap(committed: None, at_once: Any) -> None:
    term = make.make_term()

    def begin() -> GradingPeriod:
        return make.make_grading_period(term=term, starts_at=make.AT, ends_at=make.AT + make.DAY)

    results = at_once(begin, begin, begin)
    assert sorted(type(result).__name__ for result in results) == ["GradingPeriod", "IntegrityError", "IntegrityError"]


def test_two_prerequisites_at_once_close_no_ring(committed: None, at_once: Any) -> None:
    here = make.make_course()
    there = make.make_course(organization=here.organization)
    results = at_once(
        lambda: make.make_prerequisite(course=here, required_course=there),
        lambda: make.make_prerequisite(course=there, required_course=here),
    )
    assert sorted(type(result).__name__ for result in results) == ["IntegrityError", "Prerequisite"]


def test_two_who_publish_at_once_publish_once(committed: None, at_once: Any, actor_of: Any) -> None:
    course = make.make_draft()
    make.make_lesson(course=course)
    actor = actor_of(make_administrator(course.organization))
    results = at_once(*[lambda: publish_course(actor=actor, course=course.pk)] * 2)
    assert sorted(type(result).__name__ for result in results) == ["Course", "CourseAlreadyPublished"]


def test_the_last_place_is_given_once(committed: None, at_once: Any, actor_of: Any) -> None:
    offering = make.make_offering(capacity=2)
    administrator = actor_of(make_administrator(offering.organization))
    people = [make.make_member(offering.organization) for _ in range(6)]
    results = at_once(
        *[
            lambda person=person: enrol_user(actor=administrator, offering=offering.pk, user=person.pk)
            for person in people
        ]
    )
    kinds = sorted(type(result).__name__ for result in results)
    assert kinds == ["Enrollment"] * 2 + ["OfferingFull"] * 4
    assert Enrollment.objects.count() == 2


def test_a_person_enrolled_twice_at_once_is_enrolled_once(committed: None, at_once: Any, actor_of: Any) -> None:
    offering = make.make_offering()
    administrator = actor_of(make_administrator(offering.organization))
    person = make.make_member(offering.organization)
    results = at_once(*[lambda: enrol_user(actor=administrator, offering=offering.pk, user=person.pk)] * 4)
    kinds = sorted(type(result).__name__ for result in results)
    assert kinds == ["AlreadyEnrolled"] * 3 + ["Enrollment"]


def test_two_changes_at_once_follow_each_other(committed: None, at_once: Any, actor_of: Any) -> None:
    enrollment = make.make_enrollment()
    administrator = actor_of(make_administrator(enrollment.organization))
    results = at_once(
        *[
            lambda state=state: change_enrollment_state(actor=administrator, enrollment=enrollment.pk, state=state)
            for state in (EnrollmentState.COMPLETED, EnrollmentState.WITHDRAWN)
        ]
    )
    assert sorted(type(result).__name__ for result in results) == ["Enrollment", "NoSuchTransition"]
    (reached,) = (result for result in results if isinstance(result, Enrollment))
    assert Enrollment.objects.get().state == reached.state


def test_lessons_finished_at_once_are_all_counted(committed: None, at_once: Any, actor_of: Any) -> None:
    learner = make.make_enrollment()
    lessons = [make.make_lesson(course=learner.course) for _ in range(7)]
    actor = actor_of(learner.user)
    results = at_once(
        *[
            lambda lesson=lesson: record_lesson_progress(
                actor=actor, enrollment=learner.pk, lesson=lesson.pk, percent=Decimal(100), seconds_spent=1
            )
            for lesson in lessons[:6]
        ]
    )
    assert {type(result) for result in results} == {LessonProgress}
    course = CourseProgress.objects.get()
    assert (course.percent, course.completed_lessons, course.total_lessons) == (Decimal("85.71"), 6, 7)


def test_one_lesson_recorded_by_many_at_once_is_one_row(committed: None, at_once: Any, actor_of: Any) -> None:
    learner = make.make_enrollment()
    lesson = make.make_lesson(course=learner.course)
    actor = actor_of(learner.user)
    at_once(
        *[
            lambda percent=percent: record_lesson_progress(
                actor=actor, enrollment=learner.pk, lesson=lesson.pk, percent=Decimal(percent), seconds_spent=10
            )
            for percent in (10, 90, 50, 70)
        ]
    )
    progress = LessonProgress.objects.get()
    assert (progress.percent, progress.seconds_spent) == (Decimal(90), 40)


def test_grades_given_at_once_are_one_grade_with_a_whole_history(committed: None, at_once: Any, actor_of: Any) -> None:
    item = make.make_grade_item()
    learner = make.make_enrollment(offering=item.offering)
    actor = actor_of(make.make_person(item.offering, EnrollmentRole.INSTRUCTOR))
    at_once(
        *[
            lambda points=points: record_grade(
                actor=actor, grade_item=item.pk, enrollment=learner.pk, points=Decimal(points)
            )
            for points in (1, 2, 3, 4)
        ]
    )
    changes = list(GradeChange.objects.order_by("pk").values_list("old_points", "new_points"))
    assert [old for old, _ in changes] == [None, *(new for _, new in changes[:-1])]
    assert sorted(new for _, new in changes) == [1, 2, 3, 4]
    assert Grade.objects.get().points == changes[-1][1]
