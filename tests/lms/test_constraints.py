"""A counter-example for every constraint of learning, by raw SQL and by the constraint's own check for forms."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction

from azora.kernel.constraints import SameParent, SameTenant
from azora.kernel.errors import refusal_of
from lms.models import GradeChange
from tests.lms import factories as make

pytestmark = pytest.mark.django_db

BEFORE = make.AT - make.DAY
MODELS = list(make.MAKERS)


def held(kind: type[Any]) -> dict[str, tuple[type[models.Model], Any]]:
    """The constraints of exactly this kind, by name, with their models."""
    return {
        constraint.name: (model, constraint)
        for model in MODELS
        for constraint in model._meta.constraints
        if type(constraint) is kind
    }


TENANTS, PARENTS = held(SameTenant), held(SameParent)
#: Keys that only repeat what the primary key says: they are there to be referred to.
KEYS = {
    name: found
    for name, found in held(models.UniqueConstraint).items()
    if found[1].fields and found[1].fields[-1] == "id"
}
UNIQUES = {name: found for name, found in held(models.UniqueConstraint).items() if name not in KEYS}

#: Where the usual row has the column empty, or cannot have it changed without breaking a check.
MAKERS: dict[str, Callable[..., Any]] = {
    "lms_category_parent_tenant": lambda **columns: make.make_category(parent=make.make_category(**columns)),
    "lms_prerequisite_lesson_course": make.make_lesson_prerequisite,
    "lms_prerequisite_required_lesson_course": make.make_lesson_prerequisite,
    "lms_gradeitem_scale_tenant": make.make_scaled_item,
}


def states(state: str) -> Callable[..., Any]:
    return lambda: make.make_enrollment(state=state)


#: Check: what makes a valid row, and the columns that, changed like this, break it. Each check has one or more.
CHECKS: list[tuple[str, Callable[..., Any], dict[str, Any]]] = [
    ("lms_category_slug_form", make.make_category, {"slug": "Two Words"}),
    ("lms_category_slug_form", make.make_category, {"slug": "two--hyphens"}),
    ("lms_category_position_range", make.make_category, {"position": -1}),
    ("lms_category_name_given", make.make_category, {"name": ""}),
    ("lms_course_named", make.make_course, {"code": ""}),
    ("lms_course_named", make.make_course, {"title": ""}),
    ("lms_course_dates_order", make.make_course, {"starts_at": make.AT, "ends_at": make.AT}),
    ("lms_course_archived_time", make.make_course, {"archived_at": make.AT}),
    ("lms_course_archived_time", make.make_course, {"state": "archived"}),
    ("lms_course_published_time", make.make_course, {"published_at": None}),
    ("lms_course_published_time", make.make_draft, {"state": "published"}),
    ("lms_course_language_form", make.make_course, {"language": "pt_BR"}),
    ("lms_coursemodule_title_given", make.make_module, {"title": ""}),
    ("lms_coursemodule_position_range", make.make_module, {"position": -1}),
    (
        "lms_coursemodule_dates_order",
        make.make_module,
        {"available_from_at": make.AT, "available_until_at": BEFORE},
    ),
    ("lms_lesson_title_given", make.make_lesson, {"title": ""}),
    ("lms_lesson_position_range", make.make_lesson, {"position": -1}),
    ("lms_lesson_duration_range", make.make_lesson, {"duration_seconds": 0}),
    ("lms_lesson_dates_order", make.make_lesson, {"available_from_at": make.AT, "available_until_at": BEFORE}),
    ("lms_lesson_link_has_url", make.make_lesson, {"kind": "link"}),
    ("lms_prerequisite_minimum_percent_range", make.make_prerequisite, {"minimum_percent": Decimal("100.01")}),
    ("lms_prerequisite_minimum_percent_range", make.make_prerequisite, {"minimum_percent": Decimal("-0.01")}),
    ("lms_prerequisite_one_pair", make.make_prerequisite, {"required_course_id": None}),
    ("lms_prerequisite_one_pair", make.make_lesson_prerequisite, {"required_lesson_id": None}),
    ("lms_prerequisite_one_pair", make.make_lesson_prerequisite, {"lesson_id": None}),
    ("lms_prerequisite_not_itself", make.make_prerequisite, {"required_course_id": "course_id"}),
    ("lms_prerequisite_not_itself", make.make_lesson_prerequisite, {"required_lesson_id": "lesson_id"}),
    ("lms_term_named", make.make_term, {"code": ""}),
    ("lms_term_named", make.make_term, {"name": ""}),
    ("lms_term_dates_order", make.make_term, {"starts_at": make.AT, "ends_at": BEFORE}),
    ("lms_offering_code_given", make.make_offering, {"code": ""}),
    ("lms_offering_dates_order", make.make_offering, {"starts_at": make.AT, "ends_at": BEFORE}),
    (
        "lms_offering_enrollment_dates_order",
        make.make_offering,
        {"enrollment_opens_at": make.AT, "enrollment_closes_at": BEFORE},
    ),
    ("lms_offering_capacity_range", make.make_offering, {"capacity": -1}),
    ("lms_section_name_given", make.make_section, {"name": ""}),
    ("lms_section_dates_order", make.make_section, {"starts_at": make.AT, "ends_at": BEFORE}),
    ("lms_section_capacity_range", make.make_section, {"capacity": -1}),
    ("lms_crosslisting_elsewhere", make.make_cross_listing, {"host_id": "offering_id"}),
    ("lms_groupset_name_given", make.make_group_set, {"name": ""}),
    ("lms_groupset_member_limit_range", make.make_group_set, {"member_limit": 0}),
    ("lms_group_name_given", make.make_group, {"name": ""}),
    ("lms_group_member_limit_range", make.make_group, {"member_limit": 0}),
    ("lms_enrollment_dates_order", make.make_enrollment, {"starts_at": make.AT, "ends_at": BEFORE}),
    ("lms_enrollment_suspended_time", make.make_enrollment, {"suspended_at": make.AT}),
    ("lms_enrollment_suspended_time", states("suspended"), {"suspended_at": None}),
    ("lms_enrollment_completed_time", make.make_enrollment, {"completed_at": make.AT}),
    ("lms_enrollment_completed_time", states("completed"), {"completed_at": None}),
    ("lms_enrollment_withdrawn_time", make.make_enrollment, {"withdrawn_at": make.AT}),
    ("lms_enrollment_withdrawn_time", states("withdrawn"), {"withdrawn_at": None}),
    ("lms_enrollment_invited_time", states("invited"), {"invited_at": None}),
    ("lms_enrollment_invited_time", states("invited"), {"activated_at": make.AT}),
    ("lms_enrollment_activated_time", make.make_enrollment, {"activated_at": None}),
    ("lms_enrollment_invited_first", make.make_enrollment, {"activated_at": BEFORE}),
    ("lms_enrollment_suspended_later", states("suspended"), {"suspended_at": BEFORE}),
    ("lms_enrollment_completed_later", states("completed"), {"completed_at": BEFORE}),
    ("lms_enrollment_withdrawn_later", states("withdrawn"), {"withdrawn_at": BEFORE}),
    ("lms_lessonprogress_percent_range", make.make_lesson_progress, {"percent": Decimal("100.01")}),
    ("lms_lessonprogress_percent_range", make.make_lesson_progress, {"percent": Decimal("-0.01")}),
    ("lms_lessonprogress_seconds_spent_range", make.make_lesson_progress, {"seconds_spent": -1}),
    (
        "lms_lessonprogress_times_order",
        make.make_lesson_progress,
        {"status": "completed", "percent": 100, "started_at": make.AT, "completed_at": BEFORE},
    ),
    ("lms_lessonprogress_status_times", make.make_lesson_progress, {"percent": Decimal("0.01")}),
    ("lms_lessonprogress_status_times", make.make_lesson_progress, {"started_at": make.AT}),
    ("lms_lessonprogress_status_times", make.make_lesson_progress, {"status": "in_progress"}),
    (
        "lms_lessonprogress_status_times",
        make.make_lesson_progress,
        {"status": "in_progress", "percent": 100, "started_at": make.AT},
    ),
    (
        "lms_lessonprogress_status_times",
        make.make_lesson_progress,
        {"status": "completed", "percent": Decimal("99.99"), "started_at": make.AT, "completed_at": make.AT},
    ),
    ("lms_courseprogress_completed_of_total", make.make_course_progress, {"completed_lessons": 4}),
    (
        "lms_courseprogress_completed_range",
        make.make_course_progress,
        {"completed_lessons": -1, "rule": "source_percent", "source_value": Decimal("33.33")},
    ),
    ("lms_courseprogress_one_rule", make.make_course_progress, {"rule": "guess"}),
    ("lms_courseprogress_percent_exact", make.make_course_progress, {"percent": Decimal("33.34")}),
    ("lms_courseprogress_percent_exact", make.make_course_progress, {"percent": Decimal("33.32")}),
    (
        "lms_courseprogress_percent_exact",
        make.make_course_progress,
        {"completed_lessons": 0, "total_lessons": 0, "percent": Decimal(1)},
    ),
    (
        "lms_courseprogress_percent_exact",
        make.make_course_progress,
        {"rule": "source_percent", "source_value": Decimal("33.34")},
    ),
    (
        "lms_courseprogress_percent_exact",
        make.make_course_progress,
        {"rule": "source_fraction", "source_value": Decimal("0.3334")},
    ),
    (
        "lms_courseprogress_percent_range",
        make.make_course_progress,
        {"rule": "source_percent", "source_value": Decimal("100.01"), "percent": Decimal("100.01")},
    ),
    ("lms_courseprogress_source_value_given", make.make_course_progress, {"rule": "source_percent"}),
    ("lms_scale_name_given", make.make_scale, {"name": ""}),
    ("lms_scalelevel_label_given", make.make_scale_level, {"label": ""}),
    ("lms_scalelevel_position_range", make.make_scale_level, {"position": -1}),
    ("lms_scalelevel_minimum_percent_range", make.make_scale_level, {"minimum_percent": Decimal("100.1")}),
    ("lms_gradingperiod_title_given", make.make_grading_period, {"title": ""}),
    ("lms_gradingperiod_dates_order", make.make_grading_period, {"ends_at": BEFORE}),
    ("lms_gradingperiod_closes_later", make.make_grading_period, {"closes_at": BEFORE}),
    ("lms_gradingperiod_weight_range", make.make_grading_period, {"weight": Decimal(101)}),
    ("lms_latepolicy_percent_range", make.make_late_policy, {"deduction_percent": Decimal(101)}),
    ("lms_latepolicy_percent_range", make.make_late_policy, {"minimum_percent": Decimal(-1)}),
    ("lms_latepolicy_percent_range", make.make_late_policy, {"missing_percent": Decimal(101)}),
    ("lms_latepolicy_grace_range", make.make_late_policy, {"grace_minutes": -1}),
    ("lms_gradecategory_name_given", make.make_grade_category, {"name": ""}),
    ("lms_gradecategory_weight_range", make.make_grade_category, {"weight": Decimal("100.5")}),
    ("lms_gradecategory_counts_range", make.make_grade_category, {"drop_lowest": -1}),
    ("lms_gradecategory_counts_range", make.make_grade_category, {"drop_highest": -1}),
    ("lms_gradecategory_counts_range", make.make_grade_category, {"position": -1}),
    ("lms_gradecategory_keep_highest_range", make.make_grade_category, {"keep_highest": 0}),
    ("lms_gradecategory_one_rule", make.make_grade_category, {"keep_highest": 1, "drop_lowest": 1}),
    ("lms_gradeitem_title_given", make.make_grade_item, {"title": ""}),
    ("lms_gradeitem_position_range", make.make_grade_item, {"position": -1}),
    ("lms_gradeitem_weight_range", make.make_grade_item, {"weight": Decimal(101)}),
    ("lms_gradeitem_points_order", make.make_grade_item, {"minimum_points": Decimal(100)}),
    ("lms_gradeitem_pass_from_minimum", make.make_grade_item, {"pass_points": Decimal(-1)}),
    ("lms_gradeitem_pass_to_maximum", make.make_grade_item, {"pass_points": Decimal(101)}),
    ("lms_gradeitem_scale_given", make.make_grade_item, {"grading_type": "scale"}),
    ("lms_gradeitem_scale_given", make.make_scaled_item, {"grading_type": "points"}),
    ("lms_grade_points_deducted_range", make.make_grade, {"points_deducted": Decimal(-1)}),
    ("lms_grade_excused_has_none", make.make_grade, {"is_excused": True}),
    ("lms_grade_graded_time", make.make_grade, {"graded_at": None}),
]
for model in MODELS:
    for field in model._meta.concrete_fields:
        if field.choices and field.name != "rule":
            CHECKS.append((f"{model._meta.db_table}_{field.name}", make.MAKERS[model], {field.name: "x"}))
        if field.name == "attributes":
            CHECKS.append((f"{model._meta.db_table}_attributes", make.MAKERS[model], {"attributes": "[]"}))

#: Constraints of the history, whose rows are only ever inserted: the columns of a row that breaks them.
INSERTED: dict[str, Callable[[GradeChange], dict[str, Any]]] = {
    "lms_gradechange_grade_tenant": lambda change: {"grade": make.make_grade()},
    "lms_gradechange_old_whole": lambda change: {"old_entered": "B"},
}


def refused_by(row: models.Model, columns: dict[str, Any], *, deferred: str | None = None) -> str:
    """The name of the constraint that refuses these values by raw SQL; the row is then as it was.

    Of the deferred ones only the one that is named is looked at: a row that is moved breaks several.
    """
    before = as_stored(row)
    assignments = ", ".join(f'"{name}" = %s' for name in columns)
    with pytest.raises(IntegrityError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {row._meta.db_table} SET {assignments} WHERE id = %s", [*columns.values(), row.pk])
        if deferred:
            cursor.execute(f"SET CONSTRAINTS {deferred} IMMEDIATE")
    assert as_stored(row) == before
    refusal = refusal_of(refused.value)
    assert refusal is not None
    assert refusal.message.endswith(".")
    name = str(refused.value.__cause__.diag.constraint_name)
    assert refusal.code == f"lms.{name.removeprefix('lms_')}"
    return name


def as_stored(row: models.Model) -> tuple[Any, ...]:
    return type(row)._base_manager.filter(pk=row.pk).values_list().get()


def refuses_in_words(constraint: models.BaseConstraint, row: models.Model) -> None:
    with pytest.raises(ValidationError) as refused:
        constraint.validate(type(row), row)
    assert refused.value.messages == [constraint.get_violation_error_message()]


def test_every_constraint_has_its_counter_example() -> None:
    declared = {constraint.name for model in MODELS for constraint in model._meta.constraints}
    assert declared == {name for name, _, _ in CHECKS} | {*INSERTED, *TENANTS, *PARENTS, *UNIQUES, *KEYS}


@pytest.mark.parametrize(("name", "maker", "columns"), CHECKS, ids=[name for name, _, _ in CHECKS])
def test_a_check_refuses(name: str, maker: Callable[..., Any], columns: dict[str, Any]) -> None:
    row = maker()
    columns = {key: getattr(row, value) if str(value).endswith("_id") else value for key, value in columns.items()}
    assert refused_by(row, columns) == name
    for key, value in columns.items():
        setattr(row, key, [] if key == "attributes" else value)
    (constraint,) = (constraint for constraint in row._meta.constraints if constraint.name == name)
    refuses_in_words(constraint, row)


@pytest.mark.parametrize("name", sorted(set(TENANTS) - set(INSERTED)))
def test_a_reference_stays_in_its_tenant(name: str) -> None:
    model, constraint = TENANTS[name]
    row = MAKERS.get(name, make.MAKERS[model])()
    elsewhere = make.MAKERS[model._meta.get_field(constraint.field).related_model]()
    assert refused_by(row, {f"{constraint.field}_id": elsewhere.pk}, deferred=name) == name
    setattr(row, f"{constraint.field}_id", elsewhere.pk)
    refuses_in_words(constraint, row)


@pytest.mark.parametrize("name", PARENTS)
def test_a_reference_stays_under_its_parent(name: str) -> None:
    """A row of the same organization, but of another course or offering."""
    model, constraint = PARENTS[name]
    row = MAKERS.get(name, make.MAKERS[model])()
    target = model._meta.get_field(constraint.field).related_model
    elsewhere = make.MAKERS[target](organization=row.organization)
    assert getattr(elsewhere, f"{constraint.parent}_id") != getattr(row, f"{constraint.parent}_id")
    assert refused_by(row, {f"{constraint.field}_id": elsewhere.pk}, deferred=name) == name
    setattr(row, f"{constraint.field}_id", elsewhere.pk)
    refuses_in_words(constraint, row)


@pytest.mark.parametrize("name", PARENTS)
def test_a_row_stays_where_others_rely_on_it(name: str) -> None:
    """The other side of the key: moving what is referred to is refused as well."""
    model, constraint = PARENTS[name]
    row = MAKERS.get(name, make.MAKERS[model])()
    target = getattr(row, constraint.field) or make.MAKERS[model._meta.get_field(constraint.field).related_model](
        organization=row.organization, **{constraint.parent: getattr(row, constraint.parent)}
    )
    type(row)._base_manager.filter(pk=row.pk).update(**{constraint.field: target})
    parent = make.MAKERS[type(getattr(target, constraint.parent))](organization=row.organization)
    assert refused_by(target, {f"{constraint.parent}_id": parent.pk}, deferred=name) == name


@pytest.mark.parametrize("name", UNIQUES)
def test_what_is_unique_is_not_twice(name: str) -> None:
    model, constraint = UNIQUES[name]
    flags = {"is_leader": True} if name == "lms_groupmember_one_leader" else {}
    first = make.MAKERS[model](**flags)
    second = make.MAKERS[model](organization=first.organization)
    columns: dict[str, Any] = dict(flags)
    for part in constraint.fields or constraint.expressions:
        is_lower = not isinstance(part, str) and not isinstance(part, models.F)
        source = part.source_expressions[0].name if is_lower else getattr(part, "name", part)
        column = model._meta.get_field(source).attname
        value = getattr(first, column)
        columns[column] = value.upper() if is_lower else value
    columns.pop("organization_id")
    assert refused_by(second, columns, deferred=name if constraint.deferrable else None) == name
    for key, value in columns.items():
        setattr(second, key, value)
    refuses_in_words(constraint, second)


def test_two_may_change_places_within_a_transaction() -> None:
    """Positions are checked when the transaction ends."""
    first = make.make_lesson(position=1)
    second = make.make_lesson(module=first.module, position=2)
    with transaction.atomic():
        type(first).objects.filter(pk=first.pk).update(position=2)
        type(first).objects.filter(pk=second.pk).update(position=1)
    connection.check_constraints()
    assert list(type(first).objects.order_by("position")) == [second, first]


@pytest.mark.parametrize("name", INSERTED)
def test_a_history_refuses_a_row_that_contradicts_itself(name: str) -> None:
    change = make.make_grade_change()
    row = GradeChange(
        **{
            "organization": change.organization,
            "grade": change.grade,
            "new_points_deducted": Decimal(0),
            "new_is_excused": False,
            **INSERTED[name](change),
        }
    )
    before = GradeChange.objects.count()
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        row.save(force_insert=True)
        connection.check_constraints()
    assert refused.value.__cause__.diag.constraint_name == name
    assert GradeChange.objects.count() == before
    (constraint,) = (constraint for constraint in row._meta.constraints if constraint.name == name)
    refuses_in_words(constraint, row)


def test_a_free_place_is_no_second_live_enrollment() -> None:
    """Who completed or withdrew may be enrolled again; a person may hold two roles."""
    ended = make.make_enrollment(state="withdrawn")
    for role in ("learner", "observer"):
        make.make_enrollment(offering=ended.offering, user=ended.user, role=role)
    assert ended.offering.enrollments.count() == 3


def test_times_may_coincide() -> None:
    row = make.make_enrollment(state="completed", completed_at=make.AT)
    assert row.activated_at == row.completed_at


def test_a_module_moves_to_another_course_with_its_lessons() -> None:
    lesson = make.make_lesson()
    elsewhere = make.make_course(organization=lesson.organization)
    assert refused_by(lesson.module, {"course_id": elsewhere.pk}, deferred="lms_lesson_module_course")
    with transaction.atomic():
        type(lesson.module).objects.filter(pk=lesson.module_id).update(course=elsewhere)
        type(lesson).objects.filter(pk=lesson.pk).update(course=elsewhere)
    connection.check_constraints()
    lesson.refresh_from_db()
    assert lesson.module.course == lesson.course == elsewhere
