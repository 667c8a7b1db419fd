"""Tables of the kernel itself."""

from __future__ import annotations

from django.db import models

from azora.kernel.records import Record


class Idempotency(Record):
    """An answer kept under the key that a caller chose, so that a repeated request changes nothing a second time.

    Unique by actor and key. `actor` is the id of an API key or a person (no foreign key: the kernel knows no app),
    `input_hash` a keyed hash of path and body, `answer` the JSON that was sent, without secrets. Rows are of use for
    24 hours (`azora.kernel.rest.idempotency`).
    """

    actor = models.UUIDField()
    key = models.CharField(max_length=255)
    input_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(default="", db_default="")

    class Meta(Record.Meta):
        verbose_name_plural = "idempotency"
        constraints = [
            models.UniqueConstraint(
                fields=["actor", "key"],
                name="kernel_idempotency_actor_key",
                violation_error_message="This Idempotency-Key is in use.",
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="kernel_idempotency_created_at")]

    def __str__(self) -> str:
        return f"{self.key} of {self.actor}"
