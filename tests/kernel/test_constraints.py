"""A tenant's row points only at rows of its own tenant: the database refuses the rest, whoever writes."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.state import ModelState, ProjectState

from azora.kernel.constraints import SameTenant, tenant_key
from azora.kernel.errors import Conflict
from azora.kernel.operations import operation
from lms.models import Category
from tests.accounts.factories import make_organization


@pytest.fixture
def pair():
    here, there = make_organization(), make_organization()
    return here, Category.objects.create(organization=there, name="Elsewhere", slug="elsewhere")


@pytest.mark.django_db
def test_a_row_of_another_tenant_is_refused_at_the_latest_at_commit(pair) -> None:
    here, elsewhere = pair
    with pytest.raises(IntegrityError, match="lms_category_parent_tenant"), transaction.atomic():
        Category.objects.create(organization=here, parent=elsewhere, name="Below", slug="below")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert Category.objects.filter(organization=here).count() == 0


@pytest.mark.django_db
def test_an_operation_tells_it_in_words(pair) -> None:
    here, elsewhere = pair

    @operation
    def add_category() -> Category:
        return Category.objects.create(organization=here, parent=elsewhere, name="Below", slug="below")

    with pytest.raises(Conflict) as refused:
        add_category()
    assert refused.value.code == "lms.category_parent_tenant"
    assert "same organization" in refused.value.message
    assert Category.objects.filter(organization=here).count() == 0


@pytest.mark.django_db
def test_forms_hear_of_it_before_the_database(pair) -> None:
    here, elsewhere = pair
    row = Category(organization=here, parent=elsewhere, name="Below", slug="below")
    with pytest.raises(ValidationError, match="same organization"):
        row.validate_constraints()


@pytest.mark.django_db
def test_a_tenants_row_cannot_move_away_from_what_points_at_it() -> None:
    here, there = make_organization(), make_organization()
    parent = Category.objects.create(organization=here, name="Above", slug="above")
    Category.objects.create(organization=here, parent=parent, name="Below", slug="below")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE lms_category SET organization_id = %s WHERE id = %s", [there.pk, parent.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_makemigrations_sees_no_change_in_an_unchanged_constraint() -> None:
    def state(name: str) -> ProjectState:
        made = ProjectState()
        made.add_model(
            ModelState(
                "lms",
                "Leaf",
                [
                    ("id", models.UUIDField(primary_key=True)),
                    ("organization", models.UUIDField()),
                    ("parent", models.UUIDField()),
                ],
                {"constraints": [SameTenant("parent", name=name), tenant_key("lms_leaf_tenant")]},
            )
        )
        return made

    same = MigrationAutodetector(state("lms_leaf_parent"), state("lms_leaf_parent"))._detect_changes()
    other = MigrationAutodetector(state("lms_leaf_parent"), state("lms_leaf_up"))._detect_changes()
    assert same == {}
    assert [type(step).__name__ for step in other["lms"][0].operations] == ["RemoveConstraint", "AddConstraint"]


def test_it_survives_being_written_into_a_migration() -> None:
    constraint = SameTenant("parent", name="lms_leaf_parent", violation_error_message="The parent is elsewhere.")
    path, positional, named = constraint.deconstruct()
    assert path == "azora.kernel.constraints.SameTenant"
    assert SameTenant(*positional, **named) == constraint
    assert constraint.clone() == constraint
