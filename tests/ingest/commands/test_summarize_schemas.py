"""summarize_schemas: exactly what is stored, in three forms."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from ingest import ir
from ingest.models import Upstream
from ingest.operations import Measurement, record_failed_attempt, store_snapshot
from ingest.summary import HEADINGS, LEGEND
from tests.ingest.checkout.origin import Origin
from tests.ingest.commands.conftest import Folders, Said
from tests.ingest.samples import COMMIT, OTHER_COMMIT, at, catalog, table

pytestmark = pytest.mark.django_db

Run = Callable[..., Said]
READ = "read from the repository"


@pytest.fixture
def stored(folders: Folders) -> None:
    """Two upstreams: one read from its repository, one committed, from another repository than its pin's."""
    for name, pin in (("small", "v2"), ("tiny", COMMIT)):
        Upstream.objects.create(
            name=name, title=name.title(), domain="lms", repository=f"example/{name}", licence="MIT", pin=pin
        )
    inferred = ir.Relationship(
        source="user.name", target="name", origin=ir.Origin.NAMING, confidence=0.5, position=at(1)
    )
    store_snapshot(
        catalog=catalog(
            table("user", "name"),
            table("post", keys={"user": "user"}),
            relationships=(inferred,),
            problems=(ir.Problem(position=at(1), reason="odd"),),
        ),
        measurement=Measurement(files=1200, bytes=1234567, seconds=12.345),
    )
    store_snapshot(
        catalog=catalog(table("user"), upstream="small", commit=OTHER_COMMIT, repository="someone/copy-of-small")
    )


def test_a_table_with_totals(stored: None, run: Run) -> None:
    said = run("summarize_schemas")
    assert said.code == 0
    lines = said.out.splitlines()
    note = "committed with Azora: someone/copy-of-small, while the pin is example/small v2"
    assert [re.split(r"\s{2,}", line) for line in lines[:6]] == [
        list(HEADINGS),
        ["-" * width for width in (11, 10, 5, 6, 7, 13, 7, 11, 5, 8, 7, 9, len(note))],
        ["small", "89abcdef01", "-", "1", "1", "0", "1", "1", "0", "0", "-", "-", note],
        ["tiny", "0123456789", "1,200", "2", "4", "1 + 1", "2", "2", "0", "1", "12.35", "1,234,567", READ],
        ["-" * width for width in (11, 10, 5, 6, 7, 13, 7, 11, 5, 8, 7, 9, len(note))],
        ["2 upstreams", "1,200", "3", "5", "1 + 1", "3", "3", "0", "1", "12.35", "1,234,567"],
    ]
    assert lines[6:] == ["", LEGEND]
    ends = [len(heading) + lines[0].index(heading) for heading in ("files", "columns", "bytes")]
    assert [[line[:end].split()[-1] for end in ends] for line in (lines[2], lines[3], lines[5])] == [
        ["-", "1", "-"],
        ["1,200", "4", "1,234,567"],
        ["1,200", "5", "1,234,567"],
    ]


def test_markdown(stored: None, run: Run) -> None:
    said = run("summarize_schemas", "tiny", "--format=markdown")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0].startswith("| upstream | commit | files | tables |")
    assert lines[1].startswith("| --- | --- | ---: | ---: |")
    assert lines[2] == (
        "| tiny | 0123456789 | 1,200 | 2 | 4 | 1 + 1 | 2 | 2 | 0 | 1 | 12.35 | 1,234,567 | read from the repository |"
    )
    assert lines[3].startswith("| **1 upstream** |  | **1,200** | **2** | **4** |")


def test_json(stored: None, run: Run) -> None:
    said = run("summarize_schemas", "--format=json")
    assert said.code == 0
    document = json.loads(said.out)
    assert document["upstreams"][1] == {
        "upstream": "tiny",
        "repository": "example/tiny",
        "commit": COMMIT,
        "origin": "repository",
        "pin": COMMIT,
        "note": "read from the repository",
        "attempt_error": "",
        "files": 1200,
        "tables": 2,
        "columns": 4,
        "foreign_keys": 1,
        "relationships": 1,
        "indexes": 2,
        "constraints": 2,
        "enums": 0,
        "problems": 1,
        "seen": 9,
        "understood": 9,
        "seconds": 12.345,
        "bytes": 1234567,
    }
    assert document["totals"] == {
        "files": 1200, "tables": 3, "columns": 5, "foreign_keys": 1, "relationships": 1, "indexes": 3,
        "constraints": 3, "enums": 0, "problems": 1, "seen": 18, "understood": 18, "seconds": 12.345, "bytes": 1234567,
    }  # fmt: skip


def test_a_failed_try_is_told(stored: None, run: Run) -> None:
    record_failed_attempt(upstream="small", error="github.com cannot be reached.")
    said = run("summarize_schemas")
    assert said.out.endswith("\n\nsmall: the last try to read its repository failed: github.com cannot be reached.\n")


def test_another_commit_than_the_pin_is_told(stored: None, run: Run) -> None:
    store_snapshot(
        catalog=catalog(table("user"), commit=OTHER_COMMIT), measurement=Measurement(files=1, bytes=1, seconds=1)
    )
    said = run("summarize_schemas", "tiny")
    assert "read from the repository: example/tiny, while the pin is example/tiny 0123456789" in said.out


def test_the_names_are_those_asked_for(stored: None, run: Run) -> None:
    document = json.loads(run("summarize_schemas", "tiny", "--format=json").out)
    assert [row["upstream"] for row in document["upstreams"]] == ["tiny"]
    said = run("summarize_schemas", "tinny")
    assert (said.code, said.out, said.err) == (2, "", "No upstream 'tinny'; did you mean 'tiny'?\n")


def test_nothing_stored_is_a_sentence(folders: Folders, tiny: Origin, run: Run) -> None:
    expected = "is stored: run `manage.py load_catalogs` or `manage.py clone_schemas`.\n"
    for names, what in (([], "any upstream"), (["tiny"], "tiny")):
        said = run("summarize_schemas", *names)
        assert (said.code, said.out, said.err) == (1, "", f"No catalog of {what} {expected}")
