"""Each constraint of the catalog has a row that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from ingest import ir
from ingest.models import (
    Check,
    Column,
    Enum,
    ForeignKey,
    Index,
    Note,
    Problem,
    Relationship,
    Snapshot,
    Table,
    Tag,
    Tagging,
    Upstream,
)
from ingest.operations import store_snapshot
from tests.ingest.samples import COMMIT, OTHER_COMMIT, at, catalog, table

pytestmark = pytest.mark.django_db


def change(model: type[models.Model], **columns: Any) -> Callable[[], Any]:
    def act() -> None:
        row = model._default_manager.order_by("pk").first()
        assert row is not None
        model._default_manager.filter(pk=row.pk).update(**columns)

    return act


def twice(model: type[models.Model], **columns: Any) -> Callable[[], Any]:
    """Store a copy of the first row; `columns` make the copy differ."""

    def act() -> None:
        row = model._default_manager.order_by("pk").first()
        assert row is not None
        values = {
            field.attname: getattr(row, field.attname)
            for field in model._meta.concrete_fields
            if field.name not in {"id", "created_at", "updated_at"}
        }
        model._default_manager.create(**(values | columns))

    return act


BREAKERS: dict[str, Callable[[], Any]] = {
    "ingest_upstream_name": twice(Upstream),
    "ingest_upstream_name_shape": change(Upstream, name="Two Words"),
    "ingest_snapshot_content": twice(Snapshot),
    "ingest_snapshot_origin": change(Snapshot, origin="hearsay"),
    "ingest_snapshot_commit": change(Snapshot, commit="HEAD"),
    "ingest_snapshot_content_hash": change(Snapshot, content_hash="abc"),
    "ingest_snapshot_measured": change(Snapshot, duration=timedelta(seconds=1)),
    "ingest_table_name": twice(Table, ordinal=99),
    "ingest_table_ordinal": twice(Table, name="other"),
    "ingest_table_name_length": change(Table, name="x" * 301),
    "ingest_table_primary_key": change(Table, primary_key=None),
    "ingest_column_name": twice(Column, ordinal=99),
    "ingest_column_ordinal": twice(Column, name="other"),
    "ingest_column_name_length": change(Column, name="x" * 301),
    "ingest_column_kind": change(Column, kind="varchar"),
    "ingest_foreignkey_ordinal": twice(ForeignKey),
    "ingest_index_ordinal": twice(Index),
    "ingest_check_ordinal": twice(Check),
    "ingest_relationship_ordinal": twice(Relationship),
    "ingest_relationship_origin": change(Relationship, origin="guess"),
    "ingest_relationship_confidence": change(Relationship, confidence="1.001"),
    "ingest_enum_name": twice(Enum, ordinal=99),
    "ingest_enum_ordinal": twice(Enum, name="other"),
    "ingest_enum_name_length": change(Enum, name="x" * 602),
    "ingest_problem_ordinal": twice(Problem),
    "ingest_note_subject": change(Note, table_name=""),
    "ingest_note_text": change(Note, text=" \n"),
    "ingest_tag_name": twice(Tag),
    "ingest_tag_name_shape": change(Tag, name="two words"),
    "ingest_tagging_subject": change(Tagging, column_name="x" * 301),
    "ingest_tagging_once": twice(Tagging),
}


@pytest.fixture(autouse=True)
def one_of_each() -> None:
    upstream = Upstream.objects.create(
        name="tiny", title="Tiny", domain="lms", repository="example/tiny", licence="MIT", pin="v1"
    )
    whole = table("post", keys={"user": "user"})
    check = ir.Check(expression="id > 0", position=at(1))
    relationship = ir.Relationship(
        source="post.id", target="post", origin=ir.Origin.NAMING, confidence=0.5, position=at(1)
    )
    store_snapshot(
        catalog=catalog(
            ir.Table(
                name=whole.name,
                position=whole.position,
                columns=whole.columns,
                primary_key=whole.primary_key,
                foreign_keys=whole.foreign_keys,
                indexes=whole.indexes,
                checks=(check,),
            ),
            relationships=(relationship,),
            enums=(ir.Enum(name="post.id", values=("1",), position=at(1)),),
            problems=(ir.Problem(position=at(1), reason="odd"),),
        )
    )
    Note.objects.create(upstream=upstream, table_name="post", text="what for?")
    Tagging.objects.create(upstream=upstream, table_name="post", tag=Tag.objects.create(name="pii"))


def test_every_constraint_has_its_breaker() -> None:
    declared = {
        constraint.name
        for model in apps.get_app_config("ingest").get_models()
        for constraint in model._meta.constraints
    }
    assert set(BREAKERS) == declared


@pytest.mark.parametrize("name", sorted(BREAKERS))
def test_a_row_that_breaks_it_is_refused(name: str) -> None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        BREAKERS[name]()
    assert refused.value.__cause__.diag.constraint_name == name  # type: ignore[union-attr]


def test_two_snapshots_of_an_upstream_differ_in_commit_or_content() -> None:
    first = Snapshot.objects.get()
    assert first.commit == COMMIT
    twice(Snapshot, commit=OTHER_COMMIT, read_at=timezone.now())()
    assert Snapshot.objects.count() == 2
