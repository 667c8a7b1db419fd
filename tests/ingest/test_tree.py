"""What a reader may see of a repository."""

import pytest

from ingest.tree import MemoryTree, Unreadable, decode, matches, select


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("db/install.xml", "**/db/install.xml", True),
        ("public/mod/quiz/db/install.xml", "**/db/install.xml", True),
        ("mod/quizdb/install.xml", "**/db/install.xml", False),
        ("migrations/1.sql", "migrations/*.sql", True),
        ("migrations/old/1.sql", "migrations/*.sql", False),
        ("migrations/old/1.sql", "migrations/**", True),
        ("migrations/old/1.sql", "migrations/**/*.sql", True),
        ("migrations/1.sql", "migrations/**/*.sql", True),
        ("a/x.mysql.up.sql", "a/*.{mysql,sqlite}{,.autocommit}.up.sql", True),
        ("a/x.mysql.autocommit.up.sql", "a/*.{mysql,sqlite}{,.autocommit}.up.sql", True),
        ("a/x.up.sql", "a/*.{mysql,sqlite}{,.autocommit}.up.sql", False),
        ("one/sql/1.sql", "{one,two/three}/sql/*.sql", True),
        ("two/three/sql/1.sql", "{one,two/three}/sql/*.sql", True),
        ("V0001.sql", "V000[12].sql", True),
        ("V0003.sql", "V000[12].sql", False),
        ("a,b.sql", "a,b.sql", True),
        ("a+b.sql", "a+b.sql", True),
        ("aab.sql", "a+b.sql", False),
        ("a.sql", "?.sql", True),
        ("/.sql", "?.sql", False),
        ("a\n.sql", "*.sql", True),
    ],
)
def test_patterns(path: str, pattern: str, expected: bool) -> None:
    assert matches(path, pattern) is expected


def test_select_sorts_and_takes_away() -> None:
    paths = ["b.sql", "a.sql", "tests/c.sql", "d.xml"]
    assert select(paths, ["**/*.sql", "!tests/**"]) == ("a.sql", "b.sql")
    assert select(paths, ["!tests/**"]) == ()


def test_a_memory_tree_gives_texts_bytes_and_refusals() -> None:
    tree = MemoryTree({"a": "text", "b": "caf\u00e9".encode(), "c": Unreadable("c", "too large")})
    assert tree.paths("*") == ("a", "b", "c")
    assert tree.text("a") == "text"
    assert tree.text("b") == "caf\u00e9"
    with pytest.raises(Unreadable, match="c: too large"):
        tree.text("c")
    with pytest.raises(Unreadable, match="d: no such file at this commit"):
        tree.text("d")


def test_decoding_drops_a_byte_order_mark_and_keeps_line_ends() -> None:
    assert decode("a", b"\xef\xbb\xbfone\r\ntwo\n") == "one\r\ntwo\n"


def test_wrong_encoding_names_the_byte() -> None:
    with pytest.raises(Unreadable) as caught:
        decode("a.sql", b"abc\xff")
    assert (caught.value.path, caught.value.reason) == ("a.sql", "not UTF-8 at byte 3")
