"""What check constraints say again and again: a choice, a form, a range, an order, a state with its time."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q, TextField, Value
from django.db.models.lookups import Exact


def one_of(field: str, choices: type[models.TextChoices], *, name: str) -> models.CheckConstraint:
    """The constraint that holds a text column to its choices, so that raw SQL is held to them too."""
    return models.CheckConstraint(
        name=name,
        condition=models.Q(**{f"{field}__in": choices.values}),
        violation_error_message=f"{field} must be one of {', '.join(choices.values)}.",
    )


def choice_field(choices: type[models.TextChoices], **options: Any) -> models.CharField:
    """A column of one of the choices; pair it with :func:`one_of`. A default is the database's default too."""
    if "default" in options:
        options["db_default"] = options["default"]
    return models.CharField(max_length=max(len(value) for value in choices.values), choices=choices.choices, **options)


def json_object(field: str, *, name: str) -> models.CheckConstraint:
    """The constraint that holds a jsonb column to an object: not a list, not a bare value, not JSON's null."""
    kind = models.Func(F(field), function="jsonb_typeof", output_field=TextField())
    return models.CheckConstraint(
        name=name,
        condition=Exact(kind, Value("object")),
        violation_error_message=f"{field} must be an object of names and values.",
    )


def language_tag(field: str, *, name: str) -> models.CheckConstraint:
    """The constraint that holds a column to the form of a BCP 47 language tag: `en`, `pt-BR`, `zh-Hant-TW`."""
    return models.CheckConstraint(
        name=name,
        condition=Q(**{f"{field}__regex": r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"}),
        violation_error_message=f"{field} must be a language tag such as en or pt-BR.",
    )


def zone_name(field: str, *, name: str) -> models.CheckConstraint:
    """The constraint that holds a column to the form of a time zone's name: `UTC`, `Europe/Riga`, `Etc/GMT+5`."""
    return models.CheckConstraint(
        name=name,
        condition=Q(**{f"{field}__regex": r"^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$"}),
        violation_error_message=f"{field} must be the name of a time zone such as Europe/Riga.",
    )


def not_blank(*fields: str, name: str) -> models.CheckConstraint:
    """None of the text columns is empty."""
    blank = Q()
    for field in fields:
        blank |= Q(**{field: ""})
    return models.CheckConstraint(
        name=name,
        condition=~blank,
        violation_error_message=f"{' and '.join(fields)} must be stated.",
    )


def at_least(low: int, *fields: str, name: str) -> models.CheckConstraint:
    """Each of the numbers that is stated is `low` or more."""
    condition = Q()
    for field in fields:
        condition &= Q(**{f"{field}__gte": low})
    return models.CheckConstraint(
        name=name,
        condition=condition,
        violation_error_message=f"{' and '.join(fields)} must be {low} or more.",
    )


def percentage(*fields: str, name: str) -> models.CheckConstraint:
    """Each of the numbers that is stated lies from 0 to 100."""
    condition = Q()
    for field in fields:
        condition &= Q(**{f"{field}__gte": Decimal(0), f"{field}__lte": Decimal(100)})
    return models.CheckConstraint(
        name=name,
        condition=condition,
        violation_error_message=f"{' and '.join(fields)} must lie from 0 to 100.",
    )


def in_order(earlier: str, later: str, *, name: str, strictly: bool = True) -> models.CheckConstraint:
    """Where both times (or numbers) are stated, `earlier` comes before `later`; if not `strictly`, or equals it."""
    relation, words = ("gt", "after") if strictly else ("gte", "no earlier than")
    return models.CheckConstraint(
        name=name,
        condition=Q(**{f"{later}__{relation}": F(earlier)}),
        violation_error_message=f"{later} must be {words} {earlier}.",
    )


def stated_when(field: str, states: Iterable[str], *, name: str, by: str = "state") -> models.CheckConstraint:
    """`field` is stated in exactly those states (the values of the column `by`), and null in all others."""
    values = [str(state) for state in states]
    return models.CheckConstraint(
        name=name,
        condition=Q(**{f"{by}__in": values, f"{field}__isnull": False})
        | (~Q(**{f"{by}__in": values}) & Q(**{f"{field}__isnull": True})),
        violation_error_message=f"{field} is stated when {by} is {' or '.join(values)}, and only then.",
    )
