"""What of a catalog PostgreSQL can declare: the same catalog in PostgreSQL's terms, and the omissions.

Names become unique and legal, types and literal defaults of other dialects are mapped, and each fact that PostgreSQL
would refuse is taken out and listed with the reason. The result is what loading and reading back must give, apart from
positions; the renderers only print it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ingest import ir
from ingest.catalog import canonical
from ingest.rendering import foreign_keys, vocabulary
from ingest.rendering.columns import ColumnRules, Sequence
from ingest.rendering.enums import EnumTypes, enum_types
from ingest.rendering.keys import TableKeys
from ingest.rendering.names import Names
from ingest.rendering.result import Aspect, Omission
from ingest.rendering.terms import POSTGRESQL, Terms

Place = tuple[str, str]
"""A declared table's name and one of its columns' names; the column is empty for what belongs to the table, and both
are for what belongs to the schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declarable:
    """`catalog` in PostgreSQL's terms, and the omissions by the place where a reader of the text looks for them.

    `enum_types` are the values by the name of the type; `identity_sequences` the names of those sequences of identity
    columns whose usual name is not free.
    """

    catalog: ir.Catalog
    enum_types: dict[str, tuple[str, ...]]
    sequences: tuple[Sequence, ...]
    identity_sequences: dict[Place, str]
    omissions: dict[Place, tuple[Omission, ...]]

    def listed(self) -> tuple[Omission, ...]:
        """All omissions: those of the whole schema first, then table by table."""
        return tuple(omission for omissions in self.omissions.values() for omission in omissions)


def declarable(catalog: ir.Catalog) -> Declarable:
    """What PostgreSQL can declare of the catalog."""
    return _Declaration(canonical(catalog)).result()


class _Declaration:
    """Goes over the catalog once: names and enum types, then columns, keys and indexes, foreign keys at last."""

    def __init__(self, catalog: ir.Catalog) -> None:
        self.catalog = catalog
        relation_names = Names(vocabulary.RELATIONS)
        self.table_names = {table.name: relation_names.take(table.name) for table in catalog.tables}
        self.column_names = {table.name: _column_names(table) for table in catalog.tables}
        words = vocabulary.of_extensions(catalog.extensions)
        self.enum_types: EnumTypes = enum_types(catalog, {*words.types, *self.table_names.values()})
        self.terms = Terms(
            dialect=catalog.dialect,
            vocabulary=words,
            enum_types=frozenset(self.enum_types.values),
            relation_names=relation_names,
        )
        self.columns = ColumnRules(self.terms)
        self.enums = {enum.name: enum for enum in catalog.enums}
        self.declared_enums: list[ir.Enum] = []
        self.omissions: dict[Place, list[Omission]] = defaultdict(list)

    def result(self) -> Declarable:
        extensions = tuple(self._extensions())
        # Columns before keys: sequences have their names from the upstream, most indexes can have any.
        columns = {table.name: self._columns(table) for table in self.catalog.tables}
        tables = {
            (declared := self._table(table, *columns[table.name])).name: declared for table in self.catalog.tables
        }
        finished = []
        for name, table in tables.items():
            declared, omissions = foreign_keys.declare(table, tables)
            finished.append(declared)
            self.omissions[name, ""] += omissions
        self._enums_without_columns()
        catalog = ir.Catalog(
            upstream=self.catalog.upstream,
            repository=self.catalog.repository,
            commit=self.catalog.commit,
            dialect=POSTGRESQL,
            tables=tuple(finished),
            enums=tuple(self.declared_enums),
            extensions=extensions,
            seen=0,
            understood=0,
        )
        return Declarable(
            catalog=canonical(catalog),
            enum_types=dict(sorted(self.enum_types.values.items())),
            sequences=tuple(sequence for _, sequence in sorted(self.columns.sequences.items())),
            identity_sequences=dict(self._identity_sequences(finished)),
            omissions={place: tuple(found) for place, found in sorted(self.omissions.items()) if found},
        )

    def _extensions(self) -> Iterable[str]:
        for name in self.catalog.extensions:
            if name in vocabulary.EXTENSIONS:
                yield name
                continue
            reason = "it is not one of those that the owner of a database may create"
            omission = Omission(aspect=Aspect.EXTENSION, what=name, reason=reason, position=None)
            self.omissions["", ""].append(omission)

    def _identity_sequences(self, tables: Iterable[ir.Table]) -> Iterator[tuple[Place, str]]:
        for table in tables:
            for column in table.columns:
                usual = f"{table.name}_{column.name}_seq"
                if column.identity and (name := self.terms.relation_names.take(usual)) != usual:
                    yield (table.name, column.name), name

    def _columns(self, table: ir.Table) -> tuple[tuple[ir.Column, ...], frozenset[str]]:
        """The declared columns, and the names of those that got another type than their own."""
        names = self.column_names[table.name]
        table_name = self.table_names[table.name]
        stored = frozenset(names[column.name] for column in table.columns if column.generated is None)
        columns, replaced = [], set()
        for column in table.columns:
            name, full_name = names[column.name], f"{table.name}.{column.name}"
            enum, enum_type = self.enums.get(full_name), self.enum_types.of_column.get(full_name)
            declared = self.columns.declare(replace(column, name=name), table_name, stored, enum, enum_type)
            columns.append(declared.column)
            self.omissions[table_name, name] += declared.omissions
            if declared.is_replaced:
                replaced.add(name)
            elif enum and enum_type:
                self.declared_enums.append(replace(enum, name=f"{table_name}.{name}"))
            if full_name in self.enum_types.omissions:
                self.omissions[table_name, name].append(self.enum_types.omissions[full_name])
        return tuple(columns), frozenset(replaced)

    def _table(self, table: ir.Table, columns: tuple[ir.Column, ...], replaced: frozenset[str]) -> ir.Table:
        renamed = self._renamed(table, columns)
        declared, omissions = TableKeys(terms=self.terms, table=renamed, replaced=replaced).declare()
        self.omissions[declared.name, ""] += omissions
        return declared

    def _renamed(self, table: ir.Table, columns: tuple[ir.Column, ...]) -> ir.Table:
        """The table with its declared columns, and keys and indexes that use the declared names."""
        names = self.column_names[table.name]

        def renamed(columns: tuple[str, ...], names: dict[str, str] = names) -> tuple[str, ...]:
            return tuple(names.get(column, column) for column in columns)

        return replace(
            table,
            name=self.table_names[table.name],
            columns=columns,
            primary_key=table.primary_key and replace(table.primary_key, columns=renamed(table.primary_key.columns)),
            foreign_keys=tuple(
                replace(
                    key,
                    columns=renamed(key.columns),
                    references=self.table_names.get(key.references, key.references),
                    referenced_columns=renamed(key.referenced_columns, self.column_names.get(key.references, {})),
                )
                for key in table.foreign_keys
            ),
            indexes=tuple(
                replace(
                    index,
                    include=renamed(index.include),
                    parts=tuple(
                        part if part.is_expression else replace(part, text=names.get(part.text, part.text))
                        for part in index.parts
                    ),
                )
                for index in table.indexes
            ),
        )

    def _enums_without_columns(self) -> None:
        columns = {f"{table.name}.{column.name}" for table in self.catalog.tables for column in table.columns}
        for name, omission in self.enum_types.omissions.items():
            if name not in columns:
                self.omissions["", ""].append(omission)
        self.declared_enums += self.enum_types.unused


def _column_names(table: ir.Table) -> dict[str, str]:
    names = Names(vocabulary.SYSTEM_COLUMNS)
    return {column.name: names.take(column.name) for column in table.columns}
