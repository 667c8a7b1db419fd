"""The session engine (`SESSION_ENGINE`): sessions are rows of accounts.Session, found by the digest of their token.

Whoever reads the table cannot become anybody: the token in the cookie is not there.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import AssuranceLevel, Session
from accounts.tokens import digest_of

#: Keys of the session's data that the row shows as columns.
ASSURANCE_LEVEL = "assurance_level"
DEVICE = "device"
IP_ADDRESS = "ip_address"


class SessionStore(SessionBase):
    """As Django's own database engine, but that expired and revoked sessions do not load, nor come back by a save."""

    def _rows(self) -> QuerySet[Session]:
        return Session.objects.filter(token_hash=digest_of(self.session_key or ""))

    def load(self) -> dict[str, Any]:
        found = self._rows().filter(expires_at__gt=Now(), revoked_at__isnull=True).values_list("data", flat=True)
        for data in found:
            return self.decode(data)
        self._session_key = None
        return {}

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(token_hash=digest_of(session_key)).exists()

    def create(self) -> None:
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]
            try:
                self.save(must_create=True)
            except CreateError:
                continue  # another session got this key first
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Write the row. Raises `CreateError` where a new one has a token that is taken, and `UpdateError` where an
        existing one has been revoked or deleted meanwhile, or its person erased."""
        if self.session_key is None:
            self.create()
            return
        columns = self._columns(self._get_session(no_load=must_create))  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                if must_create:
                    Session.objects.create(token_hash=digest_of(self.session_key), **columns)
                elif not self._rows().filter(revoked_at__isnull=True).update(**columns):
                    raise UpdateError
        except IntegrityError as error:
            if not must_create:
                raise UpdateError from error
            if "accounts_session_token" in str(error):
                raise CreateError from error
            raise

    def _columns(self, data: dict[str, Any]) -> dict[str, Any]:
        user_id = data.get(SESSION_KEY)
        return {
            "data": self.encode(data),
            "expires_at": self.get_expiry_date(),
            "user_id": user_id,
            "assurance_level": data.get(ASSURANCE_LEVEL, AssuranceLevel.ONE) if user_id else None,
            "device": data.get(DEVICE, ""),
            "ip_address": data.get(IP_ADDRESS),
        }

    def delete(self, session_key: str | None = None) -> None:
        key = self.session_key if session_key is None else session_key
        if key is not None:
            Session.objects.filter(token_hash=digest_of(key)).delete()

    @classmethod
    def clear_expired(cls) -> None:
        Session.objects.filter(expires_at__lte=Now()).delete()
