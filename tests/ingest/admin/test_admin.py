"""The catalog's pages: they open at a constant price, show the current snapshots, and take notes and tags."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ingest.models import Note, Snapshot, Table, Tagging, Upstream
from ingest.operations import store_snapshot
from tests.ingest.admin.conftest import make_upstream
from tests.ingest.samples import OTHER_COMMIT, catalog, table

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stored")]

MODELS = sorted(apps.get_app_config("ingest").get_models(), key=lambda model: model._meta.model_name)
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)


def list_of(model: Any, query: str = "") -> str:
    return reverse(f"admin:ingest_{model._meta.model_name}_changelist") + query


def page_of(row: Any) -> str:
    return reverse(f"admin:ingest_{row._meta.model_name}_change", args=[row.pk])


def opened(client: Client, address: str) -> tuple[int, str]:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code == 200, address
    return len(queries), answer.content.decode()


def listed(client: Client, address: str) -> list[str]:
    """The first column of a list, as text."""
    _, page = opened(client, address)
    cells = re.findall(r'<th class="field-[^"]*"><a [^>]*>(.*?)</a></th>', page)
    return sorted(unescape(re.sub(r"<[^>]+>", "", cell)) for cell in cells)


def text_of(page: str, section: str) -> str:
    """The words of one section of a table's page."""
    found = re.search(rf'<section class="module" id="{section}">(.*?)</section>', page, re.DOTALL)
    assert found is not None, section
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[1])).split())


@every_model
def test_a_list_opens_at_a_constant_price(model: Any, root: Client) -> None:
    few, page = opened(root, list_of(model))
    assert "0 results" not in page
    for number in range(5):
        make_upstream(f"more{number}", "lms")
        store_snapshot(catalog=catalog(table("a", keys={"b": "a"}), table("b"), upstream=f"more{number}"))
    many, _ = opened(root, list_of(model))
    assert many == few <= 12


@every_model
def test_a_row_opens(model: Any, root: Client) -> None:
    row = model._default_manager.order_by("-pk").first()
    price, page = opened(root, page_of(row))
    assert price <= 12
    assert 'name="_save"' not in page


@every_model
def test_an_auditor_looks_and_changes_nothing(model: Any, auditor: Client) -> None:
    opened(auditor, list_of(model))
    _, page = opened(auditor, page_of(model._default_manager.order_by("-pk").first()))
    assert "annotate/" not in page


def test_a_tables_page_costs_the_same_whatever_its_size(root: Client) -> None:
    opened(root, page_of(Table.objects.get(name="room")))  # what a process asks once is asked here
    few, _ = opened(root, page_of(Table.objects.get(name="room")))
    many, _ = opened(root, page_of(Table.objects.get(name="post")))
    assert few == many <= 12


def test_upstreams_say_where_their_catalog_is_from(root: Client) -> None:
    Upstream.objects.filter(name="chat").update(attempt_error="github.com cannot be reached.")
    _, page = opened(root, list_of(Upstream))
    rows = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)]
    assert rows[-2].startswith("chat chat MIT 0123456789 committed 1 2 0")
    assert rows[-1].startswith("tiny lms MIT 89abcdef01 repository 2 5 1")
    assert rows[-1].endswith("succeeded")
    assert f'<a href="{list_of(Table)}?upstream=tiny">2</a>' in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["course", "post", "room"]),
        ("?snapshots=all", ["course", "course", "gone", "post", "room"]),
        ("?upstream=chat", ["room"]),
        ("?domain=lms", ["course", "post"]),
        ("?domain=lms&upstream=chat", []),
        ("?q=OUR", ["course"]),
        ("?q=gone", []),
        ("?q=gone&snapshots=all", ["gone"]),
    ],
)
def test_tables_are_filtered_and_searched(root: Client, query: str, names: list[str]) -> None:
    assert listed(root, list_of(Table, query)) == names


@pytest.mark.parametrize(
    ("model", "query", "names"),
    [
        ("column", "?q=itl", ["title"]),
        ("column", "?q=int&upstream=chat", ["id", "topic"]),
        ("column", "?kind__exact=text", []),
        ("enum", "?q=draf", ["course.title"]),
        ("relationship", "?q=autho", ["post.author"]),
        ("problem", "?q=WHAT", ["odd words"]),
        ("index", "?q=post_by", ["post_by_id"]),
        ("foreignkey", "?q=pers", ["author"]),
        ("foreignkey", "?target__isempty=1", ["author"]),
    ],
)
def test_what_tables_hold_is_filtered_and_searched(root: Client, model: str, query: str, names: list[str]) -> None:
    assert listed(root, list_of(apps.get_model("ingest", model), query)) == names


