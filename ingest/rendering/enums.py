"""Enums of a catalog as PostgreSQL's enum types."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from ingest import ir
from ingest.rendering import types
from ingest.rendering.names import MAX_BYTES, Names, legal, unspelled
from ingest.rendering.result import Aspect, Omission
from ingest.rendering.terms import POSTGRESQL


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumTypes:
    """The types to create with their values, the type of each column (`table.column` of the catalog), and omissions.

    `unused` are those that no column holds, under the name of the type. The omissions have the enum's name as key.
    """

    values: dict[str, tuple[str, ...]]
    of_column: dict[str, str]
    unused: tuple[ir.Enum, ...]
    omissions: dict[str, Omission]


def enum_types(catalog: ir.Catalog, reserved: Collection[str]) -> EnumTypes:
    """One type for each enum of another dialect; in PostgreSQL's own, the types that the columns name.

    `reserved` are the names of tables and types that PostgreSQL would not give twice.
    """
    is_native = catalog.dialect == POSTGRESQL
    names = Names(reserved)
    columns = {f"{table.name}.{column.name}": column for table in catalog.tables for column in table.columns}
    values: dict[str, tuple[str, ...]] = {}
    of_column: dict[str, str] = {}
    unused: list[ir.Enum] = []
    omissions: dict[str, Omission] = {}
    for enum in catalog.enums:
        column = columns.get(enum.name)
        wanted = _wanted(enum, column, is_native)
        reason = _objection(enum, column, is_native)
        if is_native and not reason:
            reason = _name_objection(wanted, enum.values, values, reserved)
        if reason or wanted is None:
            what = f"{enum.name} ({', '.join(enum.values)})"
            reason = reason or "its type has no name of its own"
            omissions[enum.name] = Omission(aspect=Aspect.ENUM, what=what, reason=reason, position=enum.position)
            continue
        name = wanted if is_native else names.take(wanted)
        values[name] = enum.values
        if column is None:
            unused.append(replace(enum, name=name))
        else:
            of_column[enum.name] = name
    return EnumTypes(values=values, of_column=of_column, unused=tuple(unused), omissions=omissions)


def _wanted(enum: ir.Enum, column: ir.Column | None, is_native: bool) -> str | None:
    if not is_native:
        return enum.name.replace(".", "_")
    return enum.name if column is None else unspelled(types.element(column.type.raw))


def _objection(enum: ir.Enum, column: ir.Column | None, is_native: bool) -> str | None:
    kinds = (ir.Kind.ENUM, ir.Kind.ARRAY) if is_native else (ir.Kind.ENUM,)
    if column is not None and column.type.kind not in kinds:
        return f"the column's type is {column.type.raw}, and the values are kept by the upstream's code"
    if len(set(enum.values)) != len(enum.values):
        return "a value stands in it twice"
    if any(len(value.encode("utf-8", "replace")) > MAX_BYTES for value in enum.values):
        return f"PostgreSQL's enum values have at most {MAX_BYTES} bytes"
    if any(value and legal(value) != value for value in enum.values):
        return "a value has a character that PostgreSQL cannot store"
    return None


def _name_objection(
    name: str | None,
    values: tuple[str, ...],
    known: dict[str, tuple[str, ...]],
    reserved: Collection[str],
) -> str | None:
    if name is not None and (legal(name) != name or len(name.encode()) > MAX_BYTES or name in reserved):
        return "its type's name is too long, taken or no name"
    if name is not None and known.get(name, values) != values:
        return "another column gives the same type other values"
    return None
