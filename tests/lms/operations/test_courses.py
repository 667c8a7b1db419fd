"""Courses are made and published by those who may."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.authority import OrganizationAdministratorsOnly, OrganizationNotFound
from azora.kernel.actor import ANONYMOUS, Actor
from azora.kernel.errors import Conflict, Refusal
from azora.kernel.values import FieldsRefused
from lms.models import Course, CourseState, EnrollmentRole, Visibility
from lms.operations import create_course, publish_course
from lms.operations.courses import (
    CategoryNotFound,
    CourseAlreadyPublished,
    CourseDesignersOnly,
    CourseNotFound,
    CourseWithoutLessons,
)
from tests.accounts.factories import make_administrator, make_api_key, make_platform_administrator
from tests.lms import factories as make

pytestmark = pytest.mark.django_db


def key_of(organization: Any) -> Actor:
    tenants = frozenset({organization.pk})
    return Actor(api_key_id=make_api_key(organization=organization).pk, organizations=tenants, administers=tenants)


def test_an_administrator_makes_a_course(actor_of: Any) -> None:
    tenant = make.make_organization()
    category = make.make_category(organization=tenant)
    course = create_course(
        actor=actor_of(make_administrator(tenant)),
        organization=tenant.pk,
        code=" LAW-1 ",
        title="Law",
        language="nb",
        category=category.pk,
        visibility=Visibility.ENROLLED,
        starts_at=make.AT,
        ends_at=make.AT + make.DAY,
    )
    stored = Course.objects.get()
    assert stored == course
    assert (stored.organization, stored.category, stored.code, stored.title) == (tenant, category, "LAW-1", "Law")
    assert (stored.state, stored.visibility, stored.language) == ("draft", "enrolled", "nb")
    assert (stored.starts_at, stored.ends_at, stored.published_at) == (make.AT, make.AT + make.DAY, None)


def test_a_key_and_the_platform_make_courses_too(actor_of: Any) -> None:
    tenant = make.make_organization()
    for number, actor in enumerate([key_of(tenant), actor_of(make_platform_administrator())]):
        create_course(actor=actor, organization=tenant.pk, code=f"C{number}", title="Course")
    assert Course.objects.filter(organization=tenant).count() == 2


@pytest.mark.parametrize("who", ["member", "stranger", "nobody", "instructor"])
def test_others_make_none(who: str, actor_of: Any, all_rows: Any) -> None:
    offering = make.make_offering()
    tenant = offering.organization
    actors = {
        "member": lambda: actor_of(make.make_member(tenant)),
        "stranger": lambda: actor_of(make_administrator(make.make_organization())),
        "nobody": lambda: ANONYMOUS,
        "instructor": lambda: actor_of(make.make_person(offering, EnrollmentRole.INSTRUCTOR)),
    }
    actor = actors[who]()
    before = all_rows()
    expected = OrganizationNotFound if who in {"stranger", "nobody"} else OrganizationAdministratorsOnly
    with pytest.raises(expected):
        create_course(actor=actor, organization=tenant.pk, code="C", title="Course")
    assert all_rows() == before


@pytest.mark.parametrize(
    ("columns", "refusal", "message"),
    [
        ({"title": "   "}, FieldsRefused, "What was given is refused: title: This field cannot be blank."),
        (
            {"code": "x" * 101},
            FieldsRefused,
            "What was given is refused: code: Ensure this value has at most 100 characters (it has 101).",
        ),
        ({"ends_at": make.AT - make.DAY, "starts_at": make.AT}, Conflict, "ends_at must be after starts_at."),
        ({"language": "pt_BR"}, Conflict, "The language must be a BCP 47 tag, as en or pt-BR."),
        ({"code": "taken"}, Conflict, "There is a course with this code already."),
    ],
)
def test_what_makes_no_course_is_refused_in_words(
    columns: dict[str, Any], refusal: type[Refusal], message: str, actor_of: Any, all_rows: Any
) -> None:
    tenant = make.make_organization()
    make.make_course(organization=tenant, code="TAKEN")
    actor = actor_of(make_administrator(tenant))
    before = all_rows()
    with pytest.raises(refusal) as refused:
        create_course(actor=actor, organization=tenant.pk, **{"code": "C", "title": "Course", **columns})
    assert refused.value.message == message
    assert all_rows() == before


def test_a_category_of_another_tenant_is_not_found(actor_of: Any, all_rows: Any) -> None:
    tenant = make.make_organization()
    administrator = make_administrator(tenant)
    elsewhere = make.make_category()
    before = all_rows()
    for actor in (actor_of(administrator), actor_of(make_platform_administrator())):
        with pytest.raises(CategoryNotFound):
            create_course(actor=actor, organization=tenant.pk, code="C", title="Course", category=elsewhere.pk)
    assert all_rows() == before


def draft_with_a_lesson(**columns: Any) -> Course:
    course = make.make_draft(**columns)
    make.make_lesson(course=course)
    return course


def test_an_administrator_publishes_once(actor_of: Any, all_rows: Any) -> None:
    course = draft_with_a_lesson()
    actor = actor_of(make_administrator(course.organization))
    published = publish_course(actor=actor, course=course.pk)
    assert published.state == CourseState.PUBLISHED
    assert published.published_at is not None
    assert Course.objects.get(pk=course.pk).published_at == published.published_at
    before = all_rows()
    with pytest.raises(CourseAlreadyPublished) as refused:
        publish_course(actor=actor, course=course.pk)
    assert refused.value.message == f"The course {course.title} is published already."
    assert refused.value.code == "lms.course_already_published"
    assert all_rows() == before


def test_an_archived_course_comes_back(actor_of: Any) -> None:
    course = draft_with_a_lesson(state=CourseState.ARCHIVED, archived_at=make.AT)
    published = publish_course(actor=actor_of(make_administrator(course.organization)), course=course.pk)
    assert (published.state, published.archived_at) == (CourseState.PUBLISHED, None)


@pytest.mark.parametrize("columns", [{"is_published": False}, {"module__is_published": False}])
def test_a_course_without_anything_to_learn_is_not_published(
    columns: dict[str, bool], actor_of: Any, all_rows: Any
) -> None:
    course = make.make_draft()
    module = make.make_module(course=course, is_published=columns.get("module__is_published", True))
    make.make_lesson(module=module, is_published=columns.get("is_published", True))
    actor = actor_of(make_administrator(course.organization))
    before = all_rows()
    with pytest.raises(CourseWithoutLessons):
        publish_course(actor=actor, course=course.pk)
    assert all_rows() == before


def test_a_designer_publishes_and_other_roles_do_not(actor_of: Any, all_rows: Any) -> None:
    course = draft_with_a_lesson()
    offering = make.make_offering(course=course)
    others = [make.make_person(offering, role) for role in EnrollmentRole if role != EnrollmentRole.DESIGNER]
    designer = make.make_person(offering, EnrollmentRole.DESIGNER)
    elsewhere = make.make_person(make.make_offering(organization=course.organization), EnrollmentRole.DESIGNER)
    before = all_rows()
    for person in others:
        with pytest.raises(CourseDesignersOnly):
            publish_course(actor=actor_of(person), course=course.pk)
    with pytest.raises(CourseNotFound):
        publish_course(actor=actor_of(elsewhere), course=course.pk)
    assert all_rows() == before
    assert publish_course(actor=actor_of(designer), course=course.pk).state == CourseState.PUBLISHED


def test_a_stranger_does_not_learn_that_a_course_is_there(actor_of: Any, all_rows: Any) -> None:
    course = draft_with_a_lesson()
    stranger = actor_of(make_administrator(make.make_organization()))
    before = all_rows()
    for actor in (stranger, ANONYMOUS):
        with pytest.raises(CourseNotFound) as refused:
            publish_course(actor=actor, course=course.pk)
        assert refused.value.message == "There is no such course."
    assert all_rows() == before
