"""Columns as fields of Prisma models: type, native type, default. Facts from Prisma's schema reference, version 7."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from ingest import ir
from ingest.rendering import expressions, types
from ingest.rendering.names import Names

UNSUPPORTED = "Unsupported"
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

# PostgreSQL's type without sizes to Prisma's type and native type. The second is empty where it is Prisma's usual one.
_TYPES = {
    "smallint": ("Int", "SmallInt"),
    "integer": ("Int", ""),
    "bigint": ("BigInt", ""),
    "oid": ("Int", "Oid"),
    "numeric": ("Decimal", "Decimal"),
    "money": ("Decimal", "Money"),
    "real": ("Float", "Real"),
    "double precision": ("Float", ""),
    "boolean": ("Boolean", ""),
    "text": ("String", ""),
    "character varying": ("String", "VarChar"),
    "character": ("String", "Char"),
    "citext": ("String", "Citext"),
    "uuid": ("String", "Uuid"),
    "xml": ("String", "Xml"),
    "inet": ("String", "Inet"),
    "bit": ("String", "Bit"),
    "bit varying": ("String", "VarBit"),
    "bytea": ("Bytes", ""),
    "date": ("DateTime", "Date"),
    "time without time zone": ("DateTime", "Time"),
    "time with time zone": ("DateTime", "Timetz"),
    "timestamp without time zone": ("DateTime", "Timestamp"),
    "timestamp with time zone": ("DateTime", "Timestamptz"),
    "json": ("Json", "Json"),
    "jsonb": ("Json", ""),
}
_TIMES = {"Time", "Timetz", "Timestamp", "Timestamptz"}
_TEXT_TYPES = {"text", "character varying", "character", "citext"}
_SIZES = re.compile(r"\((-?\d+)(?:,(-?\d+))?\)")
_NUMBER = re.compile(r"(?:'(-?\d+(?:\.\d+)?)'::(?:integer|bigint|smallint|numeric)|(\d+(?:\.\d+)?))")
_STRING = re.compile(r"'((?:[^']|'')*)'::(.+)", re.DOTALL)
_CLOCK = {"now()", "CURRENT_TIMESTAMP"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PrismaEnum:
    """An enum of the Prisma schema: its name there, and each database value's identifier."""

    name: str
    identifiers: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldType:
    """`base` is a scalar, an enum's name, or `Unsupported("…")`; `native` is the `@db.` attribute or empty."""

    base: str
    native: str = ""
    is_list: bool = False

    @property
    def is_supported(self) -> bool:
        """Whether Prisma's client reads and writes such a field."""
        return not self.base.startswith(UNSUPPORTED)


def string(text: str) -> str:
    """`text` as a string of a Prisma schema."""
    return json.dumps(text.encode("utf-8", "replace").decode("utf-8"), ensure_ascii=False)


def identifier(name: str, prefix: str) -> str:
    """`name` as Prisma's identifiers are: Latin letters, digits and underscores, a letter first."""
    if _IDENTIFIER.fullmatch(name):
        return name
    text = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
    return text if text[:1].isalpha() else f"{prefix}{text}"


def enum_of(name: str, values: tuple[str, ...]) -> PrismaEnum | None:
    """The enum `name` with a database type's values; None where it has no values, which Prisma does not allow."""
    names = Names()
    identifiers = {value: names.take(identifier(value, "value_")) for value in values}
    return PrismaEnum(name=name, identifiers=identifiers) if values else None


def field_type(raw: str, enums: dict[str, PrismaEnum]) -> FieldType:
    """The type of a column of the PostgreSQL type `raw`. `enums` has those of the schema, by PostgreSQL's spelling."""
    element = types.element(raw)
    is_list = element != raw
    if raw.count("[") > 1 and is_list:
        return FieldType(base=f"{UNSUPPORTED}({string(raw)})")
    if element in enums:
        return FieldType(base=enums[element].name, is_list=is_list)
    stem = types.stem(raw)
    sizes = [int(size) for match in _SIZES.findall(element) for size in match if size]
    if stem not in _TYPES or (stem == "numeric" and not _is_decimal(sizes)):
        return FieldType(base=f"{UNSUPPORTED}({string(raw)})")
    base, native = _TYPES[stem]
    if native in _TIMES:
        sizes = sizes or [6]
    attribute = f"@db.{native}" if native else ""
    if attribute and sizes:
        attribute += f"({', '.join(str(size) for size in sizes)})"
    return FieldType(base=base, native=attribute, is_list=is_list)


def _is_decimal(sizes: list[int]) -> bool:
    """Whether Prisma takes the precision and scale of a decimal: no negative scale, none beyond the precision."""
    return len(sizes) < 2 or 0 <= sizes[1] <= sizes[0]


def default(column: ir.Column, type_: FieldType, enum: PrismaEnum | None) -> str | None:
    """What stands in the field's `@default(…)`: a value where Prisma has one, else the database's expression."""
    expression = column.generated or column.default
    if column.identity or (expression and _counts_up(expression) and type_.base in ("Int", "BigInt")):
        return "autoincrement()"
    if expression is None:
        return None
    if column.generated is None:
        value = _value(expression, column.type.raw, type_, enum)
        if value is not None:
            return value
    return f"dbgenerated({string(expression)})"


def _counts_up(expression: str) -> bool:
    found = expressions.sequences(expression)
    return len(found) == 1 and expression.startswith("nextval(") and expression.endswith("::regclass)")


def _value(expression: str, raw: str, type_: FieldType, enum: PrismaEnum | None) -> str | None:
    """The default as Prisma writes a value of this type; None where only the database can say it."""
    if type_.is_list or not type_.is_supported:
        return "[]" if type_.is_list and type_.is_supported and expression == f"'{{}}'::{raw}" else None
    if type_.base == "DateTime" and expression in _CLOCK and types.stem(raw).startswith("timestamp"):
        return "now()"
    if type_.base == "Boolean" and expression in ("true", "false"):
        return expression
    number = _NUMBER.fullmatch(expression)
    if number and type_.base in ("Int", "BigInt", "Float", "Decimal"):
        text = number.group(1) or number.group(2)
        return None if "." in text and type_.base in ("Int", "BigInt") else text
    quoted = _STRING.fullmatch(expression)
    if quoted is None:
        return None
    content, cast = quoted.group(1).replace("''", "'"), quoted.group(2)
    if enum is not None and cast == raw and content in enum.identifiers:
        return enum.identifiers[content]
    if types.stem(raw) in _TEXT_TYPES and types.stem(cast) in {*_TEXT_TYPES, "bpchar"} and cast == types.stem(cast):
        return string(content)
    return None
