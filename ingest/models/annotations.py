"""What people say about the upstreams' tables and columns.

A note or a tag names its table and column and points at no row of a snapshot, so it outlives every re-read, and the
table itself: one that is gone is shown as gone. Everybody who may read the catalog reads the notes.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

from azora.kernel.records import Record
from ingest.models.schema import NAME_LENGTH
from ingest.models.upstreams import Upstream


class Annotation(Record):
    """Something said about a table (`column_name` is empty) or a column of an upstream."""

    upstream = models.ForeignKey(Upstream, on_delete=models.CASCADE, db_index=False, related_name="%(class)ss")
    table_name = models.TextField()
    column_name = models.TextField(default="", db_default="", blank=True)
    # What was said stays when the account of the one who said it goes.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta(Record.Meta):
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="ingest_%(class)s_subject",
                condition=~models.Q(table_name="")
                & models.Q(LessThanOrEqual(Length("table_name"), NAME_LENGTH))
                & models.Q(LessThanOrEqual(Length("column_name"), NAME_LENGTH)),
                violation_error_message=f"It names a table, in at most {NAME_LENGTH} characters.",
            )
        ]

    @property
    def subject(self) -> str:
        return f"{self.table_name}.{self.column_name}" if self.column_name else self.table_name


class Note(Annotation):
    """A remark in a person's own words."""

    text = models.TextField()

    class Meta(Annotation.Meta):
        ordering = ["id"]
        constraints = [
            *Annotation.Meta.constraints,
            models.CheckConstraint(
                name="ingest_note_text",
                condition=models.Q(text__regex=r"\S"),
                violation_error_message="A note has a text.",
            ),
        ]
        indexes = [models.Index(fields=["upstream", "table_name"], name="ingest_note_by_subject")]

    def __str__(self) -> str:
        return f"{self.subject}: {self.text[:60]}"


class Tag(Record):
    """A word that sorts tables and columns across all upstreams."""

    name = models.TextField()

    class Meta(Record.Meta):
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], name="ingest_tag_name", violation_error_message="There is a tag of this name already."
            ),
            models.CheckConstraint(
                name="ingest_tag_name_shape",
                condition=models.Q(name__regex=r"^[a-z0-9][a-z0-9-]{0,62}$"),
                violation_error_message="A tag is lower-case letters, digits and '-'.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Tagging(Annotation):
    """A tag on a table or column."""

    # A tag that is removed is removed from everything that carries it.
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="taggings")

    class Meta(Annotation.Meta):
        ordering = ["id"]
        constraints = [
            *Annotation.Meta.constraints,
            models.UniqueConstraint(
                fields=["upstream", "table_name", "column_name", "tag"],
                name="ingest_tagging_once",
                violation_error_message="It carries this tag already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.tag}"
