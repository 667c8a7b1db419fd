"""Upstreams, and the snapshots of their schemas."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from azora.kernel.conditions import choice_field, one_of
from azora.kernel.records import Record


class Upstream(Record):
    """A project whose schema is read; what is declared of it in its `upstream.toml`. Shared by all organizations."""

    name = models.TextField()
    title = models.TextField()
    domain = models.TextField()
    repository = models.TextField(help_text="The real repository, as owner/name.")
    licence = models.TextField(help_text="SPDX expression.")
    pin = models.TextField(help_text="The tag or commit of the real repository that is wanted.")
    current = models.ForeignKey(
        "ingest.Snapshot",
        # A snapshot that is removed leaves the upstream without a current one; `remove_snapshot` refuses to do that.
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The last snapshot read from a repository; while there is none, the last one committed with Azora.",
    )
    attempted_at = models.DateTimeField(
        null=True, blank=True, help_text="When reading it from a repository was last tried."
    )
    attempt_error = models.TextField(
        default="", db_default="", blank=True, help_text="Why the last try gave nothing; empty where it succeeded."
    )

    class Meta(Record.Meta):
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="ingest_upstream_name",
                violation_error_message="There is an upstream of this name already.",
            ),
            models.CheckConstraint(
                name="ingest_upstream_name_shape",
                condition=models.Q(name__regex=r"^[a-z][a-z0-9-]{0,62}$"),
                violation_error_message="A name is lower-case letters, digits and '-'.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Origin(models.TextChoices):
    COMMITTED = "committed", "committed with Azora"
    REPOSITORY = "repository", "read from a repository"


class Snapshot(Record):
    """What reading an upstream at one commit gave. It never changes, apart from `origin`: a committed catalog that
    reading the repository gives again becomes one of the repository.

    `seen` and `understood` count statements (see :class:`ingest.ir.Catalog`). What was measured while reading
    (`file_count`, `byte_count`, `duration`) is null for a committed catalog.
    """

    # The unique constraint is the index behind it.
    upstream = models.ForeignKey(Upstream, on_delete=models.CASCADE, db_index=False, related_name="snapshots")
    repository = models.TextField(help_text="The repository that was really read, as owner/name.")
    commit = models.TextField()
    content_hash = models.TextField(help_text="SHA-256 of the catalog's canonical text, in hexadecimal.")
    origin = choice_field(Origin)
    dialect = models.TextField()
    extensions = ArrayField(models.TextField(), default=list, blank=True)
    seen = models.PositiveIntegerField()
    understood = models.PositiveIntegerField()
    table_count = models.PositiveIntegerField()
    column_count = models.PositiveIntegerField()
    foreign_key_count = models.PositiveIntegerField()
    relationship_count = models.PositiveIntegerField(help_text="Inferred ones; foreign keys are not among them.")
    index_count = models.PositiveIntegerField(help_text="Unique constraints are not among them.")
    constraint_count = models.PositiveIntegerField(help_text="Primary keys, unique constraints and checks.")
    enum_count = models.PositiveIntegerField()
    problem_count = models.PositiveIntegerField()
    file_count = models.PositiveIntegerField(null=True, blank=True)
    byte_count = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="What the checkout holds on disk, in bytes."
    )
    duration = models.DurationField(null=True, blank=True)
    read_at = models.DateTimeField()

    class Meta(Record.Meta):
        ordering = ["-read_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["upstream", "commit", "content_hash"],
                name="ingest_snapshot_content",
                violation_error_message="This catalog is stored already.",
            ),
            one_of("origin", Origin, name="ingest_snapshot_origin"),
            models.CheckConstraint(
                name="ingest_snapshot_commit",
                condition=models.Q(commit__regex=r"^[0-9a-f]{40}([0-9a-f]{24})?$"),
                violation_error_message="A commit is its full hash in hexadecimal.",
            ),
            models.CheckConstraint(
                name="ingest_snapshot_content_hash",
                condition=models.Q(content_hash__regex=r"^[0-9a-f]{64}$"),
                violation_error_message="A content hash is 64 hexadecimal digits.",
            ),
            models.CheckConstraint(
                name="ingest_snapshot_measured",
                condition=models.Q(
                    origin=Origin.REPOSITORY,
                    file_count__isnull=False,
                    byte_count__isnull=False,
                    duration__isnull=False,
                )
                | models.Q(
                    ~models.Q(origin=Origin.REPOSITORY),
                    file_count__isnull=True,
                    byte_count__isnull=True,
                    duration__isnull=True,
                ),
                violation_error_message="What was read from a repository was measured, and nothing else was.",
            ),
        ]
        indexes = [models.Index(fields=["upstream", "-read_at"], name="ingest_snapshot_latest")]

    def __str__(self) -> str:
        return f"{self.upstream} at {self.commit[:10]}"
