"""Record: the columns that every row of the platform has, kept by the database itself.

A service that writes SQL gets the same identifiers and times as one that goes through Django.
"""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models.functions import Now


class UUID7(models.Func):
    """The database's next UUIDv7 (RFC 9562): ordered by time of birth to a fraction of a millisecond.

    A function of our own (migration `kernel.0001`), since PostgreSQL has one only from version 18.
    """

    function = "azora_uuid7"
    arity = 0
    output_field = models.UUIDField()


class Touch(pgtrigger.Trigger):
    """Set `updated_at` on every update, whoever makes it.

    It has no condition: one that compares whole rows is refused on tables with generated columns.
    """

    name = "touch"
    when = pgtrigger.Before
    operation = pgtrigger.Update
    func = "NEW.updated_at = statement_timestamp(); RETURN NEW;"


class Record(models.Model):
    """A row: `id` (UUIDv7, by the database), `created_at` and `updated_at` (start of the writing statement)."""

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True
        triggers: ClassVar[list[pgtrigger.Trigger]] = [Touch()]
