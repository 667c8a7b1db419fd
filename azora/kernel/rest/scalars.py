"""Scalars: how one kind of value is read from a request, written by PostgreSQL and described in OpenAPI."""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isinf
from typing import Any, Union, get_args, get_origin
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

MAX_ITEMS = 1_000
MAX_DEPTH = 32
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_NO_CONTROL = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One kind of value.

    `schema` describes what is shown, `limits` narrows it to what is accepted; `read` turns the text of a parameter, or
    a JSON value of the type `json`, into the value that operations and filters take (raises `ValueError`); `expected`
    ends the sentence "… must be"; `sql` is how PostgreSQL writes a column of it into JSON.
    """

    schema: dict[str, Any]
    read: Callable[[Any], Any]
    expected: str
    limits: dict[str, Any] = field(default_factory=dict)
    json: type = str
    sql: str = "{}"
    nullable: bool = False

    def described(self, *, limited: bool = False) -> dict[str, Any]:
        """Its JSON Schema (2020-12, as OpenAPI 3.1 has it), as accepted (`limited`) or as shown."""
        schema = {**self.schema, **(self.limits if limited else {})}
        if self.nullable and "type" in schema:
            schema["type"] = [schema["type"], "null"]
            if "enum" in schema:
                schema["enum"] = [*schema["enum"], None]
        return schema

    def from_json(self, value: Any) -> Any:
        """The value of a parsed JSON value; raises `ValueError`."""
        if value is None and self.nullable:
            return None
        if self.json is int and isinstance(value, float) and value.is_integer():
            value = int(value)  # JSON Schema counts 1.0 among the integers
        if type(value) is not self.json:
            raise ValueError(value)
        return self.read(value)


def _reader(pattern: str, kind: Callable[[str], Any]) -> Callable[[Any], Any]:
    """Read what matches the whole pattern, as `kind`."""
    compiled = re.compile(pattern, re.ASCII)

    def read(value: Any) -> Any:
        if not compiled.fullmatch(str(value)):
            raise ValueError(value)
        return kind(str(value))

    return read


def text(longest: int | None = None) -> Scalar:
    """Text without control characters other than tab and line ends; `longest` in characters."""

    def read(value: str) -> str:
        if _CONTROL.search(value) or (longest is not None and len(value) > longest):
            raise ValueError(value)
        return value

    limits = {"pattern": _NO_CONTROL} | ({} if longest is None else {"maxLength": longest})
    length = "" if longest is None else f" of at most {longest} characters"
    expected = f"text{length} without control characters"
    return Scalar(schema={"type": "string"}, limits=limits, read=read, expected=expected)


def choice(values: list[str], kind: Callable[[str], Any] = str) -> Scalar:
    """One of the values, read as `kind`."""
    read = _reader("|".join(map(re.escape, values)), kind)
    return Scalar(schema={"type": "string", "enum": values}, read=read, expected=f"one of {', '.join(values)}")


def integer(lowest: int = -(2**63), highest: int = 2**63 - 1) -> Scalar:
    """A whole number between the two, both included."""

    def within(value: str) -> int:
        if not lowest <= int(value) <= highest:
            raise ValueError(value)
        return int(value)

    return Scalar(
        schema={"type": "integer"},
        limits={"minimum": lowest, "maximum": highest},
        read=_reader("-?[0-9]{1,19}", within),
        expected=f"a whole number from {lowest} to {highest}",
        json=int,
    )


def decimal(digits: int = 30, places: int = 12) -> Scalar:
    """An exact number as text: so many digits in all, so many of them after the point."""
    pattern = f"-?[0-9]{{1,{digits - places}}}" + (f"(\\.[0-9]{{1,{places}}})?" if places else "")
    return Scalar(
        schema={"type": "string", "format": "decimal"},
        limits={"pattern": f"^{pattern}$"},
        read=_reader(pattern, Decimal),
        expected=f"a decimal number as text, {digits} digits long at most and {places} of them after the point",
        sql="{}::text",
    )


def array(item: Scalar) -> Scalar:
    """A list of one kind of value."""

    def read(values: list[Any]) -> list[Any]:
        if len(values) > MAX_ITEMS:
            raise ValueError(values)
        return [item.from_json(value) for value in values]

    return Scalar(
        schema={"type": "array", "items": item.described()},
        limits={"items": item.described(limited=True), "maxItems": MAX_ITEMS},
        read=read,
        expected=f"a list of at most {MAX_ITEMS} values, each {item.expected}",
        json=list,
    )


def _utc(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(value) from error


def _storable(value: Any, depth: int = 0) -> Any:
    """The value itself, when `jsonb` can keep it: no control characters, finite numbers, not too deep."""
    if depth > MAX_DEPTH or (isinstance(value, float) and isinf(value)):
        raise ValueError(value)
    if isinstance(value, str) and _CONTROL.search(value):
        raise ValueError(value)
    if isinstance(value, dict | list):
        for inner in [*value, *value.values()] if isinstance(value, dict) else value:
            _storable(inner, depth + 1)
    return value


IDENTIFIER = Scalar(
    schema={"type": "string", "format": "uuid"},
    read=_reader("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", UUID),
    expected="a UUID",
)
BOOLEAN = Scalar(
    schema={"type": "boolean"},
    read=_reader("(?i:true|false)", lambda value: value.lower() == "true"),
    expected="true or false",
    json=bool,
)
DATE = Scalar(
    schema={"type": "string", "format": "date"},
    read=_reader(r"\d{4}-\d\d-\d\d", date.fromisoformat),
    expected="a date such as 2026-01-31",
)
TIME = Scalar(
    schema={"type": "string", "format": "date-time"},
    read=_reader(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", _utc),
    expected="a time with its zone, such as 2026-01-31T12:00:00Z",
    sql="""to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
)
_MEMBERS = {
    "propertyNames": {"pattern": _NO_CONTROL},
    "additionalProperties": {"$ref": "#/components/schemas/JsonValue"},
}
#: Any JSON that a column keeps: the component of OpenAPI that OBJECT refers to.
JSON_VALUE = {
    "description": f"Any JSON at most {MAX_DEPTH} levels deep, without control characters.",
    "anyOf": [
        {"type": ["number", "boolean", "null"]},
        {"type": "string", "pattern": _NO_CONTROL},
        {"type": "array", "items": {"$ref": "#/components/schemas/JsonValue"}},
        {"type": "object", **_MEMBERS},
    ],
}
OBJECT = Scalar(
    schema={"type": "object"},
    limits=_MEMBERS,
    read=_storable,
    expected=f"a JSON object at most {MAX_DEPTH} levels deep, without control characters",
    json=dict,
)
_OF_TYPE: dict[Any, Scalar] = {
    UUID: IDENTIFIER,
    str: text(),
    bool: BOOLEAN,
    int: integer(),
    Decimal: decimal(),
    datetime: TIME,
    date: DATE,
    dict: OBJECT,
}
#: A DateTimeField is a DateField too, so it stands before it.
_OF_COLUMN: dict[type, Scalar] = {
    models.UUIDField: IDENTIFIER,
    models.BooleanField: BOOLEAN,
    models.DateTimeField: TIME,
    models.DateField: DATE,
    models.JSONField: replace(OBJECT, schema={}),
}


