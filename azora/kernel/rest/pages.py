"""Pages: a cursor holds the order and the last row's values, so that a deep page costs what the first one costs."""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.db import models
from django.db.models import F, Func, QuerySet, Value

from azora.kernel.rest.problems import InputRefused

_signer = signing.Signer(salt="azora.rest.cursor")


def write_cursor(noun: str, order: str, last: list[Any]) -> str:
    """The signed place after a row: of which resource, in which order, with which values there."""
    return _signer.sign_object([noun, order, *last])


def read_cursor(cursor: str, noun: str, order: str | None) -> tuple[str, list[Any]]:
    """The order and the last row's values; raises `InputRefused` for a cursor that this list did not write."""
    try:
        of, its_order, *last = _signer.unsign_object(cursor)
    except (signing.BadSignature, ValueError) as error:
        raise _refused("cursor must be one that a page of this list gave as next.") from error
    if of != noun:
        raise _refused(f"cursor belongs to {of}.")
    if order not in {None, its_order}:
        raise _refused(f"cursor goes with order={its_order}.")
    return its_order, last


def _refused(detail: str) -> InputRefused:
    return InputRefused([{"in": "query", "name": "cursor", "detail": detail}])


def after(rows: QuerySet[Any], key: str, last: list[Any], *, descending: bool) -> list[QuerySet[Any]]:
    """The rows behind the last one, ordered by `key` and then `id`; the parts follow each other.

    Rows are compared as a whole, `(key, id) > (…, …)`, which an index on both serves. A key without a value comes
    last, or first when descending, as in PostgreSQL's indexes; those rows are a part of their own.
    """
    model = rows.model
    column, identifier = model._meta.get_field(key), model._meta.get_field("id")
    value, row_id = (field.to_python(part) for field, part in zip((column, identifier), last, strict=True))
    sign, lookup = ("<", "id__lt") if descending else (">", "id__gt")
    if value is None:
        tail = rows.filter(**{f"{key}__isnull": True, lookup: row_id})
        return [tail, rows.filter(**{f"{key}__isnull": False})] if descending else [tail]
    if key == "id":
        return [rows.filter(**{lookup: row_id})]
    here = Func(F(key), F("id"), function="ROW", output_field=models.TextField())
    there = Func(
        Value(value, output_field=column),
        Value(row_id, output_field=identifier),
        function="ROW",
        output_field=models.TextField(),
    )
    beyond = Func(here, there, template="(%(expressions)s)", arg_joiner=f" {sign} ", output_field=models.BooleanField())
    parts = [rows.filter(beyond)]
    if column.null and not descending:
        parts.append(rows.filter(**{f"{key}__isnull": True}))
    return parts
