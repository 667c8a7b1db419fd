"""Primary keys, indexes, unique constraints and checks of a table in PostgreSQL's terms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ingest import ir
from ingest.rendering import types
from ingest.rendering.expressions import settled
from ingest.rendering.names import Names
from ingest.rendering.result import Aspect, Omission
from ingest.rendering.terms import Terms

MAX_KEYS = 32
"""The most columns that one index of PostgreSQL has."""

METHODS = ("btree", "hash", "gin", "gist", "spgist", "brin")
_COVERING = ("btree", "gist", "spgist")
# Types whose values PostgreSQL cannot compare, so that no B-tree can hold them.
_UNORDERED = frozenset(
    {"json", "jsonpath", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle", "xid", "cid"}
)
# What indexes of other dialects may use beside B-trees over whole columns: method and operator class to stems of types.
_TEXTS = frozenset({"text", "character varying"})
_ELSEWHERE: dict[tuple[str, str | None], frozenset[str]] = {
    ("btree", "varchar_pattern_ops"): _TEXTS,
    ("btree", "text_pattern_ops"): _TEXTS,
    ("gin", None): frozenset({"jsonb", "tsvector"}),
    ("gin", "jsonb_path_ops"): frozenset({"jsonb"}),
    ("gin", "gin_trgm_ops"): _TEXTS,
    ("gist", "gist_trgm_ops"): _TEXTS,
    ("gist", None): frozenset({"tsvector"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableKeys:
    """Declares what stands inside one table, whose columns are declared already.

    `replaced` are columns whose own type could not be had.
    """

    terms: Terms
    table: ir.Table
    replaced: frozenset[str]

    def declare(self) -> tuple[ir.Table, tuple[Omission, ...]]:
        """The table with the keys, indexes and checks that PostgreSQL takes; and the others."""
        omissions: list[Omission] = []
        constraint_names = Names()
        primary_key = self._primary_key(constraint_names, omissions)
        indexes = [index for index in self.table.indexes if self._keep_index(index, omissions)]
        checks = [check for check in self.table.checks if self._keep_check(check, omissions)]
        key_columns = primary_key.columns if primary_key else ()
        declared = replace(
            self.table,
            columns=tuple(
                replace(column, nullable=column.nullable and column.name not in key_columns)
                for column in self.table.columns
            ),
            primary_key=primary_key,
            indexes=tuple(self._index(index, constraint_names) for index in indexes),
            checks=tuple(
                replace(
                    check,
                    expression=settled(check.expression),
                    name=constraint_names.take(check.name or f"{self.table.name}_check"),
                )
                for check in checks
            ),
            foreign_keys=self.table.foreign_keys,
        )
        return declared, tuple(omissions)

    # --- primary key

    def _primary_key(self, names: Names, omissions: list[Omission]) -> ir.PrimaryKey | None:
        key = self.table.primary_key
        if key is None:
            return None
        parts = tuple(ir.IndexPart(text=column) for column in key.columns)
        as_index = ir.Index(parts=parts, unique=True, position=key.position)
        repeated = len(set(key.columns)) != len(key.columns)
        reason = "it names a column twice" if repeated else next(self._objections(as_index), None)
        if reason:
            what = f"of {self.table.name} ({', '.join(key.columns)})"
            omissions.append(Omission(aspect=Aspect.PRIMARY_KEY, what=what, reason=reason, position=key.position))
            return None
        wanted = key.name if self.terms.is_native else None
        return replace(key, name=names.take(self.terms.relation_names.take(wanted or f"{self.table.name}_pkey")))

    # --- indexes and unique constraints

    def _keep_index(self, index: ir.Index, omissions: list[Omission]) -> bool:
        reason = next(self._objections(index), None)
        if reason:
            what = f"{index.name or 'without a name'} of {self.table.name} ({', '.join(index.columns)})"
            aspect = Aspect.UNIQUE if index.unique else Aspect.INDEX
            omissions.append(Omission(aspect=aspect, what=what, reason=reason, position=index.position))
        return reason is None

    def _objections(self, index: ir.Index) -> Iterator[str]:
        """Reasons why PostgreSQL would refuse the index."""
        method = index.method or "btree"
        if not index.parts:
            yield "it has no keys"
        if len(index.parts) + len(index.include) > MAX_KEYS:
            yield f"an index has at most {MAX_KEYS} columns"
        if method not in METHODS:
            yield f"PostgreSQL has no index of the kind {method}"
        if index.is_constraint and not index.unique:
            yield "the catalog does not hold what an exclusion constraint excludes"
        if index.unique and method != "btree":
            yield "only a B-tree can be unique"
        if method == "hash" and len(index.parts) > 1:
            yield "a hash index has one column"
        if index.include and method not in _COVERING:
            yield f"an index of the kind {method} includes no other columns"
        yield from (f"the table has no column {name}" for name in index.include if self.table.column(name) is None)
        for part in index.parts:
            yield from self._part_objections(part, method)
        if index.predicate is not None:
            reason = self.terms.objection(index.predicate, self._columns)
            if reason:
                yield reason

    def _part_objections(self, part: ir.IndexPart, method: str) -> Iterator[str]:
        if method != "btree" and (part.descending or part.nulls_first is not None):
            yield "only a B-tree has an order"
        if part.operator_class is not None and part.operator_class not in self.terms.vocabulary.operator_classes:
            yield f"PostgreSQL has no operator class {part.operator_class}"
        if part.is_expression:
            reason = self.terms.objection(part.text, self._columns)
            if reason:
                yield reason
            return
        column = self.table.column(part.text)
        if column is None:
            yield f"the table has no column {part.text}"
            return
        stem = types.stem(column.type.raw)
        is_plain = method == "btree" and part.operator_class is None
        if is_plain and stem in _UNORDERED:
            yield f"values of the type {stem} have no order"
        if is_plain or (self.terms.is_native and column.name not in self.replaced):
            return
        is_taken = method in ("hash", "brin") and part.operator_class is None and stem not in _UNORDERED
        if not is_taken and stem not in _ELSEWHERE.get((method, part.operator_class), ()):
            yield f"a column of the type {column.type.raw} cannot have {part.operator_class or 'an index'} in {method}"

    def _index(self, index: ir.Index, constraint_names: Names) -> ir.Index:
        """The index as PostgreSQL holds it, with a name that is unique in the schema."""
        parts = tuple(
            replace(
                part,
                text=settled(part.text) if part.is_expression else part.text,
                nulls_first=None if part.nulls_first == part.descending else part.nulls_first,
            )
            for part in index.parts
        )
        is_plain = all(part == ir.IndexPart(text=part.text) for part in parts) and len(set(parts)) == len(parts)
        is_constraint = index.is_constraint and is_plain and index.predicate is None
        name = self.terms.relation_names.take(self._wanted_name(index))
        return replace(
            index,
            parts=parts,
            name=constraint_names.take(name) if is_constraint else name,
            method=index.method or "btree",
            predicate=index.predicate and settled(index.predicate),
            is_constraint=is_constraint,
            nulls_not_distinct=index.nulls_not_distinct and index.unique,
            deferrable=index.deferrable and is_constraint,
        )

    def _wanted_name(self, index: ir.Index) -> str:
        """The index's own name; where such names are unique in their table only, with the table's name before it."""
        table = self.table.name
        if index.name is None:
            columns = "_".join("expr" if part.is_expression else part.text for part in index.parts)
            return f"{table}_{columns}_{'key' if index.unique else 'idx'}"
        return index.name if self.terms.is_native or index.name.startswith(table) else f"{table}_{index.name}"

    # --- checks

    def _keep_check(self, check: ir.Check, omissions: list[Omission]) -> bool:
        reason = self.terms.objection(check.expression, self._columns)
        if reason:
            what = f"{check.name or 'without a name'} of {self.table.name}: {check.expression}"
            omissions.append(Omission(aspect=Aspect.CHECK, what=what, reason=reason, position=check.position))
        return reason is None

    @property
    def _columns(self) -> frozenset[str]:
        return frozenset(column.name for column in self.table.columns)