def of_type(hint: Any) -> Scalar:
    """The scalar of an operation's argument; raises `TypeError` for a type that JSON has no one form for."""
    arguments = [argument for argument in get_args(hint) if argument is not types.NoneType]
    if get_origin(hint) in {Union, types.UnionType} and len(arguments) == 1:
        return replace(of_type(arguments[0]), nullable=True)
    if get_origin(hint) is list:
        return array(of_type(arguments[0]))
    if isinstance(hint, type) and issubclass(hint, models.TextChoices):
        return choice(list(hint.values), hint)
    known = _OF_TYPE.get(get_origin(hint) or hint)
    if known is None:
        raise TypeError(f"{hint} is no type that REST can read")
    return known


def of_field(column: Any) -> Scalar:
    """The scalar of a model's field; raises `TypeError` for a kind that is not shown (binary, float, file)."""
    nullable = column.null
    if isinstance(column, models.GeneratedField):
        column = column.output_field
    while isinstance(column, models.ForeignKey):
        column = column.target_field
    return replace(_of_column(column), nullable=nullable)


def of_path(model: Any, path: str) -> Scalar:
    """The scalar at the end of a path along foreign keys (`snapshot__upstream__name`)."""
    name, _, rest = path.partition("__")
    column = model._meta.get_field(name)
    return of_path(column.related_model, rest) if rest else of_field(column)


def _of_column(column: Any) -> Scalar:
    for kind, scalar in _OF_COLUMN.items():
        if isinstance(column, kind):
            return scalar
    match column:
        case models.IntegerField():
            lowest, highest = connection.ops.integer_field_range(column.get_internal_type())
            return integer(-(2**63) if lowest is None else lowest, 2**63 - 1 if highest is None else highest)
        case models.DecimalField():
            return decimal(column.max_digits, column.decimal_places)
        case ArrayField():
            item = _of_column(column.base_field)
            if item.sql == "{}":
                return array(item)
        case models.CharField() | models.TextField() | models.GenericIPAddressField():
            return choice([str(value) for value, _ in column.choices]) if column.choices else text(column.max_length)
    raise TypeError(f"{column} has no form in JSON")
