"""Names that PostgreSQL takes, unique and always the same."""

import pytest

from ingest.rendering.names import Names, literal, quoted, spelled, unspelled
from ingest.rendering.result import comment_text


def test_a_free_name_stays() -> None:
    names = Names(["taken"])
    assert [names.take(name) for name in ("free", "free", "taken", "Free", "free_2")] == [
        "free",
        "free_2",
        "taken_2",
        "Free",
        "free_2_2",
    ]


def test_long_names_are_cut_to_63_bytes_and_stay_apart() -> None:
    names = Names()
    first, second, third = names.take("é" * 40), names.take("é" * 40 + "x"), names.take("é" * 40)
    assert len({first, second, third}) == 3
    assert all(len(name.encode()) <= 63 and name.startswith("é" * 20) for name in (first, second, third))
    assert Names().take("é" * 40) == first
    assert Names().take("x" * 63) == "x" * 63


@pytest.mark.parametrize(("wanted", "name"), [("", "_"), ("a\0b", "ab"), ("\0", "_"), ("\ud800", "?"), (" ", " ")])
def test_what_no_name_can_hold_is_left_out(wanted: str, name: str) -> None:
    names = Names()
    assert names.can_take(wanted) == (wanted == name)
    assert names.take(wanted) == name
    assert not names.can_take(name)


def test_quoting() -> None:
    assert quoted('a"; --') == '"a""; --"'
    assert [spelled(name) for name in ("plain_1", "Upper", "select", "a b", "1a", "a$")] == [
        "plain_1",
        '"Upper"',
        '"select"',
        '"a b"',
        '"1a"',
        '"a$"',
    ]
    assert [unspelled(text) for text in ("plain", '"A "" b"', '"a" b"', "Upper", "a.b", '""', "a$")] == [
        "plain",
        'A " b',
        None,
        None,
        None,
        None,
        "a$",
    ]
    assert literal("it's \\ x\0") == "'it''s \\ x'"


def test_a_comment_stays_one_line_and_ends_nothing() -> None:
    assert comment_text("a\nb; c\r\u2028*/ d /* e \x00") == "a b, c * / d / * e "
    assert comment_text("x" * 400) == "x" * 299 + "…"
