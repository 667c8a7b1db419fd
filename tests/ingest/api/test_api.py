"""The catalog over HTTP: current snapshots, filters, and notes by those who may."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ingest import api
from ingest.models import Note, Snapshot, Table, Tagging, Upstream
from ingest.operations import Measurement, store_snapshot
from tests.accounts.factories import make_platform_administrator, make_user
from tests.ingest.samples import COMMIT, OTHER_COMMIT, catalog, table

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stored")]

NOUNS = sorted(
    resource.noun for resource in vars(api).values() if isinstance(resource, type) and hasattr(resource, "noun")
)


@pytest.fixture
def stored() -> None:
    for name, domain in (("tiny", "lms"), ("chat", "chat")):
        Upstream.objects.create(
            name=name, title=name.title(), domain=domain, repository=f"example/{name}", licence="MIT", pin="v1"
        )
    store_snapshot(catalog=catalog(table("gone"), table("course")))
    store_snapshot(
        catalog=catalog(table("course", "title"), table("post", keys={"course": "course"}), commit=OTHER_COMMIT),
        measurement=Measurement(files=1, bytes=2048, seconds=0.5),
    )
    store_snapshot(catalog=catalog(table("room"), upstream="chat"))


@pytest.fixture
def person(client: Client) -> Client:
    client.force_login(make_user())
    return client


@pytest.fixture
def root() -> Client:
    client = Client()
    client.force_login(make_platform_administrator())
    return client


def rows(client: Client, address: str) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/{address}")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def names(client: Client, address: str) -> list[str]:
    return sorted(row["name"] for row in rows(client, address))


def test_every_model_of_the_catalog_can_be_read(person: Client) -> None:
    assert NOUNS == [
        "checks", "columns", "enums", "foreign-keys", "indexes", "notes", "problems", "relationships", "snapshots",
        "tables", "taggings", "tags", "upstreams",
    ]  # fmt: skip
    for noun in NOUNS:
        rows(person, f"{noun}/")


def test_a_stranger_reads_nothing() -> None:
    for noun in NOUNS:
        assert Client().get(f"/api/v1/{noun}/").status_code == 401


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("tables/", ["course", "post", "room"]),
        ("tables/?upstream=tiny", ["course", "post"]),
        ("tables/?domain=chat", ["room"]),
        ("tables/?domain=chat&upstream=tiny", []),
        ("tables/?name__contains=OO", ["room"]),
        ("tables/?name=post", ["post"]),
        ("columns/?name__contains=itl", ["title"]),
        ("columns/?upstream=tiny&kind=integer", ["course", "id", "id", "title"]),
        ("columns/?kind=text", []),
        ("indexes/?name__contains=course_by", ["course_by_id"]),
        ("upstreams/?domain=lms", ["tiny"]),
    ],
)
def test_lists_are_filtered(person: Client, address: str, found: list[str]) -> None:
    assert names(person, address) == found


def test_snapshots_say_what_was_read(person: Client) -> None:
    found = rows(person, "snapshots/?upstream=tiny&fields=commit,origin,table_count,file_count,byte_count")
    assert found == [
        {"commit": OTHER_COMMIT, "origin": "repository", "table_count": 2, "file_count": 1, "byte_count": 2048},
        {"commit": COMMIT, "origin": "committed", "table_count": 2, "file_count": None, "byte_count": None},
    ]


def test_a_foreign_key_leads_to_its_table(person: Client) -> None:
    (key,) = rows(person, "foreign-keys/")
    assert (key["columns"], key["references"]) == (["course"], "course")
    target = person.get(f"/api/v1/tables/{key['target']}/").json()
    assert (target["name"], target["primary_key"]) == ("course", ["id"])
    old = Table.objects.get(name="gone")
    assert person.get(f"/api/v1/tables/{old.pk}/").status_code == 404


def test_an_unknown_filter_is_refused(person: Client) -> None:
    answer = person.get("/api/v1/tables/?upstrem=tiny")
    assert answer.status_code == 400
    assert "upstream" in answer.content.decode()


def test_a_list_takes_the_same_queries_whatever_its_length(person: Client) -> None:
    counts = []
    for limit in (1, 4):
        with CaptureQueriesContext(connection) as queries:
            rows(person, f"columns/?limit={limit}")
        counts.append(len(queries))
    assert counts[1] <= counts[0]


def test_notes_and_tags_are_written_by_platform_administrators(root: Client, person: Client) -> None:
    upstream = str(Upstream.objects.get(name="tiny").pk)
    note = {"upstream": upstream, "table_name": "course", "text": "the main thing"}
    tag = {"upstream": upstream, "table_name": "course", "column_name": "title", "tag": "text"}
    for noun, body in (("notes", note), ("taggings", tag)):
        answer = person.post(f"/api/v1/{noun}/", body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "ingest.not_for_you")
    assert not Note.objects.exists()
    assert not Tagging.objects.exists()
    made = root.post("/api/v1/notes/", note, content_type="application/json")
    assert made.status_code == 201
    assert root.post("/api/v1/taggings/", tag, content_type="application/json").status_code == 201
    assert [row["text"] for row in rows(person, "notes/?upstream=tiny")] == ["the main thing"]
    assert rows(person, "taggings/?upstream=chat") == []
    answer = root.post(f"/api/v1/notes/{made.json()['id']}/remove/", {}, content_type="application/json")
    assert answer.status_code == 204
    assert not Note.objects.exists()


def test_the_current_snapshot_is_not_removed(root: Client) -> None:
    old, current = Snapshot.objects.filter(upstream__name="tiny").order_by("pk")
    answer = root.post(f"/api/v1/snapshots/{current.pk}/remove/", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "ingest.current_snapshot")
    answer = root.post(f"/api/v1/snapshots/{old.pk}/remove/", {}, content_type="application/json")
    assert answer.status_code == 204
    assert list(Snapshot.objects.filter(upstream__name="tiny")) == [current]
