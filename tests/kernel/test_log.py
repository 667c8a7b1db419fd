"""One line of JSON for each thing that is logged."""

import json
import logging

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from azora.kernel.log import JsonFormatter, RequestLogMiddleware, request_id


def record(message: str, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("azora", logging.INFO, __file__, 1, message, (), None)
    made.__dict__.update(extra)
    return made


def test_a_record_is_one_line_of_json_with_its_facts() -> None:
    line = JsonFormatter().format(record("two\nlines", facts={"status": 200}))
    assert "\n" not in line
    parsed = json.loads(line)
    assert (parsed["message"], parsed["level"], parsed["status"]) == ("two\nlines", "info", 200)


def test_the_callers_request_id_is_kept_only_where_it_is_a_plain_token() -> None:
    seen: list[str] = []

    def view(_: HttpRequest) -> HttpResponse:
        seen.append(request_id.get())
        return HttpResponse("done")

    middleware = RequestLogMiddleware(view)
    kept = middleware(RequestFactory().get("/", headers={"X-Request-ID": "abc-12345"}))
    made = middleware(RequestFactory().get("/", headers={"X-Request-ID": "bad value\r\nX: y"}))
    assert kept["X-Request-ID"] == seen[0] == "abc-12345"
    assert made["X-Request-ID"] == seen[1] != "bad value\r\nX: y"
    assert request_id.get() == ""


def test_the_query_of_an_address_is_never_logged(caplog) -> None:
    with caplog.at_level(logging.INFO, "azora.request"):
        RequestLogMiddleware(lambda _: HttpResponse())(RequestFactory().get("/api/v1/users/?email=ada@example.org"))
    assert caplog.records[0].facts["path"] == "/api/v1/users/"
    assert "ada" not in JsonFormatter().format(caplog.records[0])
