"""Foreign keys in PostgreSQL's terms: what it takes, and why it refuses the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ingest import ir
from ingest.rendering import types
from ingest.rendering.keys import MAX_KEYS
from ingest.rendering.names import Names
from ingest.rendering.result import Aspect, Omission

_ACTIONS = (None, "restrict", "cascade", "set null", "set default")


def declare(table: ir.Table, tables: Mapping[str, ir.Table]) -> tuple[ir.Table, tuple[Omission, ...]]:
    """The table with the foreign keys that PostgreSQL takes, all of them enforced; and the others.

    All `tables` are declared already, with their final names; the references of `table` name them.
    """
    names = Names(name for name in _constraint_names(table) if name)
    kept: list[ir.ForeignKey] = []
    omissions: list[Omission] = []
    for key in table.foreign_keys:
        target = tables.get(key.references)
        key = replace(key, referenced_columns=_referenced_columns(key, target))  # noqa: PLW2901
        reason = next(_objections(key, table, target), None)
        if reason:
            columns, targets = ", ".join(key.columns), ", ".join(key.referenced_columns)
            what = f"{key.name or 'without a name'} of {table.name} ({columns}) to {key.references} ({targets})"
            omissions.append(Omission(aspect=Aspect.FOREIGN_KEY, what=what, reason=reason, position=key.position))
            continue
        wanted = key.name or f"{table.name}_{'_'.join(key.columns)}_fkey"
        kept.append(
            replace(
                key,
                name=names.take(wanted),
                on_delete=_action(key.on_delete),
                on_update=_action(key.on_update),
                enforced=True,
            )
        )
    return replace(table, foreign_keys=tuple(kept)), tuple(omissions)


def _constraint_names(table: ir.Table) -> Iterator[str | None]:
    yield table.primary_key.name if table.primary_key else None
    yield from (index.name for index in table.indexes if index.is_constraint)
    yield from (check.name for check in table.checks)


def _referenced_columns(key: ir.ForeignKey, target: ir.Table | None) -> tuple[str, ...]:
    if key.referenced_columns or target is None or target.primary_key is None:
        return key.referenced_columns
    return target.primary_key.columns


def _action(action: str | None) -> str | None:
    return None if action == "no action" else action


def _objections(key: ir.ForeignKey, table: ir.Table, target: ir.Table | None) -> Iterator[str]:
    """Reasons why PostgreSQL would refuse the key."""
    if target is None:
        yield f"the catalog has no table {key.references}"
        return
    columns = [table.column(name) for name in key.columns]
    referenced = [target.column(name) for name in key.referenced_columns]
    yield from (f"{table.name} has no column {name}" for name in key.columns if table.column(name) is None)
    yield from (f"{target.name} has no column {name}" for name in key.referenced_columns if target.column(name) is None)
    if not key.columns or len(key.columns) != len(key.referenced_columns):
        yield f"{len(key.columns)} columns cannot refer to {len(key.referenced_columns)}"
    if len(key.columns) > MAX_KEYS:
        yield f"a key has at most {MAX_KEYS} columns"
    if not any(set(key.referenced_columns) == unique for unique in unique_sets(target)):
        yield f"{', '.join(key.referenced_columns)} of {target.name} is not unique"
    if len(set(key.referenced_columns)) != len(key.referenced_columns):
        yield "it names a column twice"
    for column, other in zip(columns, referenced, strict=False):
        if column is not None and other is not None:
            if not types.can_reference(column.type.raw, other.type.raw):
                yield f"{column.name} is {column.type.raw}, and {target.name}.{other.name} is {other.type.raw}"
            if column.generated is not None and _changes(key):
                yield f"{column.name} is generated, so that no action can change it"
    yield from _action_objections(key)


def unique_sets(table: ir.Table) -> Iterator[set[str]]:
    """The sets of columns that a foreign key may refer to: the primary key, and unique indexes of whole columns."""
    if table.primary_key:
        yield set(table.primary_key.columns)
    for index in table.indexes:
        is_whole = not any(part.is_expression for part in index.parts)
        if index.unique and is_whole and index.predicate is None and not index.deferrable:
            yield {part.text for part in index.parts}


def _changes(key: ir.ForeignKey) -> bool:
    """Whether one of the key's actions writes into its own columns."""
    return (key.on_delete or "").startswith("set") or (key.on_update or "").startswith(("set", "cascade"))


def _action_objections(key: ir.ForeignKey) -> Iterator[str]:
    for event, action in (("delete", key.on_delete), ("update", key.on_update)):
        words, _, columns = (_action(action) or "").partition(" (")
        if words and words not in _ACTIONS:
            yield f"PostgreSQL has no action {words!r}"
        named = columns.removesuffix(")").split(", ") if columns else []
        if named and (event == "update" or not words.startswith("set") or not set(named) <= set(key.columns)):
            yield f"the action {action!r} names columns that it cannot set"
