"""Writes to the catalog: storing what was read, and what people say about it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models.functions import Now

from azora.kernel.actor import Actor
from azora.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from azora.kernel.operations import operation
from ingest import ir, storage
from ingest.catalog import canonical, dump
from ingest.declarations import Declaration
from ingest.models import Column, Note, Origin, Snapshot, Table, Tag, Tagging, Upstream
from ingest.spelling import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What reading an upstream took: files read, bytes that its checkout holds on disk, seconds from start to end."""

    files: int
    bytes: int
    seconds: float


class UnknownUpstream(NotFound):
    """There is no upstream {name} in the catalog."""


class NotForYou(NotAllowed):
    """Everybody reads the notes and tags of the catalog; platform administrators write them."""


class UnknownSubject(NotFound):
    """{upstream} has no {subject} at present{hint}."""


class UnknownNote(NotFound):
    """There is no such note."""


class UnknownTagging(NotFound):
    """It does not carry this tag."""


class EmptyNote(Invalid):
    """A note has a text."""


class UnknownSnapshot(NotFound):
    """There is no such snapshot."""


class CurrentSnapshot(Conflict):
    """{snapshot} is the current snapshot of its upstream and stays."""


@operation
def declare_upstream(*, declaration: Declaration) -> Upstream:
    """Take over what is declared of an upstream; nothing is written where it says what is known already."""
    declared = {
        "title": declaration.title,
        "domain": declaration.domain.value,
        "repository": declaration.repository,
        "licence": declaration.licence,
        "pin": declaration.pin.ref,
    }
    known = Upstream.objects.filter(name=declaration.name, **declared).first()
    if known is not None:
        return known
    Upstream.objects.bulk_create(
        [Upstream(name=declaration.name, **declared)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=list(declared),
    )
    return Upstream.objects.get(name=declaration.name)


@operation
def store_snapshot(*, catalog: ir.Catalog, measurement: Measurement | None = None) -> Snapshot:
    """Store a catalog of a declared upstream; one that is stored already stays the row that it is.

    With a `measurement` it was read from a repository, and becomes the current snapshot. Without one it is the
    catalog committed with Azora, which is current only as long as nothing was read from a repository. Callers that
    store the same upstream at once wait for each other. Raises :class:`UnknownUpstream` and
    :class:`ingest.storage.NotStorable`.
    """
    upstream = Upstream.objects.select_for_update().filter(name=catalog.upstream).first()
    if upstream is None:
        raise UnknownUpstream(name=catalog.upstream)
    storage.check(catalog)
    catalog = canonical(catalog)
    content_hash = hashlib.sha256(dump(catalog).encode()).hexdigest()
    snapshot = upstream.snapshots.filter(commit=catalog.commit, content_hash=content_hash).first()
    if snapshot is None:
        snapshot = Snapshot(upstream=upstream, content_hash=content_hash, **_measured(measurement), **_facts(catalog))
        snapshot.read_at = Now()
        snapshot.save(force_insert=True)
        storage.write(snapshot, catalog)
    elif measurement is not None and snapshot.origin == Origin.COMMITTED:
        Snapshot.objects.filter(pk=snapshot.pk).update(read_at=Now(), **_measured(measurement))
    if measurement is not None:
        upstream.attempted_at, upstream.attempt_error = Now(), ""
        upstream.current = snapshot
    elif upstream.current is None or upstream.current.origin == Origin.COMMITTED:
        upstream.current = snapshot
    upstream.save(update_fields=["current", "attempted_at", "attempt_error"])
    return Snapshot.objects.select_related("upstream").get(pk=snapshot.pk)


@operation
def record_failed_attempt(*, upstream: str, error: str) -> None:
    """Keep why reading this upstream from a repository gave nothing; what was stored stays.

    Raises :class:`UnknownUpstream`.
    """
    if not Upstream.objects.filter(name=upstream).update(attempted_at=Now(), attempt_error=error):
        raise UnknownUpstream(name=upstream)


@operation
def remove_snapshot(*, actor: Actor, snapshot: UUID) -> None:
    """Remove an old snapshot with all that it holds. Nothing removes snapshots by itself: they are what two versions
    of an upstream are compared by."""
    _require_administrator(actor)
    row = Snapshot.objects.select_related("upstream").filter(pk=snapshot).first()
    if row is None:
        raise UnknownSnapshot
    upstream = Upstream.objects.select_for_update().get(pk=row.upstream_id)
    if upstream.current_id == row.pk:
        raise CurrentSnapshot(snapshot=row)
    row.delete()


@operation
def add_note(*, actor: Actor, upstream: UUID, table_name: str, column_name: str = "", text: str) -> Note:
    """Say something about a table or column that the upstream has at present."""
    _require_administrator(actor)
    if not text.strip():
        raise EmptyNote
    row = _upstream_with(upstream, table_name, column_name)
    return Note.objects.create(
        upstream=row, table_name=table_name, column_name=column_name, text=text.strip(), author_id=actor.user_id
    )


@operation
def remove_note(*, actor: Actor, note: UUID) -> None:
    """Take a note back, also one about a table that is gone."""
    _require_administrator(actor)
    count, _ = Note.objects.filter(pk=note).delete()
    if not count:
        raise UnknownNote


@operation
def add_tag(*, actor: Actor, upstream: UUID, table_name: str, column_name: str = "", tag: str) -> Tagging:
    """Tag a table or column that the upstream has at present; a tag of a new name is made."""
    _require_administrator(actor)
    row = _upstream_with(upstream, table_name, column_name)
    name = tag.strip().lower()
    Tag.objects.bulk_create([Tag(name=name)], ignore_conflicts=True)
    return Tagging.objects.create(
        upstream=row,
        table_name=table_name,
        column_name=column_name,
        tag=Tag.objects.get(name=name),
        author_id=actor.user_id,
    )


@operation
def remove_tag(*, actor: Actor, tagging: UUID) -> None:
    """Take a tag off a table or column; a tag that nothing carries any more goes too."""
    _require_administrator(actor)
    row = Tagging.objects.filter(pk=tagging).first()
    if row is None:
        raise UnknownTagging
    row.delete()
    Tag.objects.filter(pk=row.tag_id, taggings=None).delete()


def _require_administrator(actor: Actor) -> None:
    if not actor.is_platform_admin:
        raise NotForYou


def _upstream_with(upstream: UUID, table_name: str, column_name: str) -> Upstream:
    """The upstream, when its current snapshot has this table (and this column, where one is named)."""
    row = Upstream.objects.filter(pk=upstream).first()
    if row is None:
        raise UnknownUpstream(name=upstream)
    tables = Table.objects.filter(snapshot=row.current_id)
    if not tables.filter(name=table_name).exists():
        hint = did_you_mean(table_name, tables.values_list("name", flat=True))
        raise UnknownSubject(upstream=row, subject=f"table {table_name!r}", hint=hint)
    columns = Column.objects.filter(table__snapshot=row.current_id, table__name=table_name)
    if column_name and not columns.filter(name=column_name).exists():
        hint = did_you_mean(column_name, columns.values_list("name", flat=True))
        raise UnknownSubject(upstream=row, subject=f"column {column_name!r} in the table {table_name!r}", hint=hint)
    return row


def _measured(measurement: Measurement | None) -> dict[str, object]:
    if measurement is None:
        return {"origin": Origin.COMMITTED}
    return {
        "origin": Origin.REPOSITORY,
        "file_count": measurement.files,
        "byte_count": measurement.bytes,
        "duration": timedelta(seconds=measurement.seconds),
    }


def _facts(catalog: ir.Catalog) -> dict[str, object]:
    """What a snapshot's own row says of its catalog. Nothing is counted twice: a foreign key is no constraint here,
    a unique constraint no index."""
    indexes = [index for table in catalog.tables for index in table.indexes]
    unique_constraints = sum(index.is_constraint for index in indexes)
    primary_keys = sum(table.primary_key is not None for table in catalog.tables)
    checks = sum(len(table.checks) for table in catalog.tables)
    return {
        "repository": catalog.repository,
        "commit": catalog.commit,
        "dialect": catalog.dialect,
        "extensions": list(catalog.extensions),
        "seen": catalog.seen,
        "understood": catalog.understood,
        "table_count": len(catalog.tables),
        "column_count": sum(len(table.columns) for table in catalog.tables),
        "foreign_key_count": sum(len(table.foreign_keys) for table in catalog.tables),
        "relationship_count": len(catalog.relationships),
        "index_count": len(indexes) - unique_constraints,
        "constraint_count": primary_keys + unique_constraints + checks,
        "enum_count": len(catalog.enums),
        "problem_count": len(catalog.problems),
    }
