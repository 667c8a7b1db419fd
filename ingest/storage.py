"""A catalog as rows of the database, and the rows as the catalog again: :func:`write` and :func:`catalog_of`.

Written with COPY, read with one query a model. What comes back equals what went in, in canonical order.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models
from psycopg import sql
from psycopg.types.json import Jsonb

from azora.kernel.errors import Invalid
from ingest import ir
from ingest.models import Check, Column, Enum, ForeignKey, Index, Problem, Relationship, Snapshot, Table
from ingest.models.schema import NAME_LENGTH

Row = dict[str, Any]
Fact = TypeVar("Fact")

#: The fields that a value of `ir` and its row have in common, under the same name.
COLUMN = ("name", "nullable", "default", "generated", "identity")
TYPE = ("length", "bits", "precision", "scale")
FOREIGN_KEY = (
    "columns", "references", "referenced_columns", "name", "on_delete", "on_update", "deferrable", "enforced",
)  # fmt: skip
INDEX = ("unique", "name", "method", "predicate", "include", "is_constraint", "nulls_not_distinct", "deferrable")
CHECK = ("expression", "name")
ENUM = ("name", "values")
RELATIONSHIP = ("source", "target")
PROBLEM = ("reason", "text", "statements")

_LARGEST = 2**63 - 1
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class NotStorable(Invalid):
    """What {place} says cannot be stored: {reason}."""


def write(snapshot: Snapshot, catalog: ir.Catalog) -> None:
    """Write what the canonical catalog, which :func:`check` has let pass, holds as rows of this (stored) snapshot,
    inside the caller's transaction."""
    tables = dict(zip((table.name for table in catalog.tables), _new_ids(len(catalog.tables)), strict=True))
    owners = {f"{table.name}.{column.name}": tables[table.name] for table in catalog.tables for column in table.columns}

    def of_tables(attribute: str, row: Callable[[Any], Row]) -> Iterator[Row]:
        for table in catalog.tables:
            for ordinal, fact in enumerate(getattr(table, attribute)):
                yield {"table_id": tables[table.name], **_place(ordinal, fact), **row(fact)}

    def of_snapshot(facts: Iterable[Any], row: Callable[[Any], Row]) -> Iterator[Row]:
        for ordinal, fact in enumerate(facts):
            yield {"snapshot_id": snapshot.pk, **_place(ordinal, fact), **row(fact)}

    def foreign_key_row(key: ir.ForeignKey) -> Row:
        return {**_plain(key, FOREIGN_KEY), "target_id": tables.get(key.references)}

    def relationship_row(relationship: ir.Relationship) -> Row:
        return {
            **_plain(relationship, RELATIONSHIP),
            "origin": relationship.origin.value,
            "confidence": Decimal(repr(relationship.confidence)),
            "source_table_id": owners.get(relationship.source),
            "target_table_id": tables.get(relationship.target),
        }

    _copy(Table, of_snapshot(catalog.tables, lambda table: {"id": tables[table.name], **_table_row(table)}))
    _copy(Column, of_tables("columns", _column_row))
    _copy(ForeignKey, of_tables("foreign_keys", foreign_key_row))
    _copy(Index, of_tables("indexes", _index_row))
    _copy(Check, of_tables("checks", lambda check: _plain(check, CHECK)))
    _copy(Enum, of_snapshot(catalog.enums, lambda enum: _plain(enum, ENUM)))
    _copy(Relationship, of_snapshot(catalog.relationships, relationship_row))
    _copy(Problem, of_snapshot(catalog.problems, lambda problem: _plain(problem, PROBLEM)))


def catalog_of(snapshot: Snapshot) -> ir.Catalog:
    """The catalog that was stored as this snapshot, in canonical order: eight queries, whatever its size."""
    columns = _by_table(snapshot, Column, _column)
    foreign_keys = _by_table(snapshot, ForeignKey, lambda row: ir.ForeignKey(**_values(row, FOREIGN_KEY)))
    indexes = _by_table(snapshot, Index, _index)
    checks = _by_table(snapshot, Check, lambda row: ir.Check(**_values(row, CHECK)))
    return ir.Catalog(
        upstream=snapshot.upstream.name,
        repository=snapshot.repository,
        commit=snapshot.commit,
        dialect=snapshot.dialect,
        seen=snapshot.seen,
        understood=snapshot.understood,
        extensions=tuple(snapshot.extensions),
        tables=tuple(
            ir.Table(
                name=table.name,
                position=_position(table),
                columns=tuple(columns[table.pk]),
                primary_key=_primary_key(table),
                foreign_keys=tuple(foreign_keys[table.pk]),
                indexes=tuple(indexes[table.pk]),
                checks=tuple(checks[table.pk]),
            )
            for table in Table.objects.filter(snapshot=snapshot).order_by("ordinal")
        ),
        enums=tuple(
            ir.Enum(**_values(row, ENUM)) for row in Enum.objects.filter(snapshot=snapshot).order_by("ordinal")
        ),
        relationships=tuple(
            ir.Relationship(
                **_values(row, RELATIONSHIP), origin=ir.Origin(row.origin), confidence=float(row.confidence)
            )
            for row in Relationship.objects.filter(snapshot=snapshot).order_by("ordinal")
        ),
        problems=tuple(
            ir.Problem(**_values(row, PROBLEM)) for row in Problem.objects.filter(snapshot=snapshot).order_by("ordinal")
        ),
    )


# --- from values to rows


def _plain(fact: Any, names: tuple[str, ...]) -> Row:
    """The fields of these names; a tuple as a list, which is PostgreSQL's array."""
    values = {name: getattr(fact, name) for name in names}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _place(ordinal: int, fact: Any) -> Row:
    return {"ordinal": ordinal, "file": fact.position.file, "line": fact.position.line}


