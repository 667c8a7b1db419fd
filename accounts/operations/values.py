"""What operations of accounts ask of the values that they are given."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from azora.kernel.errors import Invalid


class ExpiryPast(Invalid):
    """expires_at must lie in the future."""


def require_future(expires_at: datetime | None) -> None:
    """Raise ExpiryPast for an expiry that has passed."""
    if expires_at is not None and expires_at <= timezone.now():
        raise ExpiryPast
