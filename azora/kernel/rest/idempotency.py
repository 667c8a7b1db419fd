"""Idempotency-Key: a repeated POST is answered with what was answered first, and runs once.

Draft of the IETF's HTTPAPI group, draft-ietf-httpapi-idempotency-key-header. Only success is kept: a refusal changed
nothing, so the request may be tried again under the same key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from azora.kernel.actor import Actor
from azora.kernel.errors import Refusal
from azora.kernel.models import Idempotency
from azora.kernel.rest.problems import InputRefused

HEADER = "Idempotency-Key"
REPLAY_HEADER = "Idempotent-Replay"
PATTERN = "^[!-~]{1,255}$"
KEPT = timedelta(hours=24)


class IdempotencyKeyReused(Refusal):
    """This Idempotency-Key was used for another request within the last 24 hours."""

    status = 422
    title = "Idempotency-Key used before"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a POST answers: `document` is sent, `kept` stands in for it in a replay (secrets are null there)."""

    status: int
    document: str
    kept: str


def answer_once(*, actor: Actor, key: str, path: str, data: Any, answer: Callable[[], Answer]) -> tuple[Answer, bool]:
    """The answer and whether it is a replay.

    Of several requests at once one runs; the others wait for its transaction and get its answer (or run, where it was
    refused). Raises `InputRefused` for a malformed key, `IdempotencyKeyReused` for a key of another request.
    """
    if not re.fullmatch(PATTERN, key):
        detail = f"{HEADER} must be 1 to 255 printable ASCII characters without spaces."
        raise InputRefused([{"in": "header", "name": HEADER, "detail": detail}])
    own = {"actor": actor.api_key_id or actor.user_id, "key": key}
    text = json.dumps([path, data], sort_keys=True, separators=(",", ":"))
    input_hash = salted_hmac("azora.rest.idempotency", text, algorithm="sha256").hexdigest()
    with transaction.atomic():
        Idempotency.objects.filter(**own, created_at__lte=timezone.now() - KEPT).delete()
        row, is_new = Idempotency.objects.get_or_create(**own, defaults={"input_hash": input_hash})
        if row.input_hash != input_hash:
            raise IdempotencyKeyReused
        if not is_new:
            return Answer(row.status or 200, row.answer, row.answer), True
        given = answer()
        Idempotency.objects.filter(pk=row.pk).update(status=given.status, answer=given.kept)
        return given, False


def delete_expired(*, now: datetime | None = None) -> int:
    """Delete the answers that are older than 24 hours; how many they were. For a daily job."""
    count, _ = Idempotency.objects.filter(created_at__lte=(now or timezone.now()) - KEPT).delete()
    return count
