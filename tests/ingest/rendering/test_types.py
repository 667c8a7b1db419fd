"""Types: the documented mapping, and PostgreSQL's own word on what is a type and what can be compared."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from azora.kernel.postgres.sandbox import StatementFailed, shared_sandbox
from ingest import ir
from ingest.rendering import vocabulary
from ingest.rendering.types import can_reference, element, is_declarable, mapped, stem

PAGE = Path(__file__).resolve().parents[3] / "docs" / "type-mapping.md"
ROWS = re.findall(r"^\| (\w+) \| ([^|]*)\| `([^`]+)` \|$", PAGE.read_text(), re.MULTILINE)


@pytest.mark.parametrize(("kind", "sizes", "expected"), ROWS, ids=lambda value: value.strip())
def test_the_documented_mapping_is_the_real_one(kind: str, sizes: str, expected: str) -> None:
    stated = dict(word.split("=") for word in sizes.split())
    raw = stated.pop("raw", "theirs")
    numbers = {name: int(number) for name, number in stated.items()}
    found = mapped(ir.Type(kind=ir.Kind(kind), raw=raw, **numbers))  # type: ignore[arg-type]
    assert found.raw == expected
    assert is_declarable(found.raw, vocabulary.of_extensions([]).types)


def test_every_kind_is_documented() -> None:
    assert {kind for kind, *_ in ROWS} == {kind.value for kind in ir.Kind}
    assert len(ROWS) == len(set(ROWS))


@pytest.mark.parametrize("precision", [-1, 7])
def test_a_precision_that_no_time_has_is_left_out(precision: int) -> None:
    type_ = ir.Type(kind=ir.Kind.DATETIME, raw="datetime", precision=precision)
    assert mapped(type_) == ir.Type(kind=ir.Kind.DATETIME, raw="timestamp with time zone")


RAW = [
    "integer",
    "character varying(255)",
    "character varying",
    "character(3)",
    "numeric(10,2)",
    "numeric(3,-2)",
    "numeric(5,0)",
    "timestamp(3) without time zone",
    "time(6) with time zone",
    "interval day to second(3)",
    "interval(2)",
    "bit varying(8)",
    "text[]",
    "numeric(10,2)[]",
    '"char"',
    "int4range",
    "character varying(0)",
    "numeric(1001)",
    "numeric(5,1001)",
    "timestamp(7) without time zone",
    "integer(4)",
    "missing",
    "text; drop table x",
    "text) ",
    "character varying(255",
    "character varying(1,2)",
    "bit(0)",
    "",
]


def test_what_is_declarable_postgresql_takes() -> None:
    known = vocabulary.of_extensions([]).types
    with shared_sandbox().database() as database:
        for number, raw in enumerate(RAW):
            try:
                database.run(f"CREATE TABLE t{number} (c {raw})")
            except StatementFailed:
                taken = False
            else:
                # Some sizes are taken and reduced, with a warning.
                query = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass"
                taken = database.query(f"{query} AND attnum = 1", [f"public.t{number}"]) == [(raw,)]
            assert is_declarable(raw, known) is taken, raw


def test_parts_of_a_type() -> None:
    assert element("numeric(10,2)[]") == "numeric(10,2)"
    assert element("text[3][]") == "text"
    assert stem("timestamp(3) with time zone[]") == "timestamp with time zone"
    assert stem("numeric(10,-2)") == "numeric"


def test_a_foreign_key_is_possible_exactly_where_postgresql_takes_it() -> None:
    names = [
        "smallint",
        "integer",
        "bigint",
        "numeric(10,2)",
        "real",
        "double precision",
        "boolean",
        "text",
        "character varying(9)",
        "character(3)",
        "bytea",
        "date",
        "time without time zone",
        "timestamp without time zone",
        "timestamp(3) with time zone",
        "interval",
        "uuid",
        "jsonb",
        "inet",
        "tsvector",
        "text[]",
        "integer[]",
    ]
    wrong = []
    with shared_sandbox().database() as database:
        for number, name in enumerate(names):
            database.run(f"CREATE TABLE t{number} (c {name} PRIMARY KEY)")
        for (column, one), (target, other) in product(enumerate(names), repeat=2):
            try:
                database.run(f"ALTER TABLE t{column} ADD FOREIGN KEY (c) REFERENCES t{target}")
            except StatementFailed:
                taken = False
            else:
                taken = True
            if can_reference(one, other) is not taken:
                wrong.append((one, other, taken))
    assert wrong == []
