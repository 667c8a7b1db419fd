"""load_catalogs: what is committed, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ingest import declarations
from ingest.catalog import dump
from ingest.models import Snapshot, Table, Upstream
from tests.ingest.commands.conftest import Folders, Said
from tests.ingest.samples import OTHER_COMMIT, catalog, declare, table

pytestmark = pytest.mark.django_db

Run = Callable[..., Said]


def commit(folders: Folders, name: str, *columns: str) -> None:
    text = dump(catalog(table("user", *columns), upstream=name))
    (folders.declarations / name / "catalog.json").write_text(text, encoding="utf-8")


@pytest.fixture
def committed(folders: Folders) -> None:
    declare(folders.declarations, "tiny")
    commit(folders, "tiny", "name")
    declare(folders.declarations, "small")


def test_they_are_stored_once(committed: None, run: Run, django_assert_max_num_queries: Any) -> None:
    said = run("load_catalogs")
    assert (said.code, said.out) == (
        0,
        "1 upstreams, 1 tables, 2 columns; new: tiny\nsmall: no catalog is committed yet\n",
    )
    snapshot = Snapshot.objects.get()
    assert (snapshot.upstream.name, snapshot.origin, snapshot.upstream.current_id) == ("tiny", "committed", snapshot.pk)
    rows = list(Table.objects.values())
    said = run("load_catalogs", "tiny")
    assert (said.code, said.out) == (0, "1 upstreams, 1 tables, 2 columns; nothing new\n")
    assert list(Table.objects.values()) == rows
    assert Snapshot.objects.get() == snapshot


def test_a_catalog_that_changed_becomes_current(committed: None, folders: Folders, run: Run) -> None:
    run("load_catalogs")
    commit(folders, "tiny", "name", "mail")
    assert run("load_catalogs").out.splitlines()[0] == "1 upstreams, 1 tables, 3 columns; new: tiny"
    current = Upstream.objects.get(name="tiny").current
    assert current is not None
    assert (current.column_count, Snapshot.objects.count()) == (3, 2)


def test_what_is_declared_is_taken_over(committed: None, folders: Folders, run: Run) -> None:
    run("load_catalogs")
    file = folders.declarations / "tiny" / "upstream.toml"
    file.write_text(file.read_text().replace('title = "Tiny"', 'title = "Tiny LMS"').replace('"MIT"', '"BSD-3-Clause"'))
    run("load_catalogs")
    upstream = Upstream.objects.get(name="tiny")
    assert (upstream.title, upstream.licence, upstream.domain) == ("Tiny LMS", "BSD-3-Clause", "lms")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not JSON"),
        (b"\xff", "can't decode byte 0xff"),
        (b'{"format": 2}', "format 1 expected, found 2"),
        (dump(catalog(upstream="other", commit=OTHER_COMMIT)).encode(), "There is no upstream other in the catalog."),
    ],
)
def test_a_damaged_catalog_is_named(committed: None, folders: Folders, run: Run, content: bytes, said: str) -> None:
    file = folders.declarations / "tiny" / "catalog.json"
    file.write_bytes(content)
    ended = run("load_catalogs")
    assert ended.code == 1
    assert ended.err.startswith(f"{file}: ")
    assert said in ended.err
    assert ended.err.endswith("; restore the file.\n")
    assert not Snapshot.objects.exists()


def test_those_that_come_with_azora_can_be_loaded(run: Run) -> None:
    names = declarations.names()
    assert run("load_catalogs").code == 0
    assert list(Snapshot.objects.order_by("upstream__name").values_list("upstream__name", flat=True)) == sorted(names)
