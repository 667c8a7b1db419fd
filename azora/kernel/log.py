"""Logs as one JSON object a line: with the request's id and the actor's, never with personal data or secrets."""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse

#: The id of the request being served: the caller's `X-Request-ID` where it is a plain token, else one made here.
request_id: ContextVar[str] = ContextVar("request_id", default="")

_TOKEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
_logger = logging.getLogger("azora.request")


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON; what is given as `extra={"facts": {...}}` stands beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            line["request"] = current
        line.update(getattr(record, "facts", {}))
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class RequestLogMiddleware:
    """Give each request an id, answer with it, and log one line when it is done: path without its query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        current = given if _TOKEN.fullmatch(given) else uuid.uuid4().hex
        token = request_id.set(current)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = current
            if not request.path.startswith(("/static/", "/healthz")):
                facts = {
                    "method": request.method,
                    "path": request.path,
                    "status": response.status_code,
                    "milliseconds": round((time.perf_counter() - started) * 1000, 1),
                }
                actor = getattr(request, "actor", None)
                if actor is not None and not actor.is_anonymous:
                    facts["actor"] = actor.user_id or actor.api_key_id
                _logger.info("served", extra={"facts": facts})
            return response
        finally:
            request_id.reset(token)
