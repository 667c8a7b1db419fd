"""A stored catalog, and people who look at it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from ingest import ir
from ingest.models import Upstream
from ingest.operations import Measurement, add_note, add_tag, store_snapshot
from tests.accounts.factories import make_auditor, make_platform_administrator
from tests.ingest.samples import OTHER_COMMIT, at, catalog, table


@pytest.fixture(autouse=True)
def _no_collected_files(settings: Any) -> None:
    """Static files are looked up when asked for: the folder that serving collects them in need not be there."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def administrator() -> Any:
    return make_platform_administrator()


@pytest.fixture
def root(client: Client, administrator: Any) -> Client:
    client.force_login(administrator)
    return client


@pytest.fixture
def auditor() -> Client:
    client = Client()
    client.force_login(make_auditor())
    return client


def make_upstream(name: str, domain: str) -> Upstream:
    return Upstream.objects.create(
        name=name, title=name.title(), domain=domain, repository=f"example/{name}", licence="MIT", pin="v1"
    )


@pytest.fixture
def stored(administrator: Any) -> None:
    """Two upstreams of two domains; of `tiny` there is an older snapshot too, and something was said about it."""
    tiny, chat = make_upstream("tiny", "lms"), make_upstream("chat", "chat")
    store_snapshot(catalog=catalog(table("course", "old_title"), table("gone")))
    actor = administrator.as_actor()
    add_note(actor=actor, upstream=tiny.pk, table_name="gone", text="what was it for?")
    add_note(actor=actor, upstream=tiny.pk, table_name="course", text="the <b>main</b> thing")
    add_tag(actor=actor, upstream=tiny.pk, table_name="course", column_name="id", tag="key")
    post = table("post", keys={"course": "course", "author": "person"})
    store_snapshot(
        catalog=catalog(
            table("course", "title"),
            ir.Table(
                name="post",
                position=post.position,
                columns=post.columns,
                primary_key=post.primary_key,
                foreign_keys=post.foreign_keys,
                indexes=post.indexes,
                checks=(ir.Check(expression="id > 0", position=at(50), name="positive"),),
            ),
            commit=OTHER_COMMIT,
            enums=(ir.Enum(name="course.title", values=("draft", "open"), position=at(51)),),
            relationships=(
                ir.Relationship(
                    source="post.author", target="course", origin=ir.Origin.NAMING, confidence=0.5, position=at(52)
                ),
            ),
            problems=(ir.Problem(position=at(53), reason="odd words", text="WHAT"),),
        ),
        measurement=Measurement(files=1, bytes=2048, seconds=0.5),
    )
    store_snapshot(catalog=catalog(table("room", "topic"), upstream="chat"))
    assert chat.pk
