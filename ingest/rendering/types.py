"""Types: which PostgreSQL type a column gets. `docs/type-mapping.md` is this file in words, held equal by a test.

A catalog of the dialect `postgresql` keeps its types as they are. All other dialects are mapped from the neutral kind
and the sizes, so that two columns of one kind and size get one type whatever the upstream calls it.
"""

from __future__ import annotations

import re

from ingest import ir

MAX_LENGTH = 10_485_760
"""The longest length that `character varying(n)` may state."""
MAX_PRECISION = 1000
"""The most digits that `numeric(p, s)` may state."""

_INTEGERS = {16: "smallint", 32: "integer", 64: "bigint"}
_FLOATS = {32: "real", 64: "double precision"}
_PLAIN = {
    ir.Kind.BOOLEAN: (ir.Kind.BOOLEAN, "boolean"),
    ir.Kind.BINARY: (ir.Kind.BINARY, "bytea"),
    ir.Kind.DATE: (ir.Kind.DATE, "date"),
    ir.Kind.INTERVAL: (ir.Kind.INTERVAL, "interval"),
    ir.Kind.UUID: (ir.Kind.UUID, "uuid"),
    ir.Kind.JSON: (ir.Kind.JSON, "jsonb"),
    ir.Kind.XML: (ir.Kind.XML, "xml"),
    ir.Kind.ARRAY: (ir.Kind.JSON, "jsonb"),
    ir.Kind.NETWORK: (ir.Kind.NETWORK, "inet"),
    ir.Kind.SEARCH: (ir.Kind.SEARCH, "tsvector"),
}


def mapped(type_: ir.Type) -> ir.Type:
    """The PostgreSQL type for a kind and its sizes, as reading it back gives it. Enums are not mapped here."""
    kind = type_.kind
    if kind is ir.Kind.INTEGER:
        return _integer(type_)
    if kind is ir.Kind.FLOAT:
        bits = 32 if (type_.bits or 64) <= 32 else 64
        return ir.Type(kind=kind, raw=_FLOATS[bits], bits=bits)
    if kind is ir.Kind.DECIMAL:
        return _decimal(type_.precision, type_.scale)
    if kind in (ir.Kind.TIME, ir.Kind.DATETIME):
        precision = type_.precision if type_.precision is not None and 0 <= type_.precision <= 6 else None
        size = "" if precision is None else f"({precision})"
        words = f"time{size} without time zone" if kind is ir.Kind.TIME else f"timestamp{size} with time zone"
        return ir.Type(kind=kind, raw=words, precision=precision)
    if kind is ir.Kind.TEXT and type_.length is not None and 1 <= type_.length <= MAX_LENGTH:
        return ir.Type(kind=kind, raw=f"character varying({type_.length})", length=type_.length)
    kind, raw = _PLAIN.get(kind, (ir.Kind.TEXT, "text"))
    return ir.Type(kind=kind, raw=raw)


def _integer(type_: ir.Type) -> ir.Type:
    bits = type_.bits
    if bits is None and type_.precision is not None:
        bits = 16 if type_.precision <= 4 else 32 if type_.precision <= 9 else 64
    if bits is not None and "unsigned" in type_.raw.lower():
        bits += 1
    width = next((width for width in _INTEGERS if bits is not None and bits <= width), 64)
    return ir.Type(kind=ir.Kind.INTEGER, raw=_INTEGERS[width], bits=width)


def _decimal(precision: int | None, scale: int | None) -> ir.Type:
    if precision is None or not 1 <= precision <= MAX_PRECISION or not 0 <= (scale or 0) <= precision:
        return ir.Type(kind=ir.Kind.DECIMAL, raw="numeric")
    return ir.Type(
        kind=ir.Kind.DECIMAL, raw=f"numeric({precision},{scale or 0})", precision=precision, scale=scale or 0
    )


# --- types of the dialect postgresql: checked, never changed

_MODIFIER = re.compile(r" ?\((\d{1,9})(?:, ?(-?\d{1,9}))?\)")
_INTERVAL = re.compile(r"interval( (year|month|day|hour|minute|second)( to (month|hour|minute|second))?)?")
_LENGTHS = {
    "character varying": MAX_LENGTH,
    "character": MAX_LENGTH,
    "varchar": MAX_LENGTH,
    "bpchar": MAX_LENGTH,
    "char": MAX_LENGTH,
    "bit": 83_886_080,
    "bit varying": 83_886_080,
    "varbit": 83_886_080,
}


def element(raw: str) -> str:
    """The type without the brackets of an array: `text` of `text[]`."""
    return re.sub(r"(\[\d*\])+$", "", raw)


def stem(raw: str) -> str:
    """The type without brackets and sizes: `timestamp with time zone` of `timestamp(3) with time zone[]`."""
    return re.sub(r" ?\([-\d, ]*\)", "", element(raw))


def is_declarable(raw: str, known: frozenset[str]) -> bool:
    """Whether PostgreSQL takes `raw` as a column's type: one of the `known` names, with sizes it may have."""
    text = element(raw)
    modifiers = list(_MODIFIER.finditer(text))
    name = _MODIFIER.sub("", text)
    if name not in known and not _INTERVAL.fullmatch(name):
        return False
    if not modifiers:
        return True
    first, second = modifiers[0].groups()
    if len(modifiers) > 1 or (second is not None and name != "numeric"):
        return False
    if name == "numeric":
        return 1 <= int(first) <= MAX_PRECISION and abs(int(second or 0)) <= MAX_PRECISION
    if name in _LENGTHS:
        return 1 <= int(first) <= _LENGTHS[name]
    return int(first) <= 6 and name.startswith(("time", "interval"))


# --- which types a foreign key may compare

_FAMILIES = {
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "real": "float",
    "double precision": "float",
    "text": "text",
    "character varying": "text",
    "character": "character",
    "date": "datetime",
    "timestamp without time zone": "datetime",
    "timestamp with time zone": "datetime",
    "inet": "network",
    "cidr": "network",
}
_CASTS = {
    ("integer", "numeric"),
    ("integer", "float"),
    ("numeric", "float"),
    ("text", "character"),
    ("time without time zone", "interval"),
    ("character", "text"),
}


def can_reference(column: str, target: str) -> bool:
    """Whether PostgreSQL takes a foreign key of a column of type `column` to a key column of type `target`."""
    families = tuple(_family(raw) for raw in (column, target))
    return families[0] == families[1] or families in _CASTS


def _family(raw: str) -> str:
    name = stem(raw)
    return f"{name}[]" if raw.endswith("]") else _FAMILIES.get(name, name)
