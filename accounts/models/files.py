"""Stored files: what attachments, submissions and media assets refer to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models.credentials import is_digest
from accounts.models.organizations import TenantRecord


class StoredFile(TenantRecord):
    """A file's bytes in the store, described once. Where it is shown, and under which title, others say."""

    name = models.CharField(max_length=255, help_text="As it was called where it came from.")
    media_type = models.CharField(max_length=127, help_text="RFC 6838, for example application/pdf.")
    size = models.BigIntegerField(help_text="Bytes.")
    checksum = models.CharField(max_length=64, help_text="SHA-256 of the bytes, in lower-case hexadecimal.")
    storage_key = models.CharField(max_length=500, help_text="Where the store keeps the bytes.")
    # The file belongs to the organization; who brought it is told as long as they are known.
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta(TenantRecord.Meta):
        constraints = [
            *TenantRecord.Meta.constraints,
            is_digest("checksum", name="accounts_storedfile_checksum"),
            models.UniqueConstraint(
                fields=["organization", "storage_key"],
                name="accounts_storedfile_storage_key",
                violation_error_message="There is a file at this place of the store already.",
            ),
            models.CheckConstraint(
                name="accounts_storedfile_storage_key_given",
                condition=~Q(storage_key=""),
                violation_error_message="A stored file needs its place in the store.",
            ),
            models.CheckConstraint(
                name="accounts_storedfile_name_plain",
                condition=Q(name__regex=r"^[^/\\]+$"),
                violation_error_message="A file's name is given, and has no slashes.",
            ),
            models.CheckConstraint(
                name="accounts_storedfile_size",
                condition=Q(size__gte=0),
                violation_error_message="A size is a number of bytes, zero or more.",
            ),
            models.CheckConstraint(
                name="accounts_storedfile_media_type",
                condition=Q(media_type__regex=r"^[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*$"),
                violation_error_message="A media type looks like application/pdf, in lower case.",
            ),
        ]
        indexes = [models.Index(fields=["organization", "checksum"], name="accounts_storedfile_same_bytes")]

    def __str__(self) -> str:
        return self.name
