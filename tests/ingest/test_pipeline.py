"""From a declaration and a tree to one catalog whose account adds up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from ingest import counters, declarations, ir, pipeline, readers
from ingest.tree import MemoryTree, Unreadable

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TEXT = f"""
title = "Sample"
domain = "lms"
licence = "MIT"
repository = "example/sample"
pin = {{ commit = "{COMMIT}" }}
read_from = {{ repository = "example/sample", commit = "{COMMIT}" }}

[[readers]]
format = "xmldb"
paths = ["**/db/install.xml"]

[[leave_out]]
paths = ["tests/**", "old/*.xml"]
reason = "not installed"
"""


def declared(more: str = "", **changes: object) -> declarations.Declaration:
    return replace(declarations.parse("sample", TEXT + more, Path("sample/upstream.toml")), **changes)  # type: ignore[arg-type]


def read(
    files: Mapping[str, str | bytes | Unreadable], declaration: declarations.Declaration | None = None
) -> ir.Catalog:
    tree = MemoryTree(files)
    return pipeline.read_upstream(declaration or declared(), tree, repository="example/sample", commit=COMMIT)


def table(name: str, *fields: str) -> str:
    inner = "".join(f'<FIELD NAME="{field}" TYPE="int" LENGTH="5"/>' for field in fields or ("id",))
    return f'<TABLE NAME="{name}"><FIELDS>{inner}</FIELDS></TABLE>'


def install(*tables: str) -> str:
    return f"<XMLDB><TABLES>\n{''.join(tables)}</TABLES></XMLDB>"


def remarks(catalog: ir.Catalog) -> list[tuple[str, str, int]]:
    return [(str(problem.position), problem.reason, problem.statements) for problem in catalog.problems]


def test_what_is_fetched_is_what_is_read_without_what_is_left_out() -> None:
    assert pipeline.patterns(declared()) == ("**/db/install.xml", "!tests/**", "!old/*.xml")


def test_a_catalog_says_what_was_read() -> None:
    catalog = read({"b/db/install.xml": install(table("b")), "a/db/install.xml": install(table("c"), table("a"))})
    assert (catalog.upstream, catalog.repository, catalog.commit) == ("sample", "example/sample", COMMIT)
    assert catalog.dialect == "moodle-xmldb"
    assert [found.name for found in catalog.tables] == ["a", "b", "c"]
    assert (catalog.seen, catalog.understood, catalog.problems) == (6, 6, ())


def test_what_is_left_out_is_neither_read_nor_remarked() -> None:
    catalog = read({"db/install.xml": install(table("a")), "tests/db/install.xml": install(table("b"))})
    assert [found.name for found in catalog.tables] == ["a"]
    assert catalog.problems == ()


def test_a_path_that_matches_nothing_is_named() -> None:
    with pytest.raises(pipeline.MissingPath) as caught:
        read({"tests/db/install.xml": install(table("a")), "README.md": "none"})
    assert str(caught.value) == (
        "sample: the path '**/db/install.xml' matches no file of example/sample at 0123456789ab; "
        "put the path of this version into sample/upstream.toml"
    )


def test_a_file_of_the_format_outside_the_paths_is_a_remark() -> None:
    narrow = declared(readers=(replace(declared().readers[0], paths=("lib/db/install.xml",)),))
    catalog = read({"lib/db/install.xml": install(table("a")), "mod/db/install.xml": install(table("b"))}, narrow)
    assert remarks(catalog) == [
        ("mod/db/install.xml:1", "a file of the format xmldb outside the declared paths", 0),
    ]


def test_many_files_outside_are_told_as_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "PROBLEMS_LISTED", 2)
    narrow = declared(readers=(replace(declared().readers[0], paths=("lib/db/install.xml",)),))
    files = {f"m{number}/db/install.xml": "" for number in range(5)}
    catalog = read({"lib/db/install.xml": install(table("a"))} | files, narrow)
    assert [reason for _, reason, _ in remarks(catalog)] == [
        "a file of the format xmldb outside the declared paths",
        "a file of the format xmldb outside the declared paths",
        "and 3 more files of the format xmldb outside the declared paths",
    ]


def test_many_problems_of_one_file_keep_their_number_of_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "PROBLEMS_LISTED", 2)
    catalog = read({"db/install.xml": install(table("a"), *["<FIELD/>\n" for _ in range(5)])})
    assert remarks(catalog)[:2] == [
        ("db/install.xml:2", "element FIELD does not belong inside TABLES", 1),
        ("db/install.xml:3", "element FIELD does not belong inside TABLES", 1),
    ]
    assert remarks(catalog)[2:] == [("db/install.xml:4", "and 3 more problems in this file", 3)]
    assert catalog.seen == catalog.understood + 5


def test_tables_of_the_copy_are_left_out_with_their_reason() -> None:
    own = declared('[[tables_left_out]]\ntables = ["own_*", "x"]\nreason = "of the copy"\n')
    enum = '<FIELD NAME="e" TYPE="char" LENGTH="5" ENUM="true" ENUMVALUES="\'a\'"/>'
    with_enum = table("own_a").replace("</FIELDS>", f"{enum}</FIELDS>")
    catalog = read({"db/install.xml": install(table("a"), with_enum, table("x"))}, own)
    assert [found.name for found in catalog.tables] == ["a"]
    assert catalog.enums == ()
    assert remarks(catalog) == [("db/install.xml:2", "table left out: of the copy", 0)] * 2
    assert [problem.text for problem in catalog.problems] == ["own_a", "x"]
    assert catalog.seen == catalog.understood == 7


def test_a_table_of_two_readers_is_a_problem_and_the_first_stays() -> None:
    reader = declared().readers[0]
    twice = declared(
        readers=(replace(reader, paths=("b/db/install.xml",)), replace(reader, paths=("a/db/install.xml",)))
    )
    catalog = read({"a/db/install.xml": install(table("t", "x")), "b/db/install.xml": install(table("t", "y"))}, twice)
    assert [[column.name for column in found.columns] for found in catalog.tables] == [["y"]]
    assert remarks(catalog) == [
        ("a/db/install.xml:2", "table t is defined by two readers (first at b/db/install.xml:2)", 0)
    ]


def test_nothing_read_is_no_success() -> None:
    catalog = read({"db/install.xml": ""})
    assert catalog.tables == ()
    assert [reason for _, reason, _ in remarks(catalog)] == [
        "no table could be read from the 1 files of the format xmldb",
        "not well-formed XML from here on: no element found",
        "the file defines no table",
    ]


@dataclass(frozen=True)
class NoOptions:
    dialect: ClassVar[str] = "odd"


@pytest.mark.parametrize(
    ("seen", "understood", "listed", "statements"), [(10, 6, 1, 3), (5, 6, 1, 0)], ids=["lost", "invented"]
)
def test_an_account_that_does_not_add_up_is_told_by_number(
    monkeypatch: pytest.MonkeyPatch, seen: int, understood: int, listed: int, statements: int
) -> None:
    position = ir.Position(file="a", line=1)
    reading = ir.Reading(
        tables=(ir.Table(name="t", position=position, columns=()),),
        understood=understood,
        problems=(ir.Problem(position=position, reason="listed", statements=listed),),
    )
    odd = SimpleNamespace(FILES=("*",), Options=NoOptions, read=lambda *_: reading)
    monkeypatch.setattr(readers, "reader", lambda _: odd)
    monkeypatch.setattr(counters, "counter", lambda _: SimpleNamespace(count=lambda *_: seen))
    declaration = declared(readers=(declarations.Reader(format="odd", paths=("*",), options=NoOptions()),))
    catalog = read({"a": ""}, declaration)
    assert remarks(catalog) == [
        ("a:1", "listed", 1),
        (
            "a:1",
            f"the counter of odd sees {seen} statements, the reader accounts for 7: 6 understood and 1 listed",
            statements,
        ),
    ]
    assert (catalog.seen, catalog.understood) == (seen, understood)


def test_dialects_of_several_readers_stand_together(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = ir.Reading(tables=(), understood=0)
    odd = SimpleNamespace(FILES=("*",), Options=NoOptions, read=lambda *_: reading)
    monkeypatch.setattr(readers, "reader", lambda _: odd)
    monkeypatch.setattr(counters, "counter", lambda _: SimpleNamespace(count=lambda *_: 0))
    one = declarations.Reader(format="odd", paths=("*",), options=NoOptions())
    other = declarations.Reader(format="odd", paths=("*",), options=SimpleNamespace(dialect="even"))  # type: ignore[arg-type]
    assert read({"a": ""}, declared(readers=(one, other, one))).dialect == "odd + even"
