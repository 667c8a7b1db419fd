"""What is particular to Moodle's files, beside the golden cases."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import ir
from ingest.counters import xmldb as counter
from ingest.readers import xmldb as reader
from ingest.tree import MemoryTree, Unreadable


def read(**files: str | Unreadable) -> ir.Reading:
    tree = MemoryTree({f"{name}/db/install.xml": content for name, content in files.items()})
    return reader.read(tree, tree.paths(*reader.FILES), reader.Options())


def field(attributes: str) -> tuple[ir.Column, list[str]]:
    reading = read(
        a=f'<XMLDB><TABLES><TABLE NAME="t"><FIELDS><FIELD NAME="f" {attributes}/></FIELDS></TABLE></TABLES></XMLDB>'
    )
    return reading.tables[0].columns[0], [problem.reason for problem in reading.problems]


@pytest.mark.parametrize(
    ("attributes", "raw", "bits"),
    [
        ('TYPE="int" LENGTH="1"', "int(1)", 16),
        ('TYPE="int" LENGTH="4"', "int(4)", 16),
        ('TYPE="int" LENGTH="5"', "int(5)", 32),
        ('TYPE="int" LENGTH="9"', "int(9)", 32),
        ('TYPE="int" LENGTH="10"', "int(10)", 64),
        ('TYPE="int" LENGTH=" 20 "', "int(20)", 64),
        ('TYPE="INT"', "int", 64),
        ('TYPE="float"', "float", 64),
        ('TYPE="float" LENGTH="20" DECIMALS="10"', "float(20,10)", 64),
        ('TYPE="float" LENGTH="11" DECIMALS="4"', "float(11,4)", 32),
    ],
)
def test_numbers_have_the_width_that_moodle_gives_them(attributes: str, raw: str, bits: int) -> None:
    column, problems = field(attributes)
    assert (column.type.raw, column.type.bits, problems) == (raw, bits, [])


@pytest.mark.parametrize(
    ("attributes", "default"),
    [
        ('TYPE="char" LENGTH="5"', None),
        ('TYPE="char" LENGTH="5" DEFAULT=""', "''"),
        ('TYPE="char" LENGTH="5" DEFAULT="it\'s"', "'it''s'"),
        ('TYPE="int" LENGTH="5" DEFAULT="-1"', "-1"),
        ('TYPE="number" LENGTH="5" DECIMALS="2" DEFAULT=" 0.50 "', "0.50"),
    ],
)
def test_a_default_is_an_sql_literal(attributes: str, default: str | None) -> None:
    column, problems = field(attributes)
    assert (column.default, problems) == (default, [])


def test_a_hostile_size_is_no_size() -> None:
    column, problems = field(f'TYPE="int" LENGTH="{"9" * 5000}"')
    assert column.type == ir.Type(kind=ir.Kind.INTEGER, raw="int")
    assert problems == [f"LENGTH='{'9' * 5000}' is no size"]


def test_every_combination_of_a_types_attributes_is_taken_or_named() -> None:
    for type_ in ("int", "number", "float", "char", "text", "binary", "datetime", "timestamp", "", "x"):
        for length in ("", "0", "5", "big", "-1"):
            for decimals in ("", "0", "9"):
                column, problems = field(f'TYPE="{type_}" LENGTH="{length}" DECIMALS="{decimals}"')
                assert (column.type.kind is ir.Kind.UNKNOWN) <= bool(problems)


def test_an_external_entity_is_refused() -> None:
    reading = read(a='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><XMLDB><TABLES>&e;</TABLES></XMLDB>')
    assert reading.tables == ()
    assert reading.problems[0].reason == "refused, as the XML defines entities"


def test_a_document_type_alone_is_no_harm() -> None:
    reading = read(
        a='<!DOCTYPE XMLDB SYSTEM "x.dtd"><XMLDB><TABLES><TABLE NAME="t"><FIELDS><FIELD NAME="f" TYPE="text"/>'
        "</FIELDS></TABLE></TABLES></XMLDB>"
    )
    assert [table.name for table in reading.tables] == ["t"]


def test_an_unreadable_file_is_one_statement_for_reader_and_counter() -> None:
    tree = MemoryTree({"db/install.xml": Unreadable("db/install.xml", "larger than 64 MiB")})
    reading = reader.read(tree, ("db/install.xml",), reader.Options())
    assert [(problem.reason, problem.statements) for problem in reading.problems] == [("larger than 64 MiB", 1)]
    assert counter.count(tree, ("db/install.xml",), reader.Options()) == 1


def test_the_counter_knows_tags_and_comments_only() -> None:
    text = '<TABLES><TABLE NAME="a">\n<FIELD\nNAME="b"/><KEYS><KEY/></KEYS><!-- <INDEX/> --><INDEX/><!-- <FIELD/> '
    assert counter.count(MemoryTree({"a": text}), ("a",), None) == 4


GOLDEN = (Path(__file__).parent / "xmldb" / "keys" / "tree" / "lib" / "db" / "install.xml").read_text()


@settings(max_examples=60, deadline=None, database=None)
@given(st.integers(0, len(GOLDEN) - 20))
def test_a_file_cut_anywhere_accounts_for_all_of_it(length: int) -> None:
    text = GOLDEN[:length]
    tree = MemoryTree({"db/install.xml": text})
    reading = reader.read(tree, ("db/install.xml",), reader.Options())
    seen = counter.count(tree, ("db/install.xml",), reader.Options())
    listed = sum(problem.statements for problem in reading.problems)
    assert any("not well-formed" in problem.reason for problem in reading.problems)
    if "<!--" not in text:
        assert reading.understood + listed == seen
    if "</TABLE>" in text:
        assert [table.name for table in reading.tables] == ["member"]


@settings(max_examples=150, deadline=None, database=None)
@given(st.text(alphabet='<>/="!-[]& \nTABLEFIELDKEYINDEXSXMLDB', max_size=200))
def test_no_text_is_too_odd(text: str) -> None:
    reading = read(a=text)
    assert reading.tables or reading.problems
