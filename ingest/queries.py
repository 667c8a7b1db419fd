"""Questions about the catalog. It is shared: whoever is known may read all of it."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Concat

from azora.kernel.actor import Actor
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

Model = TypeVar("Model", bound=models.Model)

#: The way from a row to the snapshot that it belongs to.
SNAPSHOT_OF: dict[type[models.Model], str] = {
    Table: "snapshot",
    Relationship: "snapshot",
    Enum: "snapshot",
    Problem: "snapshot",
    Column: "table__snapshot",
    ForeignKey: "table__snapshot",
    Index: "table__snapshot",
    Check: "table__snapshot",
}


def visible(rows: QuerySet[Model], *, actor: Actor) -> QuerySet[Model]:
    """The rows, for whoever is known; nothing for a stranger."""
    return rows.none() if actor.is_anonymous else rows


def upstreams_visible_to(*, actor: Actor) -> QuerySet[Upstream]:
    return visible(Upstream.objects.all(), actor=actor)


def snapshots_visible_to(*, actor: Actor) -> QuerySet[Snapshot]:
    return visible(Snapshot.objects.all(), actor=actor)


def notes_visible_to(*, actor: Actor) -> QuerySet[Note]:
    return visible(Note.objects.all(), actor=actor)


def tags_visible_to(*, actor: Actor) -> QuerySet[Tag]:
    return visible(Tag.objects.all(), actor=actor)


def taggings_visible_to(*, actor: Actor) -> QuerySet[Tagging]:
    return visible(Tagging.objects.all(), actor=actor)


def tables_visible_to(*, actor: Actor) -> QuerySet[Table]:
    return visible(of_current_snapshots(Table.objects.all()), actor=actor)


def columns_visible_to(*, actor: Actor) -> QuerySet[Column]:
    return visible(of_current_snapshots(Column.objects.all()), actor=actor)


def foreign_keys_visible_to(*, actor: Actor) -> QuerySet[ForeignKey]:
    return visible(of_current_snapshots(ForeignKey.objects.all()), actor=actor)


def relationships_visible_to(*, actor: Actor) -> QuerySet[Relationship]:
    return visible(of_current_snapshots(Relationship.objects.all()), actor=actor)


def indexes_visible_to(*, actor: Actor) -> QuerySet[Index]:
    return visible(of_current_snapshots(Index.objects.all()), actor=actor)


def checks_visible_to(*, actor: Actor) -> QuerySet[Check]:
    return visible(of_current_snapshots(Check.objects.all()), actor=actor)


def enums_visible_to(*, actor: Actor) -> QuerySet[Enum]:
    return visible(of_current_snapshots(Enum.objects.all()), actor=actor)


def problems_visible_to(*, actor: Actor) -> QuerySet[Problem]:
    return visible(of_current_snapshots(Problem.objects.all()), actor=actor)


def of_current_snapshots(rows: QuerySet[Model]) -> QuerySet[Model]:
    """Those rows of a catalog that belong to the current snapshot of their upstream."""
    way = SNAPSHOT_OF[rows.model]
    return rows.filter(**{f"{way}__upstream__current": F(way)})


def with_presence(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Notes or taggings, with `is_gone`: whether the current snapshot lacks the table or column that is meant."""
    current = OuterRef("upstream__current")
    tables = Table.objects.filter(snapshot=current, name=OuterRef("table_name"))
    columns = Column.objects.filter(
        table__snapshot=current, table__name=OuterRef("table_name"), name=OuterRef("column_name")
    )
    annotated: QuerySet[Any] = rows.annotate(
        is_gone=Case(When(column_name="", then=~Exists(tables)), default=~Exists(columns))
    )
    return annotated


def notes_on(table: Table) -> QuerySet[Note]:
    """The notes on a table and on its columns, the oldest first."""
    return Note.objects.filter(upstream=table.snapshot.upstream_id, table_name=table.name).select_related("author")


def taggings_on(table: Table) -> QuerySet[Tagging]:
    """The tags on a table and on its columns."""
    return Tagging.objects.filter(upstream=table.snapshot.upstream_id, table_name=table.name).select_related("tag")


def foreign_keys_of(table: Table) -> QuerySet[ForeignKey]:
    """The declared references from and to a table."""
    keys = ForeignKey.objects.filter(Q(table=table) | Q(target=table))
    return keys.select_related("table", "target").order_by("table__ordinal", "ordinal")


def relationships_of(table: Table) -> QuerySet[Relationship]:
    """The inferred references from and to a table."""
    relationships = Relationship.objects.filter(Q(source_table=table) | Q(target_table=table))
    return relationships.select_related("source_table", "target_table")


def columns_of(table: Table) -> QuerySet[Column, Any]:
    """The columns of a table, each with `values`: those of its enum, None where it has none."""
    name = Concat(Value(f"{table.name}."), OuterRef("name"), output_field=TextField())
    enums = Enum.objects.filter(snapshot=table.snapshot_id, name=name)
    return table.columns.annotate(values=Subquery(enums.values("values")[:1]))
