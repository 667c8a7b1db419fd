"""The admin's pages of learning: they open, at a price that does not grow, and their actions are operations."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lms.models import Course, CourseState, Enrollment, EnrollmentState, GradeChange
from tests.accounts.factories import make_auditor, make_platform_administrator
from tests.lms import factories as make

pytestmark = pytest.mark.django_db

every_model = pytest.mark.parametrize("model", make.MAKERS, ids=lambda model: model.__name__)


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(make_platform_administrator())
    return client


def queries_of(client: Client, address: str) -> tuple[int, str]:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code == 200
    return len(queries), answer.content.decode()


@every_model
def test_a_list_opens_at_a_constant_price(model: Any, root: Client) -> None:
    address = reverse(f"admin:lms_{model._meta.model_name}_changelist")
    tenant = make.make_organization()
    make.MAKERS[model](organization=tenant)
    few, _ = queries_of(root, address)
    for _ in range(5):
        row = make.MAKERS[model](organization=tenant)
    many, page = queries_of(root, address)
    assert many == few <= 12
    assert str(row.pk) in page
    searched, _ = queries_of(root, address + "?q=a")
    assert searched <= 12


@every_model
def test_a_row_opens_and_cannot_be_changed(model: Any, root: Client) -> None:
    row = make.MAKERS[model]()
    price, page = queries_of(root, reverse(f"admin:lms_{model._meta.model_name}_change", args=[row.pk]))
    assert price <= 12
    assert str(row.pk) in page
    assert 'name="_save"' not in page


def fill_category() -> Any:
    top = make.make_category()
    for _ in range(4):
        make.make_category(parent=top)
        make.make_course(category=top)
    return top


def fill_course() -> Any:
    course = make.make_course()
    for _ in range(4):
        lesson = make.make_lesson(course=course)
        make.make_offering(course=course, term=make.make_term(organization=course.organization))
        make.make_prerequisite(course=course)
        make.make_lesson_prerequisite(lesson=lesson)
        make.make_scale(course=course)
    return course


def fill_offering() -> Any:
    offering = make.make_offering()
    make.make_late_policy(offering=offering)
    for _ in range(4):
        section = make.make_section(offering=offering)
        make.make_cross_listing(host=offering)
        make.make_enrollment(offering=offering, section=section)
        make.make_grade_item(offering=offering)
    return offering


def fill_enrollment() -> Any:
    enrollment = make.make_enrollment()
    make.make_course_progress(enrollment=enrollment)
    for _ in range(4):
        make.make_lesson_progress(enrollment=enrollment)
        make.make_grade(item=make.make_grade_item(offering=enrollment.offering), enrollment=enrollment)
        make.make_group_member(group=make.make_group(offering=enrollment.offering), enrollment=enrollment)
    return enrollment


def fill_lesson() -> Any:
    lesson = make.make_lesson()
    for _ in range(4):
        make.make_lesson_prerequisite(lesson=lesson)
        enrollment = make.make_enrollment(offering=make.make_offering(course=lesson.course))
        make.make_lesson_progress(lesson=lesson, enrollment=enrollment)
    return lesson


def fill_grade_item() -> Any:
    item = make.make_grade_item()
    for _ in range(4):
        make.make_grade(item=item)
    return item


@pytest.mark.parametrize(
    "fill", [fill_category, fill_course, fill_offering, fill_enrollment, fill_lesson, fill_grade_item]
)
def test_a_row_with_many_relations_costs_no_more(fill: Any, root: Client) -> None:
    row = fill()
    price, _ = queries_of(root, reverse(f"admin:lms_{row._meta.model_name}_change", args=[row.pk]))
    assert price <= 12


def act(client: Client, name: str, action: str, *rows: Any) -> list[str]:
    answer = client.post(
        reverse(f"admin:lms_{name}_changelist"),
        {"action": action, "_selected_action": [str(row.pk) for row in rows]},
        follow=True,
    )
    return sorted(str(message) for message in answer.context["messages"])


def test_courses_are_published_by_an_action(root: Client) -> None:
    ready, empty = make.make_draft(), make.make_draft()
    make.make_lesson(course=ready)
    assert act(root, "course", "publish_course", ready, empty) == [
        "1 courses published.",
        f"The course {empty.title} has no published lesson in a published module; publish one first.",
    ]
    assert dict(Course.objects.values_list("pk", "state")) == {
        ready.pk: CourseState.PUBLISHED,
        empty.pk: CourseState.DRAFT,
    }


@pytest.mark.parametrize(
    ("begin", "state", "done"),
    [
        (EnrollmentState.INVITED, EnrollmentState.ACTIVE, "1 made active."),
        (EnrollmentState.ACTIVE, EnrollmentState.SUSPENDED, "1 suspended."),
        (EnrollmentState.ACTIVE, EnrollmentState.COMPLETED, "1 completed."),
        (EnrollmentState.ACTIVE, EnrollmentState.WITHDRAWN, "1 withdrawn."),
    ],
)
def test_enrollments_change_state_by_actions(
    begin: EnrollmentState, state: EnrollmentState, done: str, root: Client
) -> None:
    ready = make.make_enrollment(state=begin)
    gone = make.make_enrollment(state=EnrollmentState.WITHDRAWN)
    said = act(root, "enrollment", f"make_{state}", ready, gone)
    assert said == [done, f"An enrollment that is withdrawn cannot become {state}."]
    assert Enrollment.objects.get(pk=ready.pk).state == state


def test_an_auditor_looks_and_changes_nothing(client: Client) -> None:
    grade = make.make_grade()
    client.force_login(make_auditor())
    assert client.get(reverse("admin:lms_grade_change", args=[grade.pk])).status_code == 200
    assert client.get(reverse("admin:lms_grade_add")).status_code == 403
    assert client.post(reverse("admin:lms_grade_change", args=[grade.pk]), {"points": "1"}).status_code == 403
    enrollment = grade.enrollment
    act(client, "enrollment", "make_suspended", enrollment)
    assert Enrollment.objects.get(pk=enrollment.pk).state == EnrollmentState.ACTIVE
    assert GradeChange.objects.count() == 1
