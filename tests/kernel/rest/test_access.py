"""Who may: scopes of keys, anonymous callers, how often."""

from typing import Any

import pytest

from azora.kernel.rest.access import ActorThrottle, scopes_for
from tests.kernel.rest.conftest import ask
from tests.kernel.rest.library.models import Book


def test_scopes_go_from_narrow_to_wide() -> None:
    assert scopes_for("lms", "course-modules", verb="read") == ("lms.course-modules:read", "lms:read", "*:read")


@pytest.mark.parametrize(
    ("actor", "books", "shelves"),
    [("member", 200, 200), ("reader", 200, 403), ("any_reader", 200, 200), ("writer", 403, 403)],
)
def test_a_key_reads_what_its_scopes_name(actor: str, books: int, shelves: int, book: Book) -> None:
    assert ask(actor).get("/api/v1/books/").status_code == books
    assert ask(actor).get(f"/api/v1/books/{book.pk}/").status_code == books
    assert ask(actor).get("/api/v1/book-shelves/").status_code == shelves


@pytest.mark.parametrize(("actor", "status"), [("reader", 403), ("any_reader", 403), ("writer", 201)])
def test_a_key_writes_what_its_scopes_name(actor: str, status: int) -> None:
    response = ask(actor).post("/api/v1/books/", {"title": "x"}, content_type="application/json")
    assert response.status_code == status
    assert Book.objects.count() == (status == 201)
    if status == 403:
        assert response.json()["code"] == "kernel.scope_missing"
        assert response.json()["facts"] == {"scope": "library.books:write"}


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
@pytest.mark.parametrize("name", [None, "nobody"])
def test_who_is_not_known_is_asked_to_log_in(method: str, name: str | None) -> None:
    response = getattr(ask(name), method)("/api/v1/books/")
    assert (response.status_code, response.json()["code"]) == (401, "kernel.not_authenticated")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="azora"'
    assert not Book.objects.exists()


def test_the_actor_is_left_on_the_request_for_the_log(book: Book) -> None:
    response = ask().get("/api/v1/books/")
    assert str(response.wsgi_request.actor.user_id) == "00000000-0000-0000-0000-00000000000b"


def test_each_actor_is_throttled_for_itself(monkeypatch: pytest.MonkeyPatch, book: Book) -> None:
    def rate(_: Any) -> str:
        return "2/min"

    monkeypatch.setattr(ActorThrottle, "get_rate", rate)
    assert [ask().get("/api/v1/books/").status_code for _ in range(3)] == [200, 200, 429]
    response = ask().post(f"/api/v1/books/{book.pk}/forget/")
    assert (response.status_code, response.json()["code"]) == (429, "kernel.throttled")
    assert 1 <= int(response.headers["Retry-After"]) <= 61
    assert Book.objects.count() == 1
    assert ask("colleague").get("/api/v1/books/").status_code == 200


def test_the_rate_is_a_setting(settings: Any) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"actor": "7/day"}}
    assert ActorThrottle().get_rate() == "7/day"
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {}}
    assert ActorThrottle().get_rate() == "1200/min"
