"""Who writes, and why: told to the database, so that the histories which it keeps by trigger can say it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection

#: The settings of a transaction in which a writer says who it is and why it writes (`SET LOCAL`, `set_config`).
WRITER_SETTING = "azora.user_id"
REASON_SETTING = "azora.reason"


@contextmanager
def writing_as(user: UUID | None, reason: str) -> Iterator[None]:
    """Tell the database who writes and why, for the histories that it keeps; inside a transaction."""
    _tell("" if user is None else str(user), reason)
    yield
    _tell("", "")  # after an error the rollback takes both back


def _tell(user: str, reason: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config(%s, %s, true), set_config(%s, %s, true)",
            [WRITER_SETTING, user, REASON_SETTING, reason],
        )
