"""What each actor sees of learning: by tenant, by role, by state, by query."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models import Model, QuerySet

from azora.kernel.actor import ANONYMOUS, Actor
from lms import queries
from lms.models import CourseState, Enrollment, EnrollmentRole, EnrollmentState
from tests.accounts.factories import make_administrator, make_membership, make_platform_administrator, make_user
from tests.lms import factories as make

pytestmark = pytest.mark.django_db

QUERIES = {
    name: query for name, query in vars(queries).items() if name.endswith("_visible_to") and inspect.isfunction(query)
}
MODELS = {query(actor=ANONYMOUS).model: name for name, query in QUERIES.items()}


def all_of(model: type[Model]) -> set[Any]:
    return set(model._base_manager.values_list("pk", flat=True))


def seen(name: str, actor: Actor) -> set[Any]:
    rows: QuerySet[Any] = QUERIES[name](actor=actor)
    keys = list(rows.values_list("pk", flat=True))
    assert len(keys) == len(set(keys)), f"{name} gives a row twice"
    return set(keys)


@pytest.fixture
def rows() -> dict[type[Model], Any]:
    """A row of every model in one organization."""
    tenant = make.make_organization()
    return {model: maker(organization=tenant) for model, maker in make.MAKERS.items()}


def test_every_model_has_its_query() -> None:
    assert set(MODELS) == set(make.MAKERS)


@pytest.mark.parametrize("name", QUERIES)
def test_whole_tenants_are_seen_by_those_who_run_them(name: str, rows: dict[Any, Any], actor_of: Any) -> None:
    model = QUERIES[name](actor=ANONYMOUS).model
    tenant = rows[model].organization
    elsewhere = make.MAKERS[model]()
    here = all_of(model) - set(model._base_manager.exclude(organization=tenant).values_list("pk", flat=True))
    tenants = frozenset({tenant.pk})
    assert seen(name, ANONYMOUS) == set()
    assert seen(name, actor_of(make_user())) == set()
    assert seen(name, actor_of(make_administrator(tenant))) == here
    assert seen(name, Actor(api_key_id=tenant.pk, organizations=tenants, administers=tenants)) == here
    assert seen(name, actor_of(make_platform_administrator())) == all_of(model)
    assert elsewhere.pk in seen(name, actor_of(make_administrator(elsewhere.organization)))
    assert here.isdisjoint(seen(name, actor_of(make_administrator(elsewhere.organization))))


@pytest.mark.parametrize("name", QUERIES)
def test_a_list_is_one_query(name: str, rows: dict[Any, Any], actor_of: Any, django_assert_num_queries: Any) -> None:
    instructor = actor_of(make.make_person(rows[Enrollment].offering, EnrollmentRole.INSTRUCTOR))
    with django_assert_num_queries(1):
        list(QUERIES[name](actor=instructor))


def test_one_who_administers_here_and_learns_there_sees_both(actor_of: Any) -> None:
    here, there = make.make_organization(), make.make_organization()
    administrator = make_administrator(here)
    make.make_enrollment(organization=here)
    other = make.make_enrollment(organization=there)
    make_membership(organization=there, user=administrator)
    own = make.make_enrollment(organization=there, user=administrator)
    assert seen("enrollments_visible_to", actor_of(administrator)) == all_of(Enrollment) - {other.pk}
    assert own.pk in seen("enrollments_visible_to", actor_of(administrator))


def test_who_left_the_organization_sees_nothing_of_it(actor_of: Any) -> None:
    enrollment = make.make_enrollment()
    assert seen("courses_visible_to", actor_of(enrollment.user)) == {enrollment.course_id}
    enrollment.user.memberships.update(state="suspended")
    for name in QUERIES:
        assert seen(name, actor_of(enrollment.user)) == set()


# -- Courses -----------------------------------------------------------------------------------------------------------


def test_members_see_published_courses_and_their_own(actor_of: Any) -> None:
    tenant = make.make_organization()
    published = make.make_course(organization=tenant)
    closed = make.make_course(organization=tenant, visibility="enrolled")
    draft = make.make_draft(organization=tenant)
    archived = make.make_course(organization=tenant, state=CourseState.ARCHIVED, archived_at=make.AT)
    member = make.make_member(tenant)
    assert seen("courses_visible_to", actor_of(member)) == {published.pk}
    for course in (closed, draft, archived):
        make.make_enrollment(offering=make.make_offering(course=course), user=member)
    assert seen("courses_visible_to", actor_of(member)) == {published.pk, closed.pk, draft.pk, archived.pk}


@pytest.mark.parametrize("state", list(EnrollmentState))
def test_an_enrollment_opens_a_course_by_its_state(state: EnrollmentState, actor_of: Any) -> None:
    """Any but a withdrawn one shows the course, an active or completed one its lessons and gradebook."""
    course = make.make_course(visibility="enrolled")
    lesson = make.make_lesson(course=course)
    enrollment = make.make_enrollment(offering=make.make_offering(course=course), state=state)
    item = make.make_grade_item(offering=enrollment.offering, lesson=lesson)
    group = make.make_group(offering=enrollment.offering)
    actor = actor_of(enrollment.user)
    shown = state != EnrollmentState.WITHDRAWN
    entitled = state in {EnrollmentState.ACTIVE, EnrollmentState.COMPLETED}
    assert (course.pk in seen("courses_visible_to", actor)) == shown
    assert (enrollment.offering_id in seen("offerings_visible_to", actor)) == shown
    assert (lesson.module_id in seen("modules_visible_to", actor)) == shown
    assert (lesson.pk in seen("lessons_visible_to", actor)) == entitled
    assert (item.pk in seen("grade_items_visible_to", actor)) == entitled
    assert (group.pk in seen("groups_visible_to", actor)) == entitled
    assert enrollment.pk in seen("enrollments_visible_to", actor)


@pytest.mark.parametrize("role", list(EnrollmentRole))
def test_staff_see_what_is_not_published(role: EnrollmentRole, actor_of: Any) -> None:
    course = make.make_course()
    shown = make.make_lesson(course=course)
    hidden = make.make_lesson(module=shown.module, is_published=False)
    module = make.make_module(course=course, is_published=False)
    within = make.make_lesson(module=module)
    offering = make.make_offering(course=course, state="planned")
    actor = actor_of(make.make_person(offering, role))
    is_staff = role in {"instructor", "assistant", "designer"}
    everything = {shown.pk, hidden.pk, within.pk}
    assert seen("lessons_visible_to", actor) == (everything if is_staff else {shown.pk})
    assert seen("modules_visible_to", actor) == ({shown.module_id, module.pk} if is_staff else {shown.module_id})


def test_a_member_sees_the_outline_but_not_the_lessons(actor_of: Any) -> None:
    lesson = make.make_lesson()
    actor = actor_of(make.make_member(lesson.organization))
    assert seen("modules_visible_to", actor) == {lesson.module_id}
    assert seen("lessons_visible_to", actor) == set()


def test_members_see_visible_categories_terms_periods_and_scales(actor_of: Any) -> None:
    tenant = make.make_organization()
    category = make.make_category(organization=tenant)
    make.make_category(organization=tenant, is_visible=False)
    period = make.make_grading_period(organization=tenant)
    level = make.make_scale_level(organization=tenant)
    make.make_scale_level(scale=make.make_scale(course=make.make_draft(organization=tenant)))
    prerequisite = make.make_prerequisite(organization=tenant)
    make.make_prerequisite(course=make.make_draft(organization=tenant))
    actor = actor_of(make.make_member(tenant))
    assert seen("categories_visible_to", actor) == {category.pk}
    assert seen("terms_visible_to", actor) == {period.term_id}
    assert seen("grading_periods_visible_to", actor) == {period.pk}
    assert seen("scales_visible_to", actor) == {level.scale_id}
    assert seen("scale_levels_visible_to", actor) == {level.pk}
    assert seen("prerequisites_visible_to", actor) == {prerequisite.pk}


@pytest.mark.parametrize("state", ["planned", "open", "closed", "cancelled"])
def test_members_see_offerings_that_are_open_or_closed(state: str, actor_of: Any) -> None:
    section = make.make_section(offering=make.make_offering(state=state))
    actor = actor_of(make.make_member(section.organization))
    shown = state in {"open", "closed"}
    assert (section.offering_id in seen("offerings_visible_to", actor)) == shown
    assert (section.pk in seen("sections_visible_to", actor)) == shown


# -- People and grades -------------------------------------------------------------------------------------------------


@pytest.fixture
def classroom() -> Iterator[Any]:
    """Two learners with progress and grades in an offering, and one in another; grades of one item are not released."""
    offering = make.make_offering()
    own, other = (make.make_enrollment(offering=offering) for _ in range(2))
    far = make.make_enrollment(offering=make.make_offering(organization=offering.organization))
    progress = {row: make.make_lesson_progress(enrollment=row).pk for row in (own, other, far)}
    courses = {row: make.make_course_progress(enrollment=row).pk for row in (own, other, far)}
    released = make.make_grade_item(offering=offering)
    hidden = make.make_grade_item(offering=offering, is_released=False)
    grades = {
        (row, item): make.make_grade(item=item, enrollment=row).pk
        for row in (own, other)
        for item in (released, hidden)
    }
    return SimpleNamespace(**locals())


def test_a_learner_sees_their_own(classroom: Any, actor_of: Any) -> None:
    actor = actor_of(classroom.own.user)
    assert seen("enrollments_visible_to", actor) == {classroom.own.pk}
    assert seen("lesson_progress_visible_to", actor) == {classroom.progress[classroom.own]}
    assert seen("course_progress_visible_to", actor) == {classroom.courses[classroom.own]}
    assert seen("grades_visible_to", actor) == {classroom.grades[classroom.own, classroom.released]}
    assert seen("grade_changes_visible_to", actor) == set()


@pytest.mark.parametrize("role", list(EnrollmentRole))
def test_teachers_see_everyone_in_their_offerings(role: EnrollmentRole, classroom: Any, actor_of: Any) -> None:
    mine = make.make_enrollment(offering=classroom.offering, role=role)
    actor = actor_of(mine.user)
    learners = [classroom.own, classroom.other]
    teaches = role in {"instructor", "assistant"}
    assert seen("enrollments_visible_to", actor) == {mine.pk} | ({row.pk for row in learners} if teaches else set())
    assert seen("lesson_progress_visible_to", actor) == (
        {classroom.progress[row] for row in learners} if teaches else set()
    )
    assert seen("course_progress_visible_to", actor) == (
        {classroom.courses[row] for row in learners} if teaches else set()
    )
    assert seen("grades_visible_to", actor) == (set(classroom.grades.values()) if teaches else set())
    assert len(seen("grade_changes_visible_to", actor)) == (4 if teaches else 0)


@pytest.mark.parametrize("state", [state for state in EnrollmentState if state != EnrollmentState.ACTIVE])
def test_who_no_longer_teaches_sees_nobody(state: EnrollmentState, classroom: Any, actor_of: Any) -> None:
    mine = make.make_enrollment(offering=classroom.offering, role=EnrollmentRole.INSTRUCTOR, state=state)
    assert seen("enrollments_visible_to", actor_of(mine.user)) == {mine.pk}
    assert seen("grades_visible_to", actor_of(mine.user)) == set()


def test_the_host_of_a_section_sees_its_people_and_not_their_grades(classroom: Any, actor_of: Any) -> None:
    host = make.make_offering(organization=classroom.offering.organization)
    section = make.make_section(offering=classroom.offering)
    Enrollment.objects.filter(pk=classroom.own.pk).update(section=section)
    listing = make.make_cross_listing(section=section, host=host)
    mine = make.make_enrollment(offering=host, role=EnrollmentRole.INSTRUCTOR)
    actor = actor_of(mine.user)
    assert seen("enrollments_visible_to", actor) == {mine.pk, classroom.own.pk}
    assert seen("lesson_progress_visible_to", actor) == {classroom.progress[classroom.own]}
    assert seen("cross_listings_visible_to", actor) == {listing.pk}
    assert seen("grades_visible_to", actor) == set()


def test_classmates_see_groups_and_who_is_in_them(classroom: Any, actor_of: Any) -> None:
    group = make.make_group(offering=classroom.offering)
    member = make.make_group_member(group=group, enrollment=classroom.other)
    elsewhere = make.make_group_member(organization=group.organization)
    policy = make.make_late_policy(offering=classroom.offering)
    actor = actor_of(classroom.own.user)
    assert seen("group_sets_visible_to", actor) == {group.group_set_id}
    assert seen("groups_visible_to", actor) == {group.pk}
    assert seen("group_members_visible_to", actor) == {member.pk}
    assert elsewhere.pk not in seen("group_members_visible_to", actor)
    assert seen("late_policies_visible_to", actor) == {policy.pk}
    assert seen("grade_categories_visible_to", actor) == all_of(type(classroom.released.category))