def _table_row(table: ir.Table) -> Row:
    key = table.primary_key
    return {
        "name": table.name,
        "primary_key": list(key.columns) if key else None,
        "primary_key_name": key.name if key else None,
        "primary_key_file": key.position.file if key else None,
        "primary_key_line": key.position.line if key else None,
    }


def _column_row(column: ir.Column) -> Row:
    return {
        **_plain(column, COLUMN),
        **_plain(column.type, TYPE),
        "kind": column.type.kind.value,
        "type": column.type.raw,
    }


def _index_row(index: ir.Index) -> Row:
    is_plain = all(part == ir.IndexPart(text=part.text) for part in index.parts)
    parts = [
        {
            "expression": part.is_expression,
            "operator_class": part.operator_class,
            "descending": part.descending,
            "nulls": part.nulls_first if part.nulls_first is None else ("first" if part.nulls_first else "last"),
        }
        for part in index.parts
    ]
    return {
        **_plain(index, INDEX),
        "columns": list(index.columns),
        "parts": None if is_plain else Jsonb(parts),
    }


def _new_ids(count: int) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT azora_uuid7() FROM generate_series(1, %s)", [count])
        return [identifier for (identifier,) in cursor.fetchall()]


def _copy(model: type[models.Model], rows: Iterator[Row]) -> None:
    """Send rows, which all have the same keys, as COPY; what they leave out gets its default in the database."""
    first = next(rows, None)
    if first is None:
        return
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, first))
    )
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        copy.write_row(list(first.values()))
        for row in rows:
            copy.write_row(list(row.values()))


# --- from rows to values


def _position(row: Any) -> ir.Position:
    return ir.Position(file=row.file, line=row.line)


def _values(row: Any, names: tuple[str, ...]) -> Row:
    values = {name: getattr(row, name) for name in names}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return {**values, "position": _position(row)}


def _by_table(
    snapshot: Snapshot, model: type[models.Model], make: Callable[[Any], Fact]
) -> defaultdict[UUID, list[Fact]]:
    """The values of this model's rows, in their order, by the table that they belong to."""
    rows = model._default_manager.filter(table__snapshot=snapshot).order_by("ordinal")
    found: defaultdict[UUID, list[Fact]] = defaultdict(list)
    for row in rows.iterator(chunk_size=5000):
        found[row.table_id].append(make(row))  # type: ignore[attr-defined]
    return found


def _primary_key(table: Table) -> ir.PrimaryKey | None:
    if table.primary_key is None:
        return None
    assert table.primary_key_file is not None
    assert table.primary_key_line is not None
    return ir.PrimaryKey(
        columns=tuple(table.primary_key),
        name=table.primary_key_name,
        position=ir.Position(file=table.primary_key_file, line=table.primary_key_line),
    )


def _column(row: Column) -> ir.Column:
    sizes = {name: getattr(row, name) for name in TYPE}
    return ir.Column(**_values(row, COLUMN), type=ir.Type(kind=ir.Kind(row.kind), raw=row.type, **sizes))


def _index(row: Index) -> ir.Index:
    details = row.parts or [{}] * len(row.columns)
    parts = tuple(
        ir.IndexPart(
            text=text,
            is_expression=part.get("expression", False),
            operator_class=part.get("operator_class"),
            descending=part.get("descending", False),
            nulls_first={"first": True, "last": False}.get(part.get("nulls")),
        )
        for text, part in zip(row.columns, details, strict=True)
    )
    return ir.Index(**_values(row, INDEX), parts=parts)


# --- what no row can hold


def check(catalog: ir.Catalog) -> None:
    """Raise :class:`NotStorable` for what no reader should let through: a name of over 300 characters, a NUL."""

    def refuse(place: object, reason: str) -> None:
        raise NotStorable(place=place, reason=reason)

    for table in catalog.tables:
        for name, position in ((named.name, named.position) for named in _named(table)):
            if len(name) > NAME_LENGTH:
                refuse(position, f"the name {name[:20]!r}… has over {NAME_LENGTH} characters")
    for enum in catalog.enums:
        if len(enum.name) > 2 * NAME_LENGTH + 1:
            refuse(enum.position, f"the name {enum.name[:20]!r}… has over {2 * NAME_LENGTH + 1} characters")
    for relationship in catalog.relationships:
        if not 0 <= relationship.confidence <= 1 or round(relationship.confidence, 3) != relationship.confidence:
            refuse(relationship.position, f"{relationship.confidence} is no confidence: 0 to 1 with three decimals")
    for place, leaf in _leaves(catalog, "the catalog"):
        if isinstance(leaf, str) and _UNSTORABLE.search(leaf):
            refuse(place, "it has a NUL or half a surrogate pair, which PostgreSQL does not take")
        elif isinstance(leaf, int) and not -_LARGEST <= leaf <= _LARGEST:
            refuse(place, f"the number {leaf} is too large")


def _named(table: ir.Table) -> Iterator[ir.Table | ir.Column]:
    yield table
    yield from table.columns


def _leaves(value: Any, place: object) -> Iterator[tuple[object, Any]]:
    """Every text and number in a value, each with the nearest position around it."""
    if isinstance(value, tuple):
        for item in value:
            yield from _leaves(item, place)
    elif is_dataclass(value):
        place = getattr(value, "position", place)
        for name in _names(value.__class__):
            yield from _leaves(getattr(value, name), place)
    else:
        yield place, value


@cache
def _names(of: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(of))
