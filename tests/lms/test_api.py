"""Learning over HTTP: what is shown, to whom, and what may be done."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from azora.kernel.rest import Resource
from lms import api
from lms.models import Course, CourseProgress, Enrollment, EnrollmentRole, Grade, LessonProgress
from tests.accounts.factories import key_text, make_administrator, make_api_key
from tests.lms import factories as make

pytestmark = pytest.mark.django_db

RESOURCES: list[Any] = [getattr(api, name) for name in api.__all__]

every_resource = pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.noun)


def with_key(organization: Organization, *scopes: str) -> Client:
    key = make_api_key(organization=organization, scopes=list(scopes))
    return Client(headers={"authorization": f"Bearer {key_text(key)}"})


def with_session(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def posted(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"/api/v1/{path}/", body, content_type="application/json")


def test_every_model_is_shown_whole() -> None:
    assert {resource.model for resource in RESOURCES} == set(make.MAKERS)
    for resource in RESOURCES:
        assert issubclass(resource, Resource)
        assert set(resource.fields) == {field.name for field in resource.model._meta.concrete_fields}


@every_resource
def test_a_tenant_sees_its_own_and_no_other(resource: Any) -> None:
    here, there = make.make_organization(), make.make_organization()
    mine, theirs = (make.MAKERS[resource.model](organization=tenant) for tenant in (here, there))
    client = with_key(here, f"lms.{resource.noun}:read")
    path = f"/api/v1/{resource.noun}/"
    listed = client.get(path).json()["data"]
    assert str(mine.pk) in {row["id"] for row in listed}
    assert {row["organization"] for row in listed} == {str(here.pk)}
    row = client.get(f"{path}{mine.pk}/").json()
    assert list(row) == list(resource.fields)
    assert client.get(f"{path}{theirs.pk}/").status_code == 404
    assert client.get(f"{path}?organization={there.pk}").json()["data"] == []
    assert Client().get(path).status_code == 401
    assert with_key(here, "accounts:read", "lms:write").get(path).status_code == 403


@every_resource
def test_a_list_costs_the_same_however_long(resource: Any) -> None:
    tenant = make.make_organization()
    client = with_key(tenant, "*:read")
    prices = []
    for _ in range(2):
        for _ in range(3):
            make.MAKERS[resource.model](organization=tenant)
        client.get(f"/api/v1/{resource.noun}/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/api/v1/{resource.noun}/").status_code == 200
        prices.append(len(queries))
    assert prices[0] == prices[1] <= 3


def test_a_course_is_made_and_published() -> None:
    tenant = make.make_organization()
    client = with_key(tenant, "lms.courses:write")
    made = posted(client, "courses", {"organization": str(tenant.pk), "code": "LAW-1", "title": "Law"})
    assert made.status_code == 201
    assert (made.json()["code"], made.json()["state"]) == ("LAW-1", "draft")
    again = posted(client, "courses", {"organization": str(tenant.pk), "code": "law-1", "title": "Law"})
    assert (again.status_code, again.json()["code"]) == (409, "lms.course_code")
    course = Course.objects.get()
    empty = posted(client, f"courses/{course.pk}/publish", {})
    assert (empty.status_code, empty.json()["code"]) == (409, "lms.course_without_lessons")
    make.make_lesson(course=course)
    published = posted(client, f"courses/{course.pk}/publish", {})
    assert (published.status_code, published.json()["state"]) == (200, "published")
    too_long = posted(client, "courses", {"organization": str(tenant.pk), "code": "x" * 101, "title": "Law"})
    assert too_long.status_code == 400
    assert Course.objects.count() == 1


def test_someone_is_enrolled_studies_and_is_graded() -> None:
    offering = make.make_offering()
    tenant = offering.organization
    lesson = make.make_lesson(course=offering.course)
    learner = make.make_member(tenant)
    service = with_key(tenant, "lms:write", "lms:read")
    enrolled = posted(service, "enrollments", {"offering": str(offering.pk), "user": str(learner.pk), "source": "sis"})
    assert enrolled.status_code == 201
    assert (enrolled.json()["state"], enrolled.json()["source"]) == ("active", "sis")
    enrollment = Enrollment.objects.get()
    own = with_session(learner)
    path = f"enrollments/{enrollment.pk}/record-lesson-progress"
    progress = posted(own, path, {"lesson": str(lesson.pk), "percent": "100"})
    assert (progress.status_code, progress.json()["status"]) == (200, "completed")
    (shown,) = own.get("/api/v1/course-progress/").json()["data"]
    assert (shown["percent"], shown["rule"]) == ("100.00", "lessons")
    item = make.make_grade_item(offering=offering)
    teacher = with_session(make.make_person(offering, EnrollmentRole.INSTRUCTOR))
    graded = posted(teacher, f"grade-items/{item.pk}/grade", {"enrollment": str(enrollment.pk), "points": "87.5"})
    assert (graded.status_code, graded.json()["points"]) == (200, "87.50000")
    assert [row["points"] for row in own.get("/api/v1/grades/").json()["data"]] == ["87.50000"]
    refused = posted(own, f"grade-items/{item.pk}/grade", {"enrollment": str(enrollment.pk), "points": "100"})
    assert (refused.status_code, refused.json()["code"]) == (403, "lms.may_not_grade")
    assert Grade.objects.get().points == Decimal("87.5")
    done = posted(teacher, f"enrollments/{enrollment.pk}/change-state", {"state": "completed"})
    assert (done.status_code, done.json()["state"]) == (200, "completed")
    over = posted(own, f"enrollments/{enrollment.pk}/change-state", {"state": "withdrawn"})
    assert (over.status_code, over.json()["code"]) == (403, "lms.may_not_change_enrollment")


def test_a_stranger_changes_nothing(all_rows: Any) -> None:
    enrollment = make.make_enrollment()
    lesson = make.make_lesson(course=enrollment.course)
    elsewhere = make.make_organization()
    before = all_rows()
    for client in (with_key(elsewhere, "*:write"), with_session(make_administrator(elsewhere))):
        for path, body in (
            (f"courses/{enrollment.course_id}/publish", {}),
            (f"enrollments/{enrollment.pk}/change-state", {"state": "withdrawn"}),
            (f"enrollments/{enrollment.pk}/record-lesson-progress", {"lesson": str(lesson.pk), "percent": "1"}),
            ("enrollments", {"offering": str(enrollment.offering_id), "user": str(enrollment.user_id)}),
        ):
            assert posted(client, path, body).status_code == 404
    reader = with_key(enrollment.organization, "*:read")
    assert posted(reader, f"enrollments/{enrollment.pk}/change-state", {"state": "withdrawn"}).status_code == 403
    assert all_rows() == before


def test_the_same_request_twice_counts_once() -> None:
    enrollment = make.make_enrollment()
    lesson = make.make_lesson(course=enrollment.course)
    client = with_session(enrollment.user)
    answers = [
        client.post(
            f"/api/v1/enrollments/{enrollment.pk}/record-lesson-progress/",
            {"lesson": str(lesson.pk), "percent": "50", "seconds_spent": 60},
            content_type="application/json",
            headers={"idempotency-key": "one"},
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert LessonProgress.objects.get().seconds_spent == 60
    assert CourseProgress.objects.count() == 1
