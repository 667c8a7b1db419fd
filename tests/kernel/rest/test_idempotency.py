"""A repeated request runs once."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from azora.kernel.models import Idempotency
from azora.kernel.rest.idempotency import delete_expired
from tests.kernel.rest.conftest import ask
from tests.kernel.rest.library.models import Book


def post(body: Any, key: str | None = "k-1", *, actor: str = "member", path: str = "/api/v1/books/") -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return ask(actor).post(path, json.dumps(body), content_type="application/json", headers=headers)


def test_a_repeated_request_gets_the_first_answer_and_changes_nothing() -> None:
    first = post({"title": "Emma", "pages": 1})
    again = post({"pages": 1, "title": "Emma"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "Idempotent-Replay" not in first.headers
    assert again.headers["Idempotent-Replay"] == "true"
    assert Book.objects.count() == 1


def test_without_a_key_each_request_runs() -> None:
    assert [post({"title": "Emma"}, None).status_code for _ in range(2)] == [201, 201]
    assert (Book.objects.count(), Idempotency.objects.count()) == (2, 0)


def test_a_key_belongs_to_its_actor() -> None:
    assert post({"title": "Emma"}).status_code == 201
    assert "Idempotent-Replay" not in post({"title": "Other"}, actor="colleague").headers
    assert Book.objects.count() == 2


def test_another_request_under_the_same_key_is_refused(book: Book) -> None:
    post({"title": "Emma"})
    for body, path in (({"title": "Other"}, "/api/v1/books/"), ({}, f"/api/v1/books/{book.pk}/forget/")):
        response = post(body, path=path)
        assert (response.status_code, response.json()["code"]) == (422, "kernel.idempotency_key_reused")
    assert Book.objects.count() == 2


def test_a_refused_request_may_be_tried_again(book: Book) -> None:
    path, until = f"/api/v1/books/{book.pk}/lend/", {"until": "2026-02-01T00:00:00Z"}
    Book.objects.update(state="lent")
    assert post(until, path=path).status_code == 409
    assert not Idempotency.objects.exists()
    Book.objects.update(state="on_shelf")
    assert post(until, path=path).status_code == 200


def test_nothing_is_kept_of_input_that_is_refused() -> None:
    assert post({"titel": "Emma"}).status_code == 400
    assert not Idempotency.objects.exists()


def test_an_empty_answer_is_replayed(book: Book) -> None:
    """The row is gone by then: a replay asks for nothing but the key."""
    path = f"/api/v1/books/{book.pk}/forget/"
    assert post({}, path=path).status_code == 204
    again = post({}, path=path)
    assert (again.status_code, again.content, again.headers["Idempotent-Replay"]) == (204, b"", "true")


def test_a_secret_is_neither_kept_nor_shown_again(book: Book) -> None:
    path = f"/api/v1/books/{book.pk}/issue-label/"
    first, again = post({}, path=path).json(), post({}, path=path).json()
    assert first["secret"] == "s3cr3t"
    assert again == {**first, "secret": None}
    assert "s3cr3t" not in str(Idempotency.objects.values().get())


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256])
def test_a_malformed_key_is_refused(key: str) -> None:
    response = post({"title": "Emma"}, key)
    assert (response.status_code, response.json()["errors"][0]["in"]) == (400, "header")
    assert not Book.objects.exists()


def test_a_key_is_free_again_after_a_day() -> None:
    post({"title": "Emma"})
    Idempotency.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    assert "Idempotent-Replay" not in post({"title": "Other"}).headers
    assert Book.objects.count() == 2


def test_what_expired_is_deleted() -> None:
    post({"title": "Emma"}, "k-1")
    post({"title": "Emma"}, "k-2")
    Idempotency.objects.filter(key="k-1").update(created_at=timezone.now() - timedelta(hours=25))
    assert delete_expired() == 1
    assert Idempotency.objects.get().key == "k-2"
    assert delete_expired(now=timezone.now() + timedelta(hours=23)) == 0
    assert delete_expired(now=timezone.now() + timedelta(hours=25)) == 1


def test_of_requests_at_once_one_runs() -> None:
    """Threads have connections of their own, outside this test's transaction: what they leave is deleted by one."""
    together = Barrier(6)

    def send(_: int) -> tuple[int, bytes, str | None]:
        together.wait()
        try:
            response = post({"title": "At once"}, "k-at-once")
            return response.status_code, response.content, response.headers.get("Idempotent-Replay")
        finally:
            connection.close()

    def sweep() -> tuple[int, int]:
        try:
            books, _ = Book.objects.filter(title="At once").delete()
            keys, _ = Idempotency.objects.filter(key="k-at-once").delete()
            return books, keys
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(send, range(6)))
        left = threads.submit(sweep).result()
    assert left == (1, 1)
    assert len({content for _, content, _ in answers}) == 1
    assert [status for status, _, _ in answers] == [201] * 6
    assert sorted(replay or "" for _, _, replay in answers) == [""] + ["true"] * 5
