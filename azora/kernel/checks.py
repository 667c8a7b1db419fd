"""System checks of the models: what `design` promises of every one of them, found by reading their declarations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import models

from azora.kernel.constraints import TENANT, SameTenant
from azora.kernel.records import Record


def our_models() -> list[type[models.Model]]:
    """The models of the platform's own apps: those that are Records, or stand beside them in the same apps."""
    labels = {model._meta.app_label for model in apps.get_models() if issubclass(model, Record)}
    return [model for model in apps.get_models() if model._meta.app_label in labels]


def is_tenant_owned(model: type[models.Model]) -> bool:
    """Whether each of its rows belongs to one organization."""
    return any(field.name == TENANT and not field.null for field in model._meta.concrete_fields)


def tenant_references(model: type[models.Model]) -> Iterator[models.ForeignKey]:
    """The foreign keys of a tenant's row that point at rows of a tenant."""
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and field.name != TENANT and is_tenant_owned(field.related_model):
            yield field


@register(Tags.models)
def rows_are_records(**_: Any) -> list[CheckMessage]:
    """`azora.E003`: a model without the columns that every row has."""
    return [
        Error(f"{model._meta.label} is no Record.", hint="Derive it from azora.kernel.records.Record.", id="azora.E003")
        for model in our_models()
        if not issubclass(model, Record)
    ]


@register(Tags.models)
def references_stay_in_the_tenant(**_: Any) -> list[CheckMessage]:
    """`azora.E001`: a reference between a tenant's rows that the database does not hold to one tenant.
    `azora.E002`: its target lacks the key that the constraint refers to."""
    found: list[CheckMessage] = []
    for model in our_models():
        if not is_tenant_owned(model):
            continue
        held = {constraint.field for constraint in model._meta.constraints if isinstance(constraint, SameTenant)}
        for field in tenant_references(model):
            target = field.related_model
            assert isinstance(target, type)
            if field.name not in held:
                found.append(
                    Error(
                        f"{model._meta.label}.{field.name} may point at a row of another organization.",
                        hint=f'Add SameTenant("{field.name}", name=...) to its constraints, and db_constraint=False.',
                        id="azora.E001",
                    )
                )
            keys = [getattr(constraint, "fields", ()) for constraint in target._meta.constraints]
            if (TENANT, "id") not in keys:
                found.append(
                    Error(
                        f"{target._meta.label} lacks the key (organization, id).",
                        hint="Add tenant_key(...).",
                        id="azora.E002",
                    )
                )
    return found
