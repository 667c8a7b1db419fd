"""Every error under /api/ is a problem (RFC 9457)."""

from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory

from azora.kernel.rest import problems
from azora.kernel.rest.problems import unknown
from tests.kernel.rest.conftest import ask
from tests.kernel.rest.library.api import Books
from tests.kernel.rest.library.models import Book


def is_problem(response: Any, status: int, code: str) -> bool:
    body = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    assert set(body) >= {"type", "title", "status", "detail", "code"}
    assert body["type"] == f"urn:azora:problem:{body['code']}"
    return (response.status_code, body["status"], body["code"]) == (status, status, code)


def test_a_method_that_there_is_not(book: Book) -> None:
    for method in ("put", "patch", "delete", "options", "trace"):
        response = getattr(ask(), method)(f"/api/v1/books/{book.pk}/")
        assert is_problem(response, 405, "kernel.method_not_allowed")
        assert response.headers["Allow"] == "GET, HEAD"
    assert ask().put("/api/v1/books/").headers["Allow"] == "GET, HEAD, POST"
    assert Book.objects.count() == 1


def test_a_form_that_is_not_served(book: Book) -> None:
    for media_type in ("text/html", "application/xml"):
        assert is_problem(ask().get("/api/v1/books/", headers={"Accept": media_type}), 406, "kernel.not_acceptable")
    for media_type in ("*/*", "application/json", "text/html, application/*;q=0.5"):
        assert ask().get("/api/v1/books/", headers={"Accept": media_type}).status_code == 200


def test_a_path_that_there_is_not(book: Book) -> None:
    for path in ("books/1/", f"books/{book.pk}/burn/", "nothing/", f"books/{book.pk}.json/"):
        assert is_problem(ask().get(f"/api/v1/{path}"), 404, "kernel.not_found")


def test_a_media_type_that_is_not_read() -> None:
    response = ask().post("/api/v1/books/", "title=x", content_type="application/x-www-form-urlencoded")
    assert is_problem(response, 415, "kernel.unsupported_media_type")


def test_too_many_parameters() -> None:
    assert is_problem(ask().get("/api/v1/books/?" + "a=1&" * 1100), 400, "kernel.suspicious")


def test_a_failure_tells_nothing_of_itself(monkeypatch: pytest.MonkeyPatch, book: Book) -> None:
    def broken(*, actor: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT secret FROM nowhere")

    monkeypatch.setattr(Books, "visible", broken)
    response = ask().get("/api/v1/books/")
    assert is_problem(response, 500, "kernel.server_error")
    assert b"nowhere" not in response.content


def test_pages_outside_the_api_stay_pages() -> None:
    request = RequestFactory().get("/admin/nothing/")
    assert problems.not_found(request, Exception()).headers["Content-Type"].startswith("text/html")
    assert problems.server_error(request).headers["Content-Type"].startswith("text/html")
    assert problems.bad_request(request, Exception()).headers["Content-Type"].startswith("text/html")
    assert problems.permission_denied(request, Exception()).headers["Content-Type"].startswith("text/html")


def test_django_own_refusals_are_problems_under_the_api() -> None:
    request = RequestFactory().get("/api/v1/x/")
    assert is_problem_body(problems.bad_request(request, Exception()), 400)
    assert is_problem_body(problems.permission_denied(request, Exception()), 403)


def is_problem_body(response: Any, status: int) -> bool:
    return (response.status_code, response.headers["Content-Type"]) == (status, "application/problem+json")


def test_an_unknown_name_gets_the_nearest() -> None:
    assert unknown("query", "stat", ["state", "title"])["detail"] == "'stat' is unknown here: did you mean state?"
    assert unknown("query", "zzz", ["state", "title"])["detail"] == "'zzz' is unknown here: known are state, title."
    assert unknown("query", "zzz", [])["detail"] == "'zzz' is unknown here: known are none."
    assert len(unknown("query", "z" * 9000, [])["name"]) == 100
