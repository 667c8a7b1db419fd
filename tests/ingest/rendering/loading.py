"""Loading a rendered schema into a database of the sandbox, and reading it back as a catalog."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from azora.kernel.postgres.sandbox import Database, shared_sandbox
from ingest import ir
from ingest.catalog import canonical
from ingest.introspection import introspect
from ingest.rendering import postgresql
from tests.ingest.rendering.cases import HERE


def placed(catalog: ir.Catalog) -> ir.Catalog:
    """The catalog with all facts at one position: what can be compared with what a database gives."""

    def here(facts: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(replace(fact, position=HERE) for fact in facts)

    tables = (
        replace(
            table,
            position=HERE,
            columns=here(table.columns),
            primary_key=table.primary_key and replace(table.primary_key, position=HERE),
            foreign_keys=here(table.foreign_keys),
            indexes=here(table.indexes),
            checks=here(table.checks),
        )
        for table in catalog.tables
    )
    return canonical(replace(catalog, tables=tuple(tables), enums=here(catalog.enums)))


def read(database: Database, catalog: ir.Catalog) -> ir.Catalog:
    """What the database holds, as a catalog of the same upstream; nothing in it may be without a place there."""
    state = introspect(database.query, lambda _: HERE)
    assert state.remarks == ()
    return canonical(
        replace(
            catalog,
            dialect="postgresql",
            tables=state.tables,
            enums=state.enums,
            extensions=state.extensions,
            relationships=(),
            problems=(),
            seen=0,
            understood=0,
        )
    )


def loaded(catalog: ir.Catalog, database: Database) -> ir.Catalog:
    """The catalog after it was rendered, loaded into this database of an ordinary role, and read back."""
    database.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    # In pieces, since a sandbox gives a few seconds only to all that is run at once.
    for piece in postgresql.render(catalog).text.split("\n\n"):
        database.run(piece)
    return read(database, catalog)


def built(*statements: str) -> ir.Catalog:
    """The catalog of a database that these statements build."""
    empty = ir.Catalog(
        upstream="built", repository="a/b", commit="0" * 40, dialect="postgresql", tables=(), seen=0, understood=0
    )
    with shared_sandbox().database() as database:
        for statement in statements:
            database.run(statement)
        state = introspect(database.query, lambda _: HERE)
    return replace(empty, tables=state.tables, enums=state.enums, extensions=state.extensions)


def assert_loads_as_expected(catalog: ir.Catalog, database: Database) -> None:
    """Loading and reading back gives exactly what the renderer announces."""
    expected, found = placed(postgresql.expected_after_load(catalog)), loaded(catalog, database)
    for table, other in zip(expected.tables, found.tables, strict=False):
        assert table == other
    assert expected == found
