"""The catalog in the database: upstreams, their snapshots, what each snapshot holds, and what people say about it."""

from ingest.models.annotations import Note, Tag, Tagging
from ingest.models.schema import Check, Column, Enum, ForeignKey, Index, Problem, Relationship, Table
from ingest.models.upstreams import Origin, Snapshot, Upstream

__all__ = [
    "Check",
    "Column",
    "Enum",
    "ForeignKey",
    "Index",
    "Note",
    "Origin",
    "Problem",
    "Relationship",
    "Snapshot",
    "Table",
    "Tag",
    "Tagging",
    "Upstream",
]
