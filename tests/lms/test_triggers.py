"""The triggers of learning: trees, prerequisites, grading periods, and the history of grades."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from azora.kernel.errors import refusal_of
from azora.kernel.writer import writing_as
from lms.models import Category, Grade, GradeChange, GradingPeriod, Prerequisite
from tests.lms import factories as make

pytestmark = pytest.mark.django_db

TRIGGERS = {
    "lms_category_stays_tree",
    "lms_prerequisite_no_ring",
    "lms_gradingperiod_no_overlap",
    "lms_grade_keeps_history",
    "lms_gradechange_append_only",
    "lms_gradechange_never_emptied",
}


def refused(statement: str, *values: Any) -> str:
    """The code of the refusal of a statement of raw SQL."""
    with pytest.raises(IntegrityError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
    refusal = refusal_of(error.value)
    assert refusal is not None
    assert refusal.message.endswith(".")
    return refusal.code


def test_these_are_all_triggers() -> None:
    declared = {
        f"{model._meta.db_table}_{trigger.name}"
        for model in apps.get_app_config("lms").get_models()
        for trigger in model._meta.triggers
        if trigger.name != "touch"
    }
    assert declared == TRIGGERS


def test_a_category_cannot_lie_below_itself() -> None:
    top = make.make_category()
    bottom = make.make_category(parent=make.make_category(parent=top))
    move = "UPDATE lms_category SET parent_id = %s WHERE id = %s"
    assert refused(move, bottom.pk, top.pk) == "lms.category_stays_tree"
    assert refused(move, top.pk, top.pk) == "lms.category_stays_tree"
    with pytest.raises(IntegrityError), transaction.atomic():
        Category.objects.filter(pk=top.pk).update(parent=bottom)
    top.refresh_from_db()
    assert top.parent is None


@pytest.mark.parametrize("kind", ["course", "lesson"])
def test_prerequisites_form_no_ring(kind: str) -> None:
    if kind == "course":
        first = make.make_prerequisite()
        second = make.make_prerequisite(course=first.required_course)
        closing = {"course": second.required_course, "required_course": first.course}
    else:
        first = make.make_lesson_prerequisite()
        second = make.make_lesson_prerequisite(lesson=first.required_lesson)
        closing = {"course": first.course, "lesson": second.required_lesson, "required_lesson": first.lesson}
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        Prerequisite.objects.create(organization=first.organization, **closing)
    refusal = refusal_of(error.value)
    assert refusal is not None
    assert (refusal.code, refusal.message) == ("lms.prerequisite_no_ring", "Prerequisites cannot form a ring.")
    move = f"UPDATE lms_prerequisite SET required_{kind}_id = %s WHERE id = %s"
    assert refused(move, getattr(first, f"{kind}_id"), second.pk) == "lms.prerequisite_no_ring"
    assert Prerequisite.objects.count() == 2


def test_a_diamond_is_no_ring() -> None:
    top = make.make_prerequisite()
    side = make.make_prerequisite(course=top.course)
    make.make_prerequisite(course=top.required_course, required_course=make.make_course(organization=top.organization))
    make.make_prerequisite(course=side.required_course, required_course=top.required_course)
    assert Prerequisite.objects.count() == 4


def test_grading_periods_of_a_term_do_not_overlap() -> None:
    first = make.make_grading_period(starts_at=make.AT, ends_at=make.AT + make.DAY)
    second = make.make_grading_period(term=first.term, starts_at=first.ends_at, ends_at=first.ends_at + make.DAY)
    make.make_grading_period(organization=first.organization, starts_at=make.AT, ends_at=make.AT + make.DAY)
    widen = "UPDATE lms_gradingperiod SET starts_at = starts_at - interval '1 second' WHERE id = %s"
    assert refused(widen, second.pk) == "lms.gradingperiod_no_overlap"
    with pytest.raises(IntegrityError), transaction.atomic():
        make.make_grading_period(term=first.term, starts_at=make.AT - make.DAY, ends_at=second.ends_at + make.DAY)
    assert GradingPeriod.objects.count() == 3


# -- The history of grades ---------------------------------------------------------------------------------------------


def changes_of(grade: Grade) -> list[tuple[Any, ...]]:
    columns = ("old_points", "new_points", "old_entered", "new_entered", "changed_by_id", "reason")
    return list(grade.changes.order_by("pk").values_list(*columns))


def test_a_grade_made_and_changed_is_in_the_history() -> None:
    grade = make.make_grade(points=Decimal(80))
    teacher = make.make_member(grade.organization)
    with transaction.atomic(), writing_as(teacher.pk, "Recounted"):
        grade.points = Decimal("82.5")
        grade.entered = "82,5"
        grade.save()
    assert changes_of(grade) == [
        (None, Decimal(80), None, "", None, ""),
        (Decimal(80), Decimal("82.5"), "", "82,5", teacher.pk, "Recounted"),
    ]


def test_raw_sql_is_in_the_history_and_one_who_says_nothing_is_nobody() -> None:
    grade = make.make_grade(points=Decimal(80))
    teacher = make.make_member(grade.organization)
    with transaction.atomic(), writing_as(teacher.pk, "Recounted"):
        Grade.objects.filter(pk=grade.pk).update(points=Decimal(81))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE lms_grade SET points = 1 WHERE id = %s", [grade.pk])
        cursor.execute("SELECT session_user")
        (role,) = cursor.fetchone()
    latest = grade.changes.latest("pk")
    assert (latest.old_points, latest.new_points) == (Decimal(81), Decimal(1))
    assert (latest.changed_by, latest.reason, latest.database_role) == (None, "", role)
    assert latest.organization == grade.organization


@pytest.mark.parametrize(
    "columns", [{"points": None}, {"points_deducted": 5}, {"entered": "B"}, {"points": None, "is_excused": True}]
)
def test_each_part_of_a_grade_has_a_history(columns: dict[str, Any]) -> None:
    grade = make.make_grade()
    Grade.objects.filter(pk=grade.pk).update(**columns)
    latest = grade.changes.latest("pk")
    for name in ("points", "points_deducted", "entered", "is_excused"):
        assert getattr(latest, f"old_{name}") == getattr(grade, name)
        assert getattr(latest, f"new_{name}") == columns.get(name, getattr(grade, name))
    assert grade.changes.count() == 2


def test_what_changes_no_value_is_no_history() -> None:
    grade = make.make_grade()
    grade.feedback = "Well done"
    grade.save()
    assert grade.changes.count() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE lms_gradechange SET new_points = 100",
        "UPDATE lms_gradechange SET reason = reason",
        "DELETE FROM lms_gradechange",
    ],
)
def test_a_history_is_never_changed(statement: str) -> None:
    change = make.make_grade_change()
    before = list(GradeChange.objects.values())
    assert refused(statement) == "lms.gradechange_append_only"
    with pytest.raises(IntegrityError), transaction.atomic():
        GradeChange.objects.filter(pk=change.pk).delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        change.save()
    assert list(GradeChange.objects.values()) == before


def test_a_history_is_never_emptied() -> None:
    empty = "TRUNCATE lms_gradechange"
    with connection.cursor() as cursor:
        cursor.execute(empty)
    make.make_grade_change()
    connection.check_constraints()
    assert refused(empty) == "lms.gradechange_never_emptied"
    assert GradeChange.objects.count() == 1


def test_a_grade_with_a_history_stays() -> None:
    grade = make.make_grade()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM lms_grade WHERE id = %s", [grade.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert Grade.objects.get() == grade
