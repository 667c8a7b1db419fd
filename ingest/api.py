"""The catalog over HTTP. It is shared: whoever is known reads all of it, platform administrators write notes and tags.

Tables and what they hold are those of the current snapshots; older ones are listed under `snapshots`.
"""

from __future__ import annotations

from azora.kernel.rest import Resource
from ingest import operations, queries
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

PLACE = ("ordinal", "file", "line")


#: Filters by the upstream that a row belongs to, and the ways to it.
OF_AN_UPSTREAM = {"upstream": ("exact", "in"), "domain": ("exact", "in")}
FROM_UPSTREAM = {"upstream": "upstream__name", "domain": "upstream__domain"}
FROM_SNAPSHOT = {name: f"snapshot__{path}" for name, path in FROM_UPSTREAM.items()}
FROM_TABLE = {name: f"table__{path}" for name, path in FROM_SNAPSHOT.items()}


class Upstreams(Resource):
    """Projects whose schemas are read, with the last try to read each from its repository."""

    model = Upstream
    visible = queries.upstreams_visible_to
    fields = (
        "id", "name", "title", "domain", "repository", "licence", "pin", "current", "attempted_at", "attempt_error",
    )  # fmt: skip
    filters = {"name": ("exact", "in", "contains"), "domain": ("exact", "in"), "title": ("contains",)}
    order = ("-id",)


class Snapshots(Resource):
    """What reading an upstream at one commit gave: where from, and how much of it there is."""

    model = Snapshot
    visible = queries.snapshots_visible_to
    fields = (
        "id", "upstream", "repository", "commit", "content_hash", "origin", "dialect", "extensions", "seen",
        "understood", "table_count", "column_count", "foreign_key_count", "relationship_count", "index_count",
        "constraint_count", "enum_count", "problem_count", "file_count", "byte_count", "read_at",
    )  # fmt: skip
    related = FROM_UPSTREAM
    filters = {**OF_AN_UPSTREAM, "commit": ("exact",), "origin": ("exact",), "content_hash": ("exact",)}
    order = ("-id",)
    changes = {"remove": operations.remove_snapshot}


class Tables(Resource):
    """Tables, collections and document types of the current snapshots."""

    model = Table
    visible = queries.tables_visible_to
    fields = ("id", "snapshot", "name", "primary_key", "primary_key_name", *PLACE)
    related = FROM_SNAPSHOT
    filters = {**OF_AN_UPSTREAM, "snapshot": ("exact",), "name": ("exact", "in", "contains")}
    order = ("-id",)


class Columns(Resource):
    """Columns of the tables: `kind` is Azora's neutral type, `type` the upstream's own words."""

    model = Column
    visible = queries.columns_visible_to
    fields = (
        "id", "table", "name", "kind", "type", "length", "bits", "precision", "scale", "nullable", "default",
        "generated", "identity", *PLACE,
    )  # fmt: skip
    related = FROM_TABLE
    filters = {
        **OF_AN_UPSTREAM,
        "table": ("exact", "in"),
        "name": ("exact", "in", "contains"),
        "kind": ("exact", "in"),
        "type": ("exact", "contains"),
        "nullable": ("exact",),
    }
    order = ("-id",)


class ForeignKeys(Resource):
    """Declared references; `target` is the table that is meant, where the catalog has it."""

    model = ForeignKey
    visible = queries.foreign_keys_visible_to
    fields = (
        "id", "table", "columns", "references", "target", "referenced_columns", "name", "on_delete", "on_update",
        "deferrable", "enforced", *PLACE,
    )  # fmt: skip
    related = FROM_TABLE
    filters = {
        **OF_AN_UPSTREAM,
        "table": ("exact", "in"),
        "target": ("exact", "in", "isnull"),
        "references": ("exact", "contains"),
        "enforced": ("exact",),
    }
    order = ("-id",)


class Relationships(Resource):
    """References that no foreign key declares, with how each was inferred."""

    model = Relationship
    visible = queries.relationships_visible_to
    fields = ("id", "snapshot", "source", "source_table", "target", "target_table", "origin", "confidence", *PLACE)
    related = FROM_SNAPSHOT
    filters = {
        **OF_AN_UPSTREAM,
        "snapshot": ("exact",),
        "source_table": ("exact", "in"),
        "target_table": ("exact", "in"),
        "source": ("exact", "contains"),
        "target": ("exact", "contains"),
        "origin": ("exact", "in"),
        "confidence": ("gte", "lt"),
    }
    order = ("-id",)


class Indexes(Resource):
    """Indexes and unique constraints, other than those of primary keys."""

    model = Index
    visible = queries.indexes_visible_to
    fields = (
        "id", "table", "name", "columns", "unique", "is_constraint", "method", "predicate", "include",
        "nulls_not_distinct", "deferrable", *PLACE,
    )  # fmt: skip
    related = FROM_TABLE
    filters = {
        **OF_AN_UPSTREAM,
        "table": ("exact", "in"),
        "name": ("exact", "contains"),
        "unique": ("exact",),
        "is_constraint": ("exact",),
        "method": ("exact", "in"),
    }
    order = ("-id",)


class Checks(Resource):
    """Check constraints of the tables."""

    model = Check
    visible = queries.checks_visible_to
    fields = ("id", "table", "name", "expression", *PLACE)
    related = FROM_TABLE
    filters = {**OF_AN_UPSTREAM, "table": ("exact", "in")}
    order = ("-id",)


class Enums(Resource):
    """The values that columns may hold."""

    model = Enum
    visible = queries.enums_visible_to
    fields = ("id", "snapshot", "name", "values", *PLACE)
    related = FROM_SNAPSHOT
    filters = {**OF_AN_UPSTREAM, "snapshot": ("exact",), "name": ("exact", "contains")}
    order = ("-id",)


class Problems(Resource):
    """What stands in the sources and not in the catalog, with the reason."""

    model = Problem
    visible = queries.problems_visible_to
    fields = ("id", "snapshot", "reason", "text", "statements", *PLACE)
    related = FROM_SNAPSHOT
    filters = {**OF_AN_UPSTREAM, "snapshot": ("exact",), "file": ("exact", "contains"), "reason": ("contains",)}
    order = ("-id",)


class Notes(Resource):
    """What people say about tables and columns; a note outlives every re-read, and its table."""

    model = Note
    visible = queries.notes_visible_to
    fields = ("id", "upstream", "table_name", "column_name", "text", "author", "created_at")
    related = FROM_UPSTREAM
    filters = {**OF_AN_UPSTREAM, "table_name": ("exact",), "column_name": ("exact",)}
    order = ("-id",)
    creates = operations.add_note
    changes = {"remove": operations.remove_note}


class Tags(Resource):
    """The words that tables and columns are sorted by."""

    model = Tag
    visible = queries.tags_visible_to
    fields = ("id", "name")
    filters = {"name": ("exact", "in")}
    order = ("-id",)


class Taggings(Resource):
    """Which table or column carries which tag."""

    model = Tagging
    visible = queries.taggings_visible_to
    fields = ("id", "upstream", "table_name", "column_name", "tag", "author", "created_at")
    related = FROM_UPSTREAM
    filters = {**OF_AN_UPSTREAM, "table_name": ("exact",), "column_name": ("exact",), "tag": ("exact", "in")}
    order = ("-id",)
    creates = operations.add_tag
    changes = {"remove": operations.remove_tag}
