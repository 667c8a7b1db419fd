"""Promises of every model: names, tenants, choices, deletion, layers."""

import pytest
from django.contrib import admin
from django.core import checks
from django.core.management import call_command
from django.db import connection, models

from azora.kernel.checks import is_tenant_owned, our_models
from azora.kernel.constraints import SameTenant

MODELS = sorted(our_models(), key=lambda model: model._meta.label)
LAYERS = (
    "kernel",
    "accounts",
    "wallet",
    "compliance",
    "lms",
    "assessments",
    "certifications",
    "community",
    "chat",
    "content",
    "ingest",
)

#: Unique constraints of tenant rows that do not begin with the organization, each with its reason. May only shrink.
UNIQUE_ACROSS_TENANTS: dict[str, str] = {
    "accounts_apikey_prefix": "a key is looked up before its tenant is known",
}

every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)


def test_there_are_models() -> None:
    assert {model._meta.app_label for model in MODELS} >= {"accounts", "lms", "ingest"}
    assert len(MODELS) > 40


@every_model
def test_constraints_are_named_after_their_table_and_speak(model: type[models.Model]) -> None:
    for constraint in model._meta.constraints:
        assert constraint.name.startswith(f"{model._meta.db_table}_"), constraint.name
        assert len(constraint.name) <= 63
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields[-1:] == ("id",):
            continue  # a key that composite references refer to: with the id in it, it cannot be violated
        message = str(constraint.get_violation_error_message())
        assert "violated" not in message, f"{constraint.name} has no message of its own"
        assert message.endswith("."), f"{constraint.name}: {message!r} is no sentence"


@every_model
def test_every_choice_is_held_by_the_database(model: type[models.Model]) -> None:
    checked = [
        repr(constraint.condition)
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    ]
    for field in model._meta.concrete_fields:
        if field.choices:
            assert any(f"'{field.name}__in'" in condition for condition in checked), (
                f"{field.name} is held by no constraint"
            )


@every_model
def test_uniqueness_of_a_tenants_rows_begins_with_the_tenant(model: type[models.Model]) -> None:
    if not is_tenant_owned(model):
        return
    for constraint in model._meta.constraints:
        if not isinstance(constraint, models.UniqueConstraint) or constraint.name in UNIQUE_ACROSS_TENANTS:
            continue
        first = constraint.fields[0] if constraint.fields else constraint.expressions[0].name
        assert first == "organization", f"{constraint.name} begins with {first}"


@every_model
def test_foreign_keys_obey_the_layers(model: type[models.Model]) -> None:
    own = LAYERS.index(model._meta.app_label)
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey):
            other = field.related_model._meta.app_label
            assert LAYERS.index(other) <= own, f"{field} points up"


@every_model
def test_no_number_is_a_float(model: type[models.Model]) -> None:
    assert not [field.name for field in model._meta.concrete_fields if isinstance(field, models.FloatField)]


@every_model
def test_times_end_in_at(model: type[models.Model]) -> None:
    for field in model._meta.concrete_fields:
        if isinstance(field, models.DateTimeField):
            assert field.name.endswith("_at"), field


@every_model
def test_it_can_be_browsed(model: type[models.Model]) -> None:
    assert admin.site.is_registered(model), f"{model._meta.label} is not in the admin"


@pytest.mark.django_db
@every_model
def test_the_database_has_each_tenant_constraint(model: type[models.Model]) -> None:
    wanted = {constraint.name for constraint in model._meta.constraints if isinstance(constraint, SameTenant)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND contype = 'f' AND cardinality(conkey) > 1 AND convalidated",
            [model._meta.db_table],
        )
        assert {name for (name,) in cursor.fetchall()} == wanted


@pytest.mark.django_db
@every_model
def test_no_foreign_key_is_left_to_the_code_alone(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.attname FROM pg_constraint c"
            " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)"
            " WHERE c.conrelid = %s::regclass AND c.contype = 'f'",
            [model._meta.db_table],
        )
        held = {name for (name,) in cursor.fetchall()}
    keys = {field.column for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)}
    assert keys <= held, f"without a foreign key in the database: {keys - held}"


def test_the_system_checks_find_nothing() -> None:
    assert [message for message in checks.run_checks() if not message.is_silenced()] == []


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
