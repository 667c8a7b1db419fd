"""Columns of a catalog in PostgreSQL's terms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ingest import ir
from ingest.rendering import expressions, types
from ingest.rendering.defaults import NotALiteral, postgresql_default
from ingest.rendering.names import spelled
from ingest.rendering.result import Aspect, Omission
from ingest.rendering.terms import Terms

SEQUENCE_TYPES = ("smallint", "integer", "bigint")
_COUNTING = (ir.Kind.INTEGER, ir.Kind.DECIMAL, ir.Kind.FLOAT, ir.Kind.TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """A sequence that a default counts up, with its integer type and the column that it belongs to."""

    name: str
    type: str
    table: str
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredColumn:
    """A column in PostgreSQL's terms. `is_replaced`: its own type cannot be had, it got one by its kind."""

    column: ir.Column
    is_replaced: bool
    omissions: tuple[Omission, ...]


class ColumnRules:
    """Declares columns one by one; `sequences` are those that their defaults need, by name."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.sequences: dict[str, Sequence] = {}

    def declare(
        self, column: ir.Column, table: str, others: frozenset[str], enum: ir.Enum | None, enum_type: str | None
    ) -> DeclaredColumn:
        """The column of the declared table `table`, whose stored columns are `others`, with its enum if it has one."""
        omissions: list[Omission] = []

        def omit(aspect: Aspect, what: str, reason: str) -> None:
            what = f"of {table}.{column.name}: {what}"
            omissions.append(Omission(aspect=aspect, what=what, reason=reason, position=column.position))

        type_ = self._type(column.type, enum_type)
        is_replaced = type_ is None
        if type_ is None:
            type_ = types.mapped(column.type)
            omit(Aspect.TYPE, column.type.raw, f"PostgreSQL has no such type, so the column is {type_.raw}")
        generated, default, identity = column.generated, column.default, column.identity
        if generated is not None:
            reason = "its type cannot be had" if is_replaced else self.terms.objection(generated, others)
            if reason:
                omit(Aspect.GENERATED, generated, reason)
                generated = None
        if default is not None:
            default, reason = self._default(default, type_, table, column.name, enum, is_replaced)
            if generated is not None:
                default, reason = None, "a generated column has no default"
            if reason:
                omit(Aspect.DEFAULT, column.default or "", reason)
        if identity and (default is not None or generated is not None or type_.raw not in SEQUENCE_TYPES):
            omit(Aspect.IDENTITY, type_.raw, "only an integer column without default counts up by itself")
            identity = False
        declared = replace(
            column,
            type=type_,
            nullable=column.nullable and not identity,
            generated=generated and expressions.settled(generated),
            default=default,
            identity=identity,
        )
        return DeclaredColumn(column=declared, is_replaced=is_replaced, omissions=tuple(omissions))

    def _type(self, type_: ir.Type, enum_type: str | None) -> ir.Type | None:
        """The type in PostgreSQL; None where the catalog's own is PostgreSQL's and cannot be had."""
        if self.terms.is_native:
            return type_ if types.is_declarable(type_.raw, self.terms.types) else None
        if type_.kind is ir.Kind.ENUM and enum_type is not None:
            return ir.Type(kind=ir.Kind.ENUM, raw=spelled(enum_type))
        return types.mapped(type_)

    def _default(
        self, default: str, type_: ir.Type, table: str, column: str, enum: ir.Enum | None, is_replaced: bool
    ) -> tuple[str | None, str | None]:
        """The default, or the reason why there is none."""
        if not self.terms.is_native:
            try:
                return postgresql_default(default, type_, enum.values if enum else ()), None
            except NotALiteral as error:
                return None, str(error)
        if is_replaced:
            return None, "its type cannot be had"
        found = frozenset(self._free_sequences(expressions.sequences(default)))
        reason = self.terms.objection(default, sequences=found)
        if not reason and default.startswith("nextval(") and type_.kind not in _COUNTING:
            reason = f"a sequence gives no values of the type {type_.raw}"
        if reason:
            return None, reason
        for name in sorted(found - self.sequences.keys()):
            self.terms.relation_names.take(name)
            counted = type_.raw if type_.raw in SEQUENCE_TYPES else "bigint"
            self.sequences[name] = Sequence(name=name, type=counted, table=table, column=column)
        return default, None

    def _free_sequences(self, found: tuple[str, ...]) -> Iterator[str]:
        for name in found:
            if name in self.sequences or self.terms.relation_names.can_take(name):
                yield name
