"""What a snapshot holds: the values of :mod:`ingest.ir` as rows.

Tables name each other in a catalog; here a name is kept as it stands, and beside it the row that it means, null where
the catalog has no such table. `ordinal` is a row's place in the canonical order of its catalog, counted from 0; the
unique constraint over owner and ordinal is the index behind the owner.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

from azora.kernel.conditions import choice_field, one_of
from azora.kernel.records import Record
from ingest import ir
from ingest.models.names import NameField, NamesField, parts_index
from ingest.models.upstreams import Snapshot

#: The longest name of a table, column, type or enum that is kept, in characters.
NAME_LENGTH = 300


def _choices(name: str, values: type[StrEnum]) -> type[models.TextChoices]:
    made: Any = models.TextChoices
    choices: type[models.TextChoices] = made(name, [(value.name, value.value) for value in values])
    return choices


Kind = _choices("Kind", ir.Kind)
Inference = _choices("Inference", ir.Origin)


class Fact(Record):
    """A row of a catalog, with its place in the upstream's sources: path from the root, and line counted from 1."""

    ordinal = models.PositiveIntegerField()
    file = models.TextField()
    line = models.PositiveIntegerField()

    class Meta(Record.Meta):
        abstract = True
        ordering = ["ordinal"]

    @property
    def position(self) -> str:
        return f"{self.file}:{self.line}"


def _in_order(owner: str, name: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(
        fields=[owner, "ordinal"], name=name, violation_error_message="Two rows have the same place in the catalog."
    )


def _short(field: str, name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name,
        condition=LessThanOrEqual(Length(field), NAME_LENGTH),
        violation_error_message=f"A {field} has at most {NAME_LENGTH} characters.",
    )


class Table(Fact):
    """A table, collection or document type after all migrations. `primary_key` is null where it has none."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, db_index=False, related_name="tables")
    name = NameField()
    primary_key = ArrayField(models.TextField(), null=True, blank=True)
    primary_key_name = models.TextField(null=True, blank=True)
    primary_key_file = models.TextField(null=True, blank=True)
    primary_key_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta(Fact.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "name"],
                name="ingest_table_name",
                violation_error_message="A snapshot has one table of a name.",
            ),
            _in_order("snapshot", "ingest_table_ordinal"),
            _short("name", "ingest_table_name_length"),
            models.CheckConstraint(
                name="ingest_table_primary_key",
                condition=models.Q(
                    primary_key__isnull=True,
                    primary_key_name__isnull=True,
                    primary_key_file__isnull=True,
                    primary_key_line__isnull=True,
                )
                | models.Q(primary_key__isnull=False, primary_key_file__isnull=False, primary_key_line__isnull=False),
                violation_error_message="A primary key has columns and a position, or there is none.",
            ),
        ]
        indexes = [parts_index("name", "ingest_table_by_name")]

    def __str__(self) -> str:
        return self.name


class Column(Fact):
    """A column. `kind` is our neutral type, `type` the upstream's own words; sizes as in :class:`ingest.ir.Type`."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, db_index=False, related_name="columns")
    name = NameField()
    kind = choice_field(Kind)
    type = NameField()
    length = models.BigIntegerField(null=True, blank=True)
    bits = models.BigIntegerField(null=True, blank=True)
    precision = models.BigIntegerField(null=True, blank=True)
    scale = models.BigIntegerField(null=True, blank=True)
    nullable = models.BooleanField()
    default = models.TextField(null=True, blank=True)
    generated = models.TextField(null=True, blank=True)
    identity = models.BooleanField()

    class Meta(Fact.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["table", "name"],
                name="ingest_column_name",
                violation_error_message="A table has one column of a name.",
            ),
            _in_order("table", "ingest_column_ordinal"),
            _short("name", "ingest_column_name_length"),
            one_of("kind", Kind, name="ingest_column_kind"),
        ]
        indexes = [
            parts_index("name", "ingest_column_by_name"),
            parts_index("type", "ingest_column_by_type"),
            models.Index(fields=["kind"], name="ingest_column_kind_index"),
        ]

    def __str__(self) -> str:
        return self.name


