"""Defaults of dialects other than PostgreSQL: literals, and the clock; everything else is code of that dialect.

The result is spelled as PostgreSQL prints it back, so that a schema that was loaded gives the same words again.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable
from decimal import Decimal

from ingest import ir
from ingest.rendering.names import literal

_NUMBER = re.compile(r"[-+]?(?:\d{1,200}(?:\.\d{0,200})?|\.\d{1,200})(?:[eE][-+]?\d{1,2})?")
_STRING = re.compile(r"'((?:[^']|'')*)'", re.DOTALL)
_NOW = re.compile(r"(?:current_timestamp|now|localtimestamp)(?:\(\d?\))?", re.IGNORECASE)
_TRUTH = {"0": "false", "1": "true", "false": "false", "true": "true", "b'0'": "false", "b'1'": "true"}
_MAX_INTEGER = 2**31
_MAX_BIGINT = 2**63


class NotALiteral(ValueError):
    """The default is an expression, or a literal that its column's type does not take."""


def postgresql_default(default: str, type_: ir.Type, values: tuple[str, ...]) -> str | None:
    """The default of a column of the PostgreSQL type `type_`, as PostgreSQL spells it; None for NULL.

    `values` are an enum's. Raises NotALiteral where PostgreSQL has no equal of it.
    """
    text = default.strip()
    if text.lower() == "null":
        return None
    string = _STRING.fullmatch(text)
    content = string.group(1).replace("''", "'") if string else text
    if type_.kind is ir.Kind.ENUM and string and content in values:
        return f"{literal(content)}::{type_.raw}"
    if type_.kind is ir.Kind.BOOLEAN and (text.lower() in _TRUTH or content.lower() in _TRUTH):
        return _TRUTH.get(text.lower()) or _TRUTH[content.lower()]
    if type_.kind is ir.Kind.DATETIME and _NOW.fullmatch(text):
        return "CURRENT_TIMESTAMP"
    if type_.kind is ir.Kind.TEXT and (string or _NUMBER.fullmatch(text)):
        return f"{literal(content)}::{type_.raw.partition('(')[0]}"
    if type_.kind in (ir.Kind.INTEGER, ir.Kind.DECIMAL, ir.Kind.FLOAT) and _NUMBER.fullmatch(content):
        return _number(content, type_.kind)
    if string and type_.kind in _WRITTEN:
        return f"{literal(_WRITTEN[type_.kind](content))}::{type_.raw}"
    raise NotALiteral(f"{default!r} is no literal of the type {type_.raw}")


def _number(text: str, kind: ir.Kind) -> str:
    value = Decimal(text)
    digits = f"{value:f}"
    if value == value.to_integral_value() and (kind is ir.Kind.INTEGER or "." not in digits):
        return _integer(int(value))
    if kind is ir.Kind.INTEGER:
        raise NotALiteral(f"{text} is no whole number")
    return f"{literal(digits)}::numeric" if value.is_signed() else digits


def _integer(value: int) -> str:
    if -_MAX_INTEGER <= value < _MAX_INTEGER:
        return str(value) if value >= 0 else f"'{value}'::integer"
    if -_MAX_BIGINT <= value < _MAX_BIGINT:
        return f"'{value}'::bigint"
    return str(value) if value >= 0 else f"'{value}'::numeric"


def _date(text: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise NotALiteral(f"{text!r} is no date") from None


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise NotALiteral(f"{text!r} is no UUID") from None


def _json(text: str) -> str:
    if text.strip() not in ("{}", "[]"):
        raise NotALiteral("PostgreSQL prints JSON anew, in an order of its own")
    return text.strip()


_WRITTEN: dict[ir.Kind, Callable[[str], str]] = {ir.Kind.DATE: _date, ir.Kind.UUID: _uuid, ir.Kind.JSON: _json}
