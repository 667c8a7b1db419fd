"""Grades are given by the staff, within the item's rules, and the history says who, when, why, old and new."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from azora.kernel.actor import ANONYMOUS
from azora.kernel.values import FieldsRefused
from lms.models import Enrollment, EnrollmentRole, Grade, GradeChange, GradeItem
from lms.operations import gradebook as rules
from lms.operations import record_grade
from lms.operations.enrollments import EnrollmentNotFound
from tests.accounts.factories import make_administrator
from tests.lms import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def item() -> GradeItem:
    return make.make_grade_item()


@pytest.fixture
def learner(item: GradeItem) -> Enrollment:
    return make.make_enrollment(offering=item.offering)


@pytest.fixture
def instructor(item: GradeItem) -> Any:
    return make.make_person(item.offering, EnrollmentRole.INSTRUCTOR)


def test_an_instructor_gives_changes_excuses_and_takes_back(
    item: GradeItem, learner: Enrollment, instructor: Any, actor_of: Any
) -> None:
    actor = actor_of(instructor)
    given = record_grade(
        actor=actor, grade_item=item.pk, enrollment=learner.pk, points=Decimal("82.5"), entered="B", feedback="Good"
    )
    assert given == Grade.objects.get()
    assert (given.organization, given.offering, given.item, given.enrollment) == (
        item.organization,
        item.offering,
        item,
        learner,
    )
    assert (given.points, given.entered, given.feedback, given.graded_by) == (Decimal("82.5"), "B", "Good", instructor)
    assert given.graded_at is not None
    record_grade(
        actor=actor, grade_item=item.pk, enrollment=learner.pk, points=Decimal(90), entered="A", reason="Recounted"
    )
    record_grade(actor=actor, grade_item=item.pk, enrollment=learner.pk, is_excused=True, reason="Ill")
    last = record_grade(actor=actor, grade_item=item.pk, enrollment=learner.pk)
    assert (last.pk, last.points, last.is_excused) == (given.pk, None, False)
    changes = GradeChange.objects.order_by("pk").values_list(
        "old_points", "new_points", "new_is_excused", "changed_by", "reason"
    )
    assert list(changes) == [
        (None, Decimal("82.5"), False, instructor.pk, ""),
        (Decimal("82.5"), Decimal(90), False, instructor.pk, "Recounted"),
        (Decimal(90), None, True, instructor.pk, "Ill"),
        (None, None, False, instructor.pk, ""),
    ]


def test_extra_credit_passes_the_maximum(item: GradeItem, learner: Enrollment, instructor: Any, actor_of: Any) -> None:
    grade = record_grade(
        actor=actor_of(instructor), grade_item=item.pk, enrollment=learner.pk, points=Decimal("100.00001")
    )
    assert grade.points == Decimal("100.00001")


@pytest.mark.parametrize(
    ("arguments", "refusal", "message"),
    [
        ({"points": Decimal("-0.5")}, rules.PointsRefused, "Points for {title} begin at 0."),
        ({"points": Decimal("NaN")}, rules.PointsRefused, "Points for {title} begin at 0."),
        ({"points": Decimal(1), "is_excused": True}, rules.PointsRefused, "Excused work has no points."),
        (
            {"points": Decimal("0.000001")},
            FieldsRefused,
            "What was given is refused: points: Ensure that there are no more than 5 decimal places.",
        ),
        (
            {"points": Decimal("1e8")},
            FieldsRefused,
            "What was given is refused: points: Ensure that there are no more than 7 digits before the decimal point.",
        ),
        (
            {"entered": "x" * 256},
            FieldsRefused,
            "What was given is refused: entered: Ensure this value has at most 255 characters (it has 256).",
        ),
    ],
)
def test_what_is_no_grade_is_refused(
    arguments: dict[str, Any],
    refusal: type[Exception],
    message: str,
    item: GradeItem,
    learner: Enrollment,
    instructor: Any,
    actor_of: Any,
    all_rows: Any,
) -> None:
    actor = actor_of(instructor)
    before = all_rows()
    with pytest.raises(refusal) as refused:
        record_grade(actor=actor, grade_item=item.pk, enrollment=learner.pk, **arguments)
    assert str(refused.value) == message.format(title=item.title)
    assert all_rows() == before


@pytest.mark.parametrize(
    ("columns", "refusal"),
    [
        ({"locked_at": timezone.now() - make.DAY}, rules.GradesFinal),
        ({"grading_type": "ungraded"}, rules.ItemNotGraded),
    ],
)
def test_an_item_that_takes_no_grades_refuses(
    columns: dict[str, Any], refusal: type[Exception], actor_of: Any, all_rows: Any
) -> None:
    item = make.make_grade_item(**columns)
    learner = make.make_enrollment(offering=item.offering)
    actor = actor_of(make_administrator(item.organization))
    before = all_rows()
    with pytest.raises(refusal):
        record_grade(actor=actor, grade_item=item.pk, enrollment=learner.pk, points=Decimal(1))
    assert all_rows() == before


def test_the_grades_of_a_closed_period_are_final(actor_of: Any, all_rows: Any) -> None:
    then = timezone.now() - 9 * make.DAY
    period = make.make_grading_period(starts_at=then, ends_at=then + make.DAY, closes_at=then + make.DAY)
    item = make.make_grade_item(organization=period.organization, grading_period=period)
    learner = make.make_enrollment(offering=item.offering)
    actor = actor_of(make_administrator(item.organization))
    before = all_rows()
    with pytest.raises(rules.GradesFinal):
        record_grade(actor=actor, grade_item=item.pk, enrollment=learner.pk, points=Decimal(1))
    assert all_rows() == before


def test_grades_are_for_learners_of_the_offering(
    item: GradeItem, instructor: Any, actor_of: Any, all_rows: Any
) -> None:
    assistant = make.make_enrollment(offering=item.offering, role=EnrollmentRole.ASSISTANT)
    other = make.make_enrollment(organization=item.organization)
    administrator = actor_of(make_administrator(item.organization))
    before = all_rows()
    with pytest.raises(rules.NotALearner):
        record_grade(actor=actor_of(instructor), grade_item=item.pk, enrollment=assistant.pk, points=Decimal(1))
    with pytest.raises(rules.EnrollmentOfAnotherOffering):
        record_grade(actor=administrator, grade_item=item.pk, enrollment=other.pk, points=Decimal(1))
    with pytest.raises(EnrollmentNotFound):
        record_grade(actor=actor_of(instructor), grade_item=item.pk, enrollment=other.pk, points=Decimal(1))
    assert all_rows() == before


def test_others_give_no_grades(item: GradeItem, learner: Enrollment, actor_of: Any, all_rows: Any) -> None:
    knowing = [
        learner.user,
        make.make_person(item.offering, EnrollmentRole.DESIGNER),
        make.make_person(item.offering, EnrollmentRole.OBSERVER),
    ]
    unknowing = [
        ANONYMOUS,
        actor_of(make_administrator(make.make_organization())),
        actor_of(make.make_member(item.organization)),
    ]
    before = all_rows()
    for person in knowing:
        with pytest.raises(rules.MayNotGrade):
            record_grade(actor=actor_of(person), grade_item=item.pk, enrollment=learner.pk, points=Decimal(1))
    for actor in unknowing:
        with pytest.raises(rules.GradeItemNotFound):
            record_grade(actor=actor, grade_item=item.pk, enrollment=learner.pk, points=Decimal(1))
    assert all_rows() == before