class ForeignKey(Fact):
    """A declared reference; `enforced` is false where no database keeps it."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, db_index=False, related_name="foreign_keys")
    columns = NamesField()
    references = NameField(help_text="The name of the table that is meant.")
    # The tables of a catalog come and go together with their snapshot.
    target = models.ForeignKey(Table, on_delete=models.CASCADE, null=True, blank=True, related_name="referring_keys")
    referenced_columns = ArrayField(models.TextField(), blank=True)
    name = models.TextField(null=True, blank=True)
    on_delete = models.TextField(null=True, blank=True)
    on_update = models.TextField(null=True, blank=True)
    deferrable = models.BooleanField()
    enforced = models.BooleanField()

    class Meta(Fact.Meta):
        constraints = [_in_order("table", "ingest_foreignkey_ordinal")]
        indexes = [
            parts_index("columns", "ingest_foreignkey_by_columns"),
            parts_index("references", "ingest_foreignkey_by_target"),
        ]

    def __str__(self) -> str:
        return f"({', '.join(self.columns)}) → {self.references}"


class Index(Fact):
    """An index or a unique constraint, other than the primary key's own index.

    `columns` are its keys as texts, expressions as they stand. `parts` has an object for each key with what its text
    cannot say (`expression`, `operator_class`, `descending`, `nulls`), null where there is no more to say.
    """

    table = models.ForeignKey(Table, on_delete=models.CASCADE, db_index=False, related_name="indexes")
    name = NameField(null=True, blank=True)
    columns = NamesField()
    parts = models.JSONField(null=True, blank=True)
    unique = models.BooleanField()
    is_constraint = models.BooleanField()
    method = models.TextField(null=True, blank=True)
    predicate = models.TextField(null=True, blank=True)
    include = ArrayField(models.TextField(), blank=True)
    nulls_not_distinct = models.BooleanField()
    deferrable = models.BooleanField()

    class Meta(Fact.Meta):
        verbose_name_plural = "indexes"
        constraints = [_in_order("table", "ingest_index_ordinal")]
        indexes = [
            parts_index("name", "ingest_index_by_name"),
            parts_index("columns", "ingest_index_by_columns"),
        ]

    def __str__(self) -> str:
        return self.name or f"({', '.join(self.columns)})"


class Check(Fact):
    """A check constraint of a table."""

    table = models.ForeignKey(Table, on_delete=models.CASCADE, db_index=False, related_name="checks")
    name = models.TextField(null=True, blank=True)
    expression = models.TextField()

    class Meta(Fact.Meta):
        constraints = [_in_order("table", "ingest_check_ordinal")]

    def __str__(self) -> str:
        return self.name or self.expression


class Relationship(Fact):
    """A reference that no foreign key declares, with how it was inferred; `source` names a column as table.column."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, db_index=False, related_name="relationships")
    source = NameField()
    target = NameField()
    origin = choice_field(Inference)
    confidence = models.DecimalField(max_digits=4, decimal_places=3, help_text="Between 0 and 1.")
    source_table = models.ForeignKey(
        Table, on_delete=models.CASCADE, null=True, blank=True, related_name="relationships"
    )
    target_table = models.ForeignKey(
        Table, on_delete=models.CASCADE, null=True, blank=True, related_name="referring_relationships"
    )

    class Meta(Fact.Meta):
        constraints = [
            _in_order("snapshot", "ingest_relationship_ordinal"),
            one_of("origin", Inference, name="ingest_relationship_origin"),
            models.CheckConstraint(
                name="ingest_relationship_confidence",
                condition=models.Q(confidence__gte=0, confidence__lte=1),
                violation_error_message="A confidence lies between 0 and 1.",
            ),
        ]
        indexes = [
            parts_index("source", "ingest_relation_by_source"),
            parts_index("target", "ingest_relation_by_target"),
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"


class Enum(Fact):
    """The values that a column may hold; `name` is table.column, or the name of a database type no column uses."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, db_index=False, related_name="enums")
    name = NameField()
    values = NamesField()

    class Meta(Fact.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "name"],
                name="ingest_enum_name",
                violation_error_message="A snapshot has one enum of a name.",
            ),
            _in_order("snapshot", "ingest_enum_ordinal"),
            models.CheckConstraint(
                name="ingest_enum_name_length",
                # table.column
                condition=LessThanOrEqual(Length("name"), 2 * NAME_LENGTH + 1),
                violation_error_message=f"An enum's name has at most {2 * NAME_LENGTH + 1} characters.",
            ),
        ]
        indexes = [
            parts_index("name", "ingest_enum_by_name"),
            parts_index("values", "ingest_enum_by_values"),
        ]

    def __str__(self) -> str:
        return self.name


class Problem(Fact):
    """Something in the sources that is not in the catalog: why, and its words (see :class:`ingest.ir.Problem`)."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, db_index=False, related_name="problems")
    reason = models.TextField()
    text = models.TextField(blank=True)
    statements = models.PositiveIntegerField()

    class Meta(Fact.Meta):
        constraints = [_in_order("snapshot", "ingest_problem_ordinal")]

    def __str__(self) -> str:
        return f"{self.position}: {self.reason}"
