"""Which expressions may be written into a schema, and how PostgreSQL spells them the second time."""

import pytest

from ingest.rendering import vocabulary
from ingest.rendering.expressions import Scope, bracketed, objection, sequences, settled
from tests.ingest.rendering.cases import HOSTILE_EXPRESSIONS

SCOPE = Scope(
    vocabulary=vocabulary.of_extensions(["pg_trgm"]),
    types=frozenset({"mood", "Odd Type"}),
    columns=frozenset({"id", "name", "odd; name", "order"}),
    sequences=frozenset({"x_id_seq", "Odd Seq"}),
)


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "'it''s; -- text'::text",
        "CURRENT_TIMESTAMP",
        "nextval('x_id_seq'::regclass)",
        "nextval('\"Odd Seq\"'::regclass)",
        "pg_catalog.lower(name)",
        "lower((name)::text)",
        "(\"odd; name\" <> ';'::text)",
        "'ok'::mood",
        "'{a}'::\"Odd Type\"[]",
        "(name)::character varying(10)",
        "'2020-01-01 00:00:00'::timestamp without time zone",
        "ARRAY['a'::text, 'b'::text]",
        "(id = ANY (ARRAY[1, 2]))",
        "similarity(name, 'x'::text)",
        "to_tsvector('english'::regconfig, name)",
        "((name COLLATE \"C\") < 'b'::text)",
        "CASE WHEN (id > 0) THEN 1 ELSE (id * 2) END",
        "EXTRACT(epoch FROM '1 day'::interval)",
        "E'a\\'b'::text",
        '"order"',
    ],
)
def test_an_expression_of_postgresql_is_taken(text: str) -> None:
    assert objection(text, SCOPE) is None


@pytest.mark.parametrize("text", HOSTILE_EXPRESSIONS)
def test_a_hostile_expression_is_refused(text: str) -> None:
    assert objection(text, SCOPE)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1; 2", "';' stands where an expression cannot have it"),
        ("1 -- x", "it holds a comment"),
        ("f(1))", "its brackets do not match"),
        ("(1]", "its brackets do not match"),
        ("((1)", "its brackets do not match"),
        ("1, 2", "it is more than one expression"),
        ("", "it is empty"),
        ("own(1)", "it calls the function own, neither PostgreSQL's own nor part of the schema"),
        ("missing > 0", "it names missing, which the schema does not create"),
        ("name::missing", "it names missing, which the schema does not create"),
        ("text > 0", "it names text, which the schema does not create"),
        ("other.lower(name)", "other is a schema, table or composite value"),
        ("(id).lower", "lower is part of something else"),
        ("'x'::regclass", "'x'::regclass names something that the schema does not create"),
        ("nextval('other_seq'::regclass)", "'other_seq'::regclass names something that the schema does not create"),
        ("'klingon'::regconfig", "'klingon'::regconfig names something that the schema does not create"),
        ('name COLLATE "tlh"', "it names tlh, which the schema does not create"),
        ("hstore('a', 'b')", "it calls the function hstore, neither PostgreSQL's own nor part of the schema"),
    ],
)  # fmt: skip
def test_a_refusal_says_why(text: str, reason: str) -> None:
    assert objection(text, SCOPE) == reason


def test_a_function_of_an_extension_needs_the_extension() -> None:
    assert objection("uuid_generate_v4()", SCOPE)
    assert objection("uuid_generate_v4()", Scope(vocabulary=vocabulary.of_extensions(["uuid-ossp"]))) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a > 0", "(a > 0)"),
        ("(a > 0)", "(a > 0)"),
        ("(a) > (b)", "((a) > (b))"),
        ("(')')", "(')')"),
        ("f(a)", "(f(a))"),
    ],
)
def test_brackets_are_added_once(text: str, expected: str) -> None:
    assert bracketed(text) == expected


def test_sequences_are_found_in_order() -> None:
    text = "(nextval('b_seq'::regclass) + nextval('\"A \"\" seq\"'::regclass)) - nextval('b_seq'::regclass)"
    assert sequences(text) == ("b_seq", 'A " seq')
    assert sequences("nextval('other.seq'::regclass)") == ()


def test_a_list_settles_as_postgresql_prints_it_the_second_time() -> None:
    once = "((x)::text = ANY ((ARRAY['a'::character varying, 'it''s, '::character varying])::text[]))"
    twice = "((x)::text = ANY (ARRAY[('a'::character varying)::text, ('it''s, '::character varying)::text]))"
    assert settled(once) == twice
    assert settled(twice) == twice
