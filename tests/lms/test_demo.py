"""The demo's rows: believable, connected, and the same however often they are made."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.db import connection

import accounts.demo
import lms.demo
from lms.models import (
    CourseProgress,
    Enrollment,
    EnrollmentState,
    Grade,
    GradeChange,
    GroupMember,
    Lesson,
    LessonProgress,
)
from tests.lms import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo() -> Any:
    made = accounts.demo.make_demo()
    lms.demo.make_demo(made)
    connection.check_constraints()
    return made


def test_there_are_rows_of_every_kind_in_the_demo_organization_alone(demo: Any) -> None:
    for model in make.MAKERS:
        tenants = Counter(model._base_manager.values_list("organization_id", flat=True))
        assert set(tenants) == {demo.organization.pk}, model
    assert Lesson.objects.count() == 18
    assert Counter(Enrollment.objects.filter(role="learner").values_list("state", flat=True)) == {
        EnrollmentState.ACTIVE: 17,
        EnrollmentState.INVITED: 2,
        EnrollmentState.COMPLETED: 1,
        EnrollmentState.WITHDRAWN: 1,
        EnrollmentState.SUSPENDED: 1,
    }


def test_made_again_nothing_changes(demo: Any, all_rows: Any) -> None:
    before = all_rows()
    lms.demo.make_demo(accounts.demo.make_demo())
    assert all_rows() == before


def test_what_was_changed_meanwhile_stays_and_what_is_missing_comes_back(demo: Any) -> None:
    GroupMember.objects.all().delete()
    Grade.objects.exclude(pk=Grade.objects.earliest("pk").pk).update(points=1)
    leader = Enrollment.objects.filter(role="learner", state="active").earliest("pk")
    Enrollment.objects.filter(pk=leader.pk).update(state="withdrawn", withdrawn_at=lms.demo.TERM_ENDS)
    changes = GradeChange.objects.count()
    lms.demo.make_demo(accounts.demo.make_demo())
    leader.refresh_from_db()
    assert leader.state == "withdrawn"
    assert GroupMember.objects.filter(is_leader=True).count() == 2
    assert not GroupMember.objects.filter(enrollment=leader).exists()
    assert GradeChange.objects.count() == changes


def test_the_course_follows_from_the_lessons(demo: Any) -> None:
    assert CourseProgress.objects.count() == 20
    for progress in CourseProgress.objects.select_related("enrollment"):
        required = Lesson.objects.filter(course=progress.enrollment.course_id, is_required=True)
        done = LessonProgress.objects.filter(enrollment=progress.enrollment, status="completed", lesson__in=required)
        assert (progress.completed_lessons, progress.total_lessons) == (done.count(), required.count())


def test_a_corrected_grade_has_a_history(demo: Any) -> None:
    corrected = GradeChange.objects.filter(reason=lms.demo.REASON)
    assert corrected.count() == 3
    for change in corrected:
        assert change.old_points is not None
        assert change.new_points == change.old_points + 1
        assert change.changed_by == demo.instructors[0]