def test_a_tables_page_shows_all_that_is_known(root: Client) -> None:
    post, course = Table.objects.get(name="post"), Table.objects.get(name="course", snapshot__commit=OTHER_COMMIT)
    _, page = opened(root, page_of(post))
    base = f"https://github.com/example/tiny/blob/{OTHER_COMMIT}/db/install.xml"
    assert text_of(page, "columns").endswith(
        "id (key) int integer no install.xml:2 course int integer no install.xml:3 author int integer no install.xml:4"
    )
    assert f'<a href="{base}#L3" title="db/install.xml" rel="noreferrer">install.xml:3</a>' in page
    assert text_of(page, "outgoing").endswith(
        "author person, which was not read (id) yes install.xml:30 course course (id) yes install.xml:30"
    )
    assert f'<a href="{page_of(course)}">course</a>' in page
    assert text_of(page, "inferred").endswith("post.author course naming 0.500 install.xml:52")
    assert text_of(page, "indexes").endswith("id no post_by_id install.xml:40")
    assert text_of(page, "checks").endswith("id > 0 positive install.xml:50")
    assert 'id="incoming"' not in page
    _, page = opened(root, page_of(course))
    assert text_of(page, "incoming").endswith("post course id install.xml:30")
    assert "the &lt;b&gt;main&lt;/b&gt; thing" in page
    assert "title int integer no draft, open" in text_of(page, "columns")
    assert "#key" in text_of(page, "columns")


def annotate(client: Client, row: Table, **fields: str) -> str:
    answer = client.post(reverse("admin:ingest_table_annotate", args=[row.pk]), fields, follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain == [(page_of(row), 302)]
    found = re.search(r'<ul class="messagelist">(.*?)</ul>', answer.content.decode(), re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[1])).split()) if found else ""


def test_notes_and_tags_are_left_on_a_tables_page(root: Client, administrator: Any) -> None:
    room = Table.objects.get(name="room")
    assert annotate(root, room, add_note="", text="where people talk") == ""
    assert annotate(root, room, add_tag="", tag="Chat", column_name="topic") == ""
    note, tagging = Note.objects.get(table_name="room"), Tagging.objects.get(table_name="room")
    assert (note.text, note.column_name, note.author_id) == ("where people talk", "", administrator.pk)
    assert (tagging.column_name, tagging.tag.name) == ("topic", "chat")
    _, page = opened(root, page_of(room))
    assert "where people talk" in text_of(page, "annotations")
    assert "#chat" in text_of(page, "columns")
    assert annotate(root, room, remove_note=str(note.pk)) == ""
    assert annotate(root, room, remove_tag=str(tagging.pk)) == ""
    assert not Note.objects.filter(table_name="room").exists()
    assert not Tagging.objects.filter(table_name="room").exists()


def test_a_refusal_is_said_on_the_page(root: Client, auditor: Client) -> None:
    room = Table.objects.get(name="room")
    assert annotate(root, room, add_note="", text=" ") == "A note has a text."
    assert annotate(root, room, remove_note=str(uuid4())) == "There is no such note."
    assert annotate(auditor, room, add_note="", text="mine") == (
        "Everybody reads the notes and tags of the catalog; platform administrators write them."
    )
    assert not Note.objects.filter(table_name="room").exists()


def test_what_is_not_there_is_not_found(root: Client) -> None:
    room = Table.objects.get(name="room")
    assert root.post(reverse("admin:ingest_table_annotate", args=[uuid4()]), {"add_note": ""}).status_code == 404
    address = reverse("admin:ingest_table_annotate", args=[room.pk])
    assert root.post(address, {"remove_note": "x"}).status_code == 404
    assert root.get(address).status_code == 405
    assert Client().post(address, {"add_note": "", "text": "mine"}).status_code == 302
    assert not Note.objects.filter(table_name="room").exists()


def test_a_note_on_a_table_that_is_gone_is_shown_as_such(root: Client) -> None:
    for address in (list_of(Note), page_of(Upstream.objects.get(name="tiny"))):
        _, page = opened(root, address)
        gone = re.findall(r'field-(?:is_)?gone"[^>]*>.*?alt="(True|False)"', page, re.DOTALL)
        assert sorted(gone) == ["False", "True"], address


def test_snapshots_and_notes_are_removed_by_actions(root: Client) -> None:
    old = Snapshot.objects.get(upstream__name="tiny", origin="committed")
    current = Snapshot.objects.get(upstream__name="tiny", origin="repository")
    answer = root.post(
        list_of(Snapshot), {"action": "remove_snapshot", "_selected_action": [old.pk, current.pk]}, follow=True
    )
    assert sorted(str(message) for message in answer.context["messages"]) == [
        "1 snapshots were removed.",
        "tiny at 89abcdef01 is the current snapshot of its upstream and stays.",
    ]
    assert list(Snapshot.objects.filter(upstream__name="tiny")) == [current]
    notes = list(Note.objects.values_list("pk", flat=True))
    root.post(list_of(Note), {"action": "remove_note", "_selected_action": notes})
    assert not Note.objects.exists()
