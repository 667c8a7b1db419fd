"""Keys and indexes as attributes of Prisma models, and what of them Prisma cannot say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingest import ir
from ingest.rendering import types
from ingest.rendering.prisma_fields import FieldType, string
from ingest.rendering.result import Aspect, Omission

_METHODS = {"btree": "", "hash": "Hash", "gin": "Gin", "gist": "Gist", "spgist": "SpGist", "brin": "Brin"}
# The operator classes of btree_gin and btree_gist have their names from these. Prisma does not know that they are the
# usual ones of their types, so that they must be written.
_COMPARED = {
    "smallint": "int2",
    "integer": "int4",
    "bigint": "int8",
    "oid": "oid",
    "real": "float4",
    "double precision": "float8",
    "numeric": "numeric",
    "boolean": "bool",
    "text": "text",
    "character varying": "text",
    "character": "bpchar",
    "uuid": "uuid",
    "inet": "inet",
    "bytea": "bytea",
    "date": "date",
    "time without time zone": "time",
    "time with time zone": "timetz",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The fields of one model: by column, the field's name and its type."""

    names: Mapping[str, str]
    types: Mapping[str, FieldType]


def key_attributes(table: ir.Table, fields: Fields) -> tuple[dict[str, str], list[str]]:
    """The primary key: as `@id` of one column's field, or as a line with `@@id`; neither with a list in it."""
    key = table.primary_key
    if key is None or _has_list(key, fields):
        return {}, []
    name = f"map: {string(key.name or '')}"
    if len(key.columns) == 1:
        return {key.columns[0]: f"@id({name})"}, []
    return {}, [f"@@id([{', '.join(fields.names[column] for column in key.columns)}], {name})"]


def key_omissions(table: ir.Table, fields: Fields) -> Iterator[Omission]:
    """The primary key, where Prisma cannot say it."""
    key = table.primary_key
    if key is not None and _has_list(key, fields):
        what = f"{key.name} of {table.name} ({', '.join(key.columns)})"
        reason = "Prisma has no lists in a primary key"
        yield Omission(aspect=Aspect.PRIMARY_KEY, what=what, reason=reason, position=key.position)


def _has_list(key: ir.PrimaryKey, fields: Fields) -> bool:
    return any(fields.types[column].is_list for column in key.columns)


def index_attribute(index: ir.Index, table: ir.Table, fields: Fields) -> str | None:
    """`@@unique` or `@@index`; None where Prisma cannot say the index at all."""
    if next(_refusals(index, table, fields), None):
        return None
    word = "@@unique" if index.unique else "@@index"
    parts = ", ".join(_part(part, index, table, fields) for part in index.parts)
    method = _METHODS[index.method or "btree"]
    kind = f", type: {method}" if method else ""
    return f"{word}([{parts}], map: {string(index.name or '')}{kind})"


def index_omissions(index: ir.Index, table: ir.Table, fields: Fields) -> Iterator[Omission]:
    """What Prisma cannot say of the index: all of it, for one reason, or some of its properties."""
    refusals = list(_refusals(index, table, fields))
    for reason in refusals[:1] or _properties(index):
        what = f"{index.name} of {table.name} ({', '.join(index.columns)})"
        aspect = Aspect.UNIQUE if index.unique else Aspect.INDEX
        yield Omission(aspect=aspect, what=what, reason=reason, position=index.position)


def unique_columns(table: ir.Table, fields: Fields) -> Iterator[tuple[str, ...]]:
    """The columns of the primary key and of each unique index that Prisma can say."""
    if table.primary_key and not _has_list(table.primary_key, fields):
        yield table.primary_key.columns
    for index in table.indexes:
        if index.unique and next(_refusals(index, table, fields), None) is None:
            yield index.columns


def _refusals(index: ir.Index, table: ir.Table, fields: Fields) -> Iterator[str]:
    if any(part.is_expression for part in index.parts):
        yield "Prisma has no indexes over expressions"
        return
    if index.predicate is not None:
        yield "Prisma has no partial indexes"
    if len(set(index.columns)) < len(index.parts):
        yield "Prisma names no column of an index twice"
    if index.method not in (None, "btree", "hash"):
        for part in index.parts:
            if _class(part, index, table, fields) is None and not _is_usual(part, index, fields):
                yield f"Prisma does not take {part.text} in an index of the kind {index.method}"


def _properties(index: ir.Index) -> Iterator[str]:
    if index.include:
        yield f"Prisma cannot say that it includes {', '.join(index.include)}"
    if index.nulls_not_distinct:
        yield "Prisma cannot say that its nulls are not distinct"
    if index.deferrable:
        yield "Prisma cannot say that it is deferrable"
    for part in index.parts:
        if part.nulls_first is not None:
            yield f"Prisma cannot say where the nulls of {part.text} stand"
        if part.operator_class and index.unique:
            yield f"Prisma cannot say the operator class {part.operator_class} of a unique index"


def _part(part: ir.IndexPart, index: ir.Index, table: ir.Table, fields: Fields) -> str:
    operator_class = None if index.unique else _class(part, index, table, fields)
    arguments = [f"ops: raw({string(operator_class)})"] if operator_class else []
    if part.descending:
        arguments.append("sort: Desc")
    name = fields.names[part.text]
    return f"{name}({', '.join(arguments)})" if arguments else name


def _class(part: ir.IndexPart, index: ir.Index, table: ir.Table, fields: Fields) -> str | None:
    """The operator class that must be written."""
    if part.operator_class is not None or index.method not in ("gin", "gist") or _is_usual(part, index, fields):
        return part.operator_class
    column = table.column(part.text)
    name = _COMPARED.get(types.stem(column.type.raw)) if column else None
    if name is None:
        return None
    return f"{name}_ops" if index.method == "gin" else f"gist_{name}_ops"


def _is_usual(part: ir.IndexPart, index: ir.Index, fields: Fields) -> bool:
    """Whether Prisma takes the field in such an index without an operator class."""
    type_ = fields.types[part.text]
    if not type_.is_supported:
        return True
    if index.method == "gin":
        return type_.is_list or type_.base == "Json"
    if index.method == "spgist":
        return type_.base == "String" and not type_.is_list
    return index.method == "brin" and not type_.is_list and type_.base not in ("Boolean", "Json")
