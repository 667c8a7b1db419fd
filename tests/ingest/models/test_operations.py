"""Storing snapshots, and what people say about tables."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F

from azora.kernel.actor import Actor
from azora.kernel.errors import Conflict, Refusal
from ingest import operations, queries
from ingest.catalog import canonical
from ingest.models import Column, Note, Snapshot, Table, Tag, Tagging, Upstream
from ingest.operations import Measurement, add_note, add_tag, remove_note, remove_snapshot, remove_tag, store_snapshot
from ingest.storage import catalog_of
from tests.accounts.factories import make_platform_administrator
from tests.ingest.samples import OTHER_COMMIT, catalog, table

pytestmark = pytest.mark.django_db

TOOK = Measurement(files=3, bytes=4096, seconds=1.5)
STRANGER = Actor(user_id=uuid4())


@pytest.fixture
def upstream() -> Upstream:
    return Upstream.objects.create(
        name="tiny", title="Tiny", domain="lms", repository="example/tiny", licence="MIT", pin="v1"
    )


@pytest.fixture
def administrator() -> Actor:
    actor: Actor = make_platform_administrator().as_actor()
    return actor


def current(upstream: Upstream) -> Snapshot | None:
    return Upstream.objects.select_related("current").get(pk=upstream.pk).current


def everything() -> dict[str, list[Any]]:
    return {
        model._meta.label: list(model.objects.order_by("pk").values())
        for model in (Upstream, Snapshot, Table, Column, Note, Tag, Tagging)
    }


def test_the_counts_of_a_snapshot(upstream: Upstream) -> None:
    snapshot = store_snapshot(catalog=catalog(table("user", "name"), table("post", keys={"user": "user"})))
    counts = {name: getattr(snapshot, name) for name in (
        "table_count", "column_count", "foreign_key_count", "relationship_count", "index_count", "constraint_count",
        "enum_count", "problem_count", "file_count", "byte_count", "duration",
    )}  # fmt: skip
    assert counts == {
        "table_count": 2, "column_count": 4, "foreign_key_count": 1, "relationship_count": 0, "index_count": 2,
        "constraint_count": 2, "enum_count": 0, "problem_count": 0, "file_count": None, "byte_count": None,
        "duration": None,
    }  # fmt: skip


def test_the_same_catalog_again_changes_nothing(upstream: Upstream) -> None:
    first = store_snapshot(catalog=catalog(table("user")))
    before = everything()
    assert store_snapshot(catalog=catalog(table("user"))) == first
    after = everything()
    assert [{**row, "updated_at": None} for row in after.pop("ingest.Upstream")] == [
        {**row, "updated_at": None} for row in before.pop("ingest.Upstream")
    ]
    assert after == before


def test_a_committed_catalog_that_the_repository_gives_too_becomes_the_repositorys(upstream: Upstream) -> None:
    committed = store_snapshot(catalog=catalog(table("user")))
    assert (committed.origin, committed.file_count) == ("committed", None)
    read = store_snapshot(catalog=catalog(table("user")), measurement=TOOK)
    assert read.pk == committed.pk
    assert (read.origin, read.file_count, read.byte_count) == ("repository", 3, 4096)
    assert read.duration is not None
    assert read.duration.total_seconds() == 1.5
    assert Table.objects.count() == 1


def test_the_current_snapshot_is_the_last_one_read_else_the_committed_one(upstream: Upstream) -> None:
    old = store_snapshot(catalog=catalog(table("user")))
    assert current(upstream) == old
    newer = store_snapshot(catalog=catalog(table("user", "name")))
    assert current(upstream) == newer
    read = store_snapshot(catalog=catalog(table("user"), commit=OTHER_COMMIT), measurement=TOOK)
    assert current(upstream) == read
    store_snapshot(catalog=catalog(table("user", "name", "mail")))
    assert current(upstream) == read
    again = store_snapshot(catalog=catalog(table("user")), measurement=TOOK)
    assert again == old
    assert current(upstream) == old
    assert Snapshot.objects.count() == 4


def test_a_success_clears_the_trouble_of_the_last_try(upstream: Upstream) -> None:
    operations.record_failed_attempt(upstream="tiny", error="no network")
    upstream.refresh_from_db()
    assert upstream.attempt_error == "no network"
    assert upstream.attempted_at is not None
    store_snapshot(catalog=catalog(table("user")))
    upstream.refresh_from_db()
    assert upstream.attempt_error == "no network"
    store_snapshot(catalog=catalog(table("user")), measurement=TOOK)
    upstream.refresh_from_db()
    assert upstream.attempt_error == ""


def test_an_upstream_that_is_not_declared_is_refused() -> None:
    with pytest.raises(operations.UnknownUpstream) as refused:
        store_snapshot(catalog=catalog(table("user")))
    assert refused.value.message == "There is no upstream tiny in the catalog."
    with pytest.raises(operations.UnknownUpstream):
        operations.record_failed_attempt(upstream="tiny", error="no network")
    assert not Snapshot.objects.exists()


def test_old_snapshots_are_removed_by_administrators_and_the_current_one_stays(
    upstream: Upstream, administrator: Actor
) -> None:
    old = store_snapshot(catalog=catalog(table("user")))
    new = store_snapshot(catalog=catalog(table("user", "name")))
    with pytest.raises(operations.NotForYou):
        remove_snapshot(actor=STRANGER, snapshot=old.pk)
    with pytest.raises(operations.CurrentSnapshot) as refused:
        remove_snapshot(actor=administrator, snapshot=new.pk)
    assert refused.value.message == "tiny at 0123456789 is the current snapshot of its upstream and stays."
    assert Snapshot.objects.count() == 2
    remove_snapshot(actor=administrator, snapshot=old.pk)
    assert list(Snapshot.objects.all()) == [new]
    assert catalog_of(new) == canonical(catalog(table("user", "name")))
    with pytest.raises(operations.UnknownSnapshot):
        remove_snapshot(actor=administrator, snapshot=old.pk)


def test_notes_and_tags_outlive_every_reading_and_their_table(upstream: Upstream, administrator: Actor) -> None:
    store_snapshot(catalog=catalog(table("user", "name"), table("post")))
    subject = {"actor": administrator, "upstream": upstream.pk}
    add_note(**subject, table_name="user", text=" who? ")
    add_note(**subject, table_name="user", column_name="name", text="full name")
    add_tag(**subject, table_name="post", tag="Content")
    store_snapshot(catalog=catalog(table("user"), commit=OTHER_COMMIT), measurement=TOOK)

    def shown(rows: Any) -> list[tuple[str, bool]]:
        return [(row.subject, row.is_gone) for row in queries.with_presence(rows.order_by("pk"))]

    assert shown(Note.objects.all()) == [("user", False), ("user.name", True)]
    assert shown(Tagging.objects.all()) == [("post", True)]
    assert list(Note.objects.order_by("pk").values_list("text", "author")) == [
        ("who?", administrator.user_id),
        ("full name", administrator.user_id),
    ]
    assert Tagging.objects.get().tag.name == "content"


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"table_name": "usr"}, "ingest.unknown_subject", "tiny has no table 'usr' at present; did you mean 'user'?."),
        (
            {"column_name": "nam"},
            "ingest.unknown_subject",
            "tiny has no column 'nam' in the table 'user' at present; did you mean 'name'?.",
        ),
        ({"upstream": uuid4()}, "ingest.unknown_upstream", None),
        ({"text": " "}, "ingest.empty_note", "A note has a text."),
        (
            {"actor": STRANGER},
            "ingest.not_for_you",
            "Everybody reads the notes and tags of the catalog; platform administrators write them.",
        ),
    ],
)
def test_a_note_that_is_refused(
    upstream: Upstream, administrator: Actor, change: dict[str, Any], code: str, message: str | None
) -> None:
    store_snapshot(catalog=catalog(table("user", "name")))
    given = {"actor": administrator, "upstream": upstream.pk, "table_name": "user", "text": "who?"}
    with pytest.raises(Refusal) as refused:
        add_note(**(given | change))
    assert refused.value.code == code
    if message is not None:
        assert refused.value.message == message
    assert not Note.objects.exists()


def test_a_tag_is_one_word_carried_once(upstream: Upstream, administrator: Actor) -> None:
    store_snapshot(catalog=catalog(table("user")))
    given = {"actor": administrator, "upstream": upstream.pk, "table_name": "user"}
    tagging = add_tag(**given, tag="pii")
    with pytest.raises(Conflict) as refused:
        add_tag(**given, tag="PII")
    assert refused.value.message == "It carries this tag already."
    with pytest.raises(Conflict) as refused:
        add_tag(**given, tag="two words")
    assert refused.value.message == "A tag is lower-case letters, digits and '-'."
    assert list(Tag.objects.values_list("name", flat=True)) == ["pii"]
    with pytest.raises(operations.NotForYou):
        remove_tag(actor=STRANGER, tagging=tagging.pk)
    remove_tag(actor=administrator, tagging=tagging.pk)
    assert not Tagging.objects.exists()
    assert not Tag.objects.exists()
    with pytest.raises(operations.UnknownTagging):
        remove_tag(actor=administrator, tagging=tagging.pk)


def test_a_note_is_taken_back_once(upstream: Upstream, administrator: Actor) -> None:
    store_snapshot(catalog=catalog(table("user")))
    note = add_note(actor=administrator, upstream=upstream.pk, table_name="user", text="who?")
    with pytest.raises(operations.NotForYou):
        remove_note(actor=STRANGER, note=note.pk)
    remove_note(actor=administrator, note=note.pk)
    with pytest.raises(operations.UnknownNote):
        remove_note(actor=administrator, note=note.pk)


def test_only_the_current_snapshots_are_shown_and_to_nobody_unknown(upstream: Upstream) -> None:
    store_snapshot(catalog=catalog(table("user"), table("old")))
    store_snapshot(catalog=catalog(table("user"), commit=OTHER_COMMIT), measurement=TOOK)
    shown = queries.tables_visible_to(actor=STRANGER)
    assert list(shown.values_list("name", "snapshot__commit")) == [("user", OTHER_COMMIT)]
    assert not queries.tables_visible_to(actor=Actor()).exists()
    assert Table.objects.filter(snapshot=F("snapshot__upstream__current")).count() == 1
