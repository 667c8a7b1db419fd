"""What is particular to replayed migrations, beside the golden cases."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from azora.kernel.postgres.sandbox import Database, SandboxExceeded, StatementFailed, shared_sandbox
from ingest import ir
from ingest.counters import sql_migrations as counter
from ingest.readers import sql_migrations as reader
from ingest.tree import MemoryTree

ANY = reader.Options(name=r"(?P<version>\d+).*\.sql", order="number")


def read(options: reader.Options = ANY, **files: str) -> ir.Reading:
    tree = MemoryTree({f"{name}.sql": content for name, content in files.items()})
    return reader.read(tree, tree.paths("**/*.sql"), options)


def count(text: str) -> int:
    return counter.count(MemoryTree({"1.sql": text}), ("1.sql",), ANY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        (" ;; \n;", 0),
        ("-- a; b\n/* c; d */", 0),
        ("a; b", 2),
        ("a ';' \";\" $$ ; $$ $x$ ; $$ ; $x$; b;", 2),
        ("'it''s;'; b", 2),
        ("a; -- 'open\nb; /* \" */ c", 3),
        ("'never closed; b; c", 1),
        ("$$", 1),
    ],
)
def test_the_counter_sees_semicolons_outside_strings_and_comments(text: str, expected: int) -> None:
    assert count(text) == expected


def test_numbers_beyond_any_integer_keep_their_order() -> None:
    big = "9" * 6000
    options = reader.Options(name=r"v(?P<version>\d+)\.sql", order="number")
    tree = MemoryTree({f"v1{big}.sql": "ALTER TABLE t ADD b int;", f"v{big}.sql": "CREATE TABLE t (a int);"})
    reading = reader.read(tree, tree.paths("*.sql"), options)
    assert [column.name for column in reading.tables[0].columns] == ["a", "b"]
    assert reading.problems == ()


def test_a_version_that_is_no_number_has_no_place_among_numbers() -> None:
    options = reader.Options(name=r"(?P<version>\w+)\.sql", order="number")
    reading = read(options, one="CREATE TABLE t (a int);")
    assert [problem.statements for problem in reading.problems] == [1]
    assert "its place in the order is unknown" in reading.problems[0].reason


def test_files_that_hold_data_are_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LARGEST_FILE", 60)
    monkeypatch.setattr(reader, "MOST_STATEMENTS", 2)
    reading = read(**{"1": "CREATE TABLE t (a int);", "2": "SELECT 1;" * 3, "3": f"SELECT '{'x' * 60}'"})
    assert [table.name for table in reading.tables] == ["t"]
    assert {(str(problem.position), problem.reason, problem.statements) for problem in reading.problems} == {
        ("2.sql:1", "more than 2 statements, too many for a migration", 3),
        ("3.sql:1", "larger than 60 characters, too large for a migration", 1),
    }


def test_a_transaction_that_a_text_opens_is_closed() -> None:
    # The splitter takes the backslash for an escape, so that this is one text with three statements.
    reading = read(**{"1": "SELECT '\\'; BEGIN; CREATE TABLE t (a int); SELECT 'x';", "2": "CREATE TABLE u (b int);"})
    assert [table.name for table in reading.tables] == ["t", "u"]


def test_sql_cannot_leave_its_database() -> None:
    reading = read(
        **{
            "1": "CREATE TABLE t (a int);\n"
            "COPY t TO PROGRAM 'cat';\n"
            "COPY t FROM '/etc/passwd';\n"
            "CREATE EXTENSION file_fdw;\n"
            "ALTER SYSTEM SET work_mem = '1GB';\n"
            "CREATE ROLE intruder SUPERUSER;"
        }
    )
    assert [problem.position.line for problem in reading.problems] == [2, 3, 4, 5, 6]
    assert all(problem.reason.startswith("PostgreSQL refuses the statement: ") for problem in reading.problems)
    assert reading.understood == 1


def test_a_database_that_is_lost_loses_no_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> None:
        raise psycopg.OperationalError("the connection is lost\nDETAIL: gone")

    monkeypatch.setattr(Database, "query", lost)
    reading = read(**{"1": "REFUSED;\nCREATE TABLE t (a int);\nCREATE TABLE u (a int);"})
    assert (reading.tables, reading.understood) == ((), 0)
    assert [(problem.position.line, problem.reason, problem.statements) for problem in reading.problems] == [
        (1, 'PostgreSQL refuses the statement: syntax error at or near "REFUSED"', 1),
        (2, "the database of the replay cannot be read: the connection is lost", 2),
    ]


class _Limited(Database):
    """A database that cuts statements off without the wait."""

    def __init__(self, database: Database, final: bool) -> None:
        self.__dict__.update(database.__dict__)
        self.final = final

    def run(self, text: str) -> None:
        if text.startswith("ENDLESS"):
            raise SandboxExceeded("the statement took longer than 10 s and was cut off", "time", final=self.final)
        if text.startswith("REFUSED"):
            raise StatementFailed("no\nHINT: try again", "42601")
        super().run(text)


@pytest.mark.parametrize("final", [False, True])
def test_what_is_cut_off_is_named(monkeypatch: pytest.MonkeyPatch, final: bool) -> None:
    sandbox = shared_sandbox()
    database = sandbox.database

    @contextmanager
    def limited() -> Iterator[Database]:
        with database() as opened:
            yield _Limited(opened, final)

    monkeypatch.setattr(sandbox, "database", limited)
    reading = read(**{"1": "CREATE TABLE t (a int);\nENDLESS;\nREFUSED;\nCREATE TABLE u (a int);"})
    cut = "cut off: the statement took longer than 10 s and was cut off"
    if final:
        assert [table.name for table in reading.tables] == ["t"]
        assert [(problem.position.line, problem.reason, problem.statements) for problem in reading.problems] == [
            (2, f"{cut}, and the 2 statements after it were not run", 3)
        ]
    else:
        assert [table.name for table in reading.tables] == ["t", "u"]
        assert [(problem.position.line, problem.reason, problem.statements) for problem in reading.problems] == [
            (2, cut, 1),
            (3, "PostgreSQL refuses the statement: no", 1),
        ]


def test_another_process_of_reading_gives_the_same() -> None:
    files = {
        "1": "CREATE TABLE t (a int REFERENCES u);",
        "0": "CREATE TABLE u (id int PRIMARY KEY, e text CHECK (e > ''));",
    }
    first = read(**files)
    assert read(**files) == first
    assert [(key.references, key.referenced_columns) for key in first.tables[0].foreign_keys] == [("u", ("id",))]
