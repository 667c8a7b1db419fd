"""Problem details (RFC 9457): the one form of every error that HTTP shows."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views import defaults
from rest_framework.exceptions import APIException, AuthenticationFailed, NotAuthenticated

from azora.kernel.errors import Invalid, Refusal

MEDIA_TYPE = "application/problem+json"


class InputRefused(Invalid):
    """What was sent is refused; `errors` names each part of it: where it stands (`in`), its `name`, the `detail`."""

    def __init__(self, errors: Iterable[dict[str, str]]) -> None:
        self.errors = list(errors)
        super().__init__(" ".join(error["detail"] for error in self.errors))


def unknown(where: str, name: str, known: Iterable[str]) -> dict[str, str]:
    """The error for a name that is not declared, with the nearest that is."""
    known = sorted(known)
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(known) or 'none'}."
    return {"in": where, "name": name[:100], "detail": f"{name[:100]!r} is unknown here: {hint}"}


def problem(
    status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any
) -> HttpResponse:
    """The answer: `type` is a URN that ends in the stable `code`; `members` are extensions of the problem."""
    body = {
        "type": f"urn:azora:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **members,
    }
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=MEDIA_TYPE, headers=headers)


def problem_response(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """DRF's exception handler: a problem for what is expected, None (a 500 with a log line) for all else."""
    match error:
        case InputRefused():
            return problem(error.status, error.code, error.message, errors=error.errors)
        case Refusal():
            facts = {"facts": {name: str(fact) for name, fact in error.facts.items()}} if error.facts else {}
            return problem(error.status, error.code, error.message, title=error.title, **facts)
        case NotAuthenticated() | AuthenticationFailed():
            # DRF would answer 403 where the first way to authenticate names no header.
            headers = {"WWW-Authenticate": getattr(error, "auth_header", 'Bearer realm="azora"')}
            return problem(401, f"kernel.{error.default_code}", str(error.detail), headers=headers)
        case APIException():
            wait = getattr(error, "wait", None)
            headers = {} if wait is None else {"Retry-After": str(int(wait) + 1)}
            return problem(error.status_code, f"kernel.{error.default_code}", str(error.detail), headers=headers)
        case RequestDataTooBig():
            return problem(413, "kernel.too_large", f"The body may have {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.")
    for kind, status in _OF_DJANGO.items():
        if isinstance(error, kind):
            return _plain(status)
    return None


_OF_DJANGO: dict[type[Exception], int] = {Http404: 404, PermissionDenied: 403, SuspiciousOperation: 400}
_PLAIN = {
    400: ("kernel.suspicious", "The request is malformed."),
    403: ("kernel.permission_denied", "You may not do this."),
    404: ("kernel.not_found", "There is nothing at this path for you."),
    500: ("kernel.server_error", "The server failed; the log has it under this answer's X-Request-ID."),
}


def _plain(status: int) -> HttpResponse:
    code, detail = _PLAIN[status]
    return problem(status, code, detail)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's `handler400`: a problem under /api/, the stock page elsewhere. So the three below."""
    return _plain(400) if _is_api(request) else defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's `handler403`."""
    return _plain(403) if _is_api(request) else defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's `handler404`."""
    return _plain(404) if _is_api(request) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's `handler500`; what happened is in the log."""
    return _plain(500) if _is_api(request) else defaults.server_error(request)
