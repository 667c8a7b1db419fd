"""A database's state as values, in the corners that no golden case reaches."""

from collections.abc import Iterator

import pytest

from azora.kernel.postgres.sandbox import Database, shared_sandbox
from ingest import ir
from ingest.introspection import State, introspect

HERE = ir.Position(file="x.sql", line=1)


@pytest.fixture
def database() -> Iterator[Database]:
    with shared_sandbox().database() as database:
        yield database


def state(database: Database, sql: str) -> State:
    database.run(sql)
    return introspect(database.query, lambda _: HERE)


def test_an_empty_database_is_empty(database: Database) -> None:
    assert state(database, "") == State(tables=(), enums=(), extensions=(), remarks=())


def test_a_key_to_a_partitioned_table_stands_once(database: Database) -> None:
    found = state(
        database,
        "CREATE TABLE e (id int PRIMARY KEY) PARTITION BY RANGE (id);"
        "CREATE TABLE e1 PARTITION OF e FOR VALUES FROM (0) TO (9);"
        "CREATE TABLE e2 PARTITION OF e FOR VALUES FROM (9) TO (99);"
        "CREATE TABLE f (e int REFERENCES e)",
    )
    assert {table.name: [key.references for key in table.foreign_keys] for table in found.tables} == {
        "e": [],
        "f": ["e"],
    }
    assert [remark.reason for remark in found.remarks] == ["a partition of e, whose columns and keys it has"] * 2


def test_a_name_of_ones_own_is_not_the_built_in_type(database: Database) -> None:
    found = state(database, "CREATE TYPE public.box AS (a int); CREATE TABLE t (a public.box, b pg_catalog.box)")
    assert [column.type.kind for column in found.tables[0].columns] == [ir.Kind.UNKNOWN, ir.Kind.GEOMETRY]


def test_what_an_extension_makes_is_not_the_upstreams(database: Database) -> None:
    found = state(database, "CREATE EXTENSION citext; CREATE TABLE t (a citext)")
    assert found.extensions == ("citext",)
    assert found.remarks == ()
    assert found.tables[0].columns[0].type == ir.Type(kind=ir.Kind.TEXT, raw="citext")


def test_a_domain_over_an_enum_has_its_values(database: Database) -> None:
    found = state(
        database,
        "CREATE TYPE e AS ENUM ('b', 'a'); CREATE DOMAIN d AS e; CREATE DOMAIN dd AS d; CREATE TABLE t (x dd)",
    )
    assert found.tables[0].columns[0].type == ir.Type(kind=ir.Kind.ENUM, raw="dd")
    assert [(enum.name, enum.values) for enum in found.enums] == [("t.x", ("b", "a"))]


def test_the_actions_of_a_key(database: Database) -> None:
    found = state(
        database,
        "CREATE TABLE p (a int, b int, PRIMARY KEY (a, b));"
        "CREATE TABLE c (a int, b int, x int, FOREIGN KEY (a, b) REFERENCES p ON DELETE SET NULL (b) ON UPDATE CASCADE,"
        " FOREIGN KEY (b, x) REFERENCES p MATCH FULL ON DELETE SET DEFAULT)",
    )
    keys = {key.columns: (key.on_delete, key.on_update) for key in found.tables[0].foreign_keys}
    assert keys == {("a", "b"): ("set null (b)", "cascade"), ("b", "x"): ("set default", None)}
    assert [remark.reason for remark in found.remarks] == ["MATCH FULL of a foreign key has no place in the catalog"]


def test_foreign_names_and_settings_do_not_show(database: Database) -> None:
    found = state(
        database,
        "CREATE FUNCTION public.pg_get_expr(pg_node_tree, oid) RETURNS text LANGUAGE sql AS $$ SELECT 'evil' $$;"
        "SET TimeZone = 'Asia/Tokyo'; SET search_path = public, pg_catalog;"
        "CREATE TABLE t (a timestamptz DEFAULT '2020-01-01 09:00:00')",
    )
    assert found.tables[0].columns[0].default == "'2020-01-01 00:00:00+00'::timestamp with time zone"
