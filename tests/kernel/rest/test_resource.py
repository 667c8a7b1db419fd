"""Resources: what a declaration serves, and what it may not say."""

from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.test import Client

from azora.kernel.actor import Actor
from azora.kernel.operations import operation
from azora.kernel.rest import Resource, urls
from azora.kernel.rest.resource import declared, resource_of, words
from tests.kernel.rest.conftest import HERE, ask
from tests.kernel.rest.library.api import Books, BookShelves, books_visible_to
from tests.kernel.rest.library.models import Book, Shelf, State

JSON = {"content_type": "application/json"}
UNTIL = {"until": "2026-02-01T00:00:00Z"}


def test_the_url_is_the_plural_noun() -> None:
    assert (words("CourseModules", join="-"), words("CourseModule", join="_")) == ("course-modules", "course_module")
    assert ask().get("/api/v1/book-shelves/").status_code == 200
    assert ask().get("/api/v1/bookshelves/").status_code == 404


def test_the_index_lists_the_resources(django_user_model: Any) -> None:
    client = Client()
    assert client.get("/api/v1/").status_code == 401
    client.force_login(django_user_model.objects.create(email="a@example.org", status="active"))
    assert client.get("/api/v1/").json() == {
        "books": "http://testserver/api/v1/books/",
        "book-shelves": "http://testserver/api/v1/book-shelves/",
    }


def test_an_operation_changes_the_row_in_the_url(book: Book) -> None:
    other = Book.objects.create(organization=HERE, title="Emma")
    response = ask().post(f"/api/v1/books/{book.pk}/lend/", UNTIL, **JSON)
    assert (response.status_code, response.json()["state"]) == (200, "lent")
    assert response.json()["due_at"] == "2026-02-01T00:00:00.000000Z"
    other.refresh_from_db()
    assert other.state == State.DRAFT


def test_a_refusal_is_a_problem_and_changes_nothing(book: Book) -> None:
    ask().post(f"/api/v1/books/{book.pk}/lend/", UNTIL, **JSON)
    before = Book.objects.values().get()
    response = ask().post(f"/api/v1/books/{book.pk}/lend/", {"until": "2027-02-01T00:00:00Z"}, **JSON)
    assert response.json() == {
        "type": "urn:azora:problem:tests.book_lent",
        "title": "Conflict",
        "status": 409,
        "detail": "The book Middlemarch is lent.",
        "code": "tests.book_lent",
        "facts": {"book": "Middlemarch"},
    }
    assert response.status_code == 409
    assert Book.objects.values().get() == before


def test_an_operation_that_gives_nothing_answers_204(book: Book) -> None:
    response = ask().post(f"/api/v1/books/{book.pk}/forget/", **JSON)
    assert (response.status_code, response.content) == (204, b"")
    assert not Book.objects.exists()


def test_an_operation_may_give_a_row_of_another_resource(book: Book) -> None:
    response = ask().post(f"/api/v1/books/{book.pk}/move/", {"name": "B"}, **JSON)
    assert response.status_code == 200
    assert response.json() == {"id": str(Shelf.objects.get().pk), "organization": str(HERE), "name": "B"}


def test_a_secret_is_shown_beside_the_row_and_never_again(book: Book) -> None:
    shown = ask().post(f"/api/v1/books/{book.pk}/issue-label/", **JSON).json()
    row = ask().get(f"/api/v1/books/{book.pk}/").json()
    assert shown == {**row, "secret": "s3cr3t"}
    assert "secret" not in row


def test_a_row_of_another_tenant_cannot_be_changed(book: Book) -> None:
    before = Book.objects.values().get()
    for word, body in (("lend", UNTIL), ("forget", {}), ("issue-label", {})):
        response = ask("stranger").post(f"/api/v1/books/{book.pk}/{word}/", body, **JSON)
        assert (response.status_code, response.json()["code"]) == (404, "kernel.not_found")
    assert Book.objects.values().get() == before


def test_a_post_takes_no_parameters(book: Book) -> None:
    response = ask().post(f"/api/v1/books/{book.pk}/forget/?force=1")
    assert (response.status_code, response.json()["errors"][0]["name"]) == (400, "force")
    assert Book.objects.count() == 1


def test_an_unchanged_row_is_not_sent_again(book: Book) -> None:
    url = f"/api/v1/books/{book.pk}/"
    etag = ask().get(url).headers["ETag"]
    assert etag.startswith('W/"')
    for known in (etag, f'"x", {etag}', "*"):
        response = ask().get(url, headers={"If-None-Match": known})
        assert (response.status_code, response.content, response.headers["ETag"]) == (304, b"", etag)
    assert ask().get(url + "?fields=id", headers={"If-None-Match": etag}).status_code == 200
    Book.objects.update(title="Changed")
    response = ask().get(url, headers={"If-None-Match": etag})
    assert (response.status_code, response.headers["ETag"] == etag) == (200, False)


def test_answers_are_private(book: Book) -> None:
    for url in ("/api/v1/books/", f"/api/v1/books/{book.pk}/"):
        assert ask().get(url).headers["Cache-Control"] == "private, no-cache"


def test_head_answers_like_get(book: Book) -> None:
    assert ask().head(f"/api/v1/books/{book.pk}/").status_code == 200


def test_a_session_needs_the_token_against_forged_requests(django_user_model: Any) -> None:
    user = django_user_model.objects.create(email="a@example.org", status="active")
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.get("/api/v1/books/").status_code == 200
    response = client.post("/api/v1/books/", {"title": "x"}, **JSON)
    assert (response.status_code, response.json()["code"]) == (403, "kernel.permission_denied")
    assert not Book.objects.exists()


@operation
def paint_book(*, actor: Actor, book: UUID) -> list[Book]:
    """Give back what no answer can show."""


@operation
def read_book(*, actor: Actor, page: int) -> Book:
    """Take no book's id."""


class Leaf(models.Model):
    data = models.BinaryField()

    class Meta:
        app_label = "library"

    def __str__(self) -> str:
        return "leaf"


@operation
def tear_leaf(*, book: UUID) -> Leaf:
    """Give a row that no resource shows."""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fields": ("id", "nothing")}, "nothing"),
        ({"model": Leaf, "fields": ("id", "data")}, "has no form in JSON"),
        ({"filters": {"secret_hash": ("exact",)}}, "secret_hash is filtered or ordered by"),
        ({"filters": {"title": ("regex",)}}, "the filter regex"),
        ({"order": ("secret_hash",)}, "secret_hash is filtered or ordered by"),
        ({"changes": {"paint": paint_book}}, "must return a row, None or a dataclass"),
        ({"changes": {"read": read_book}}, "takes no argument book"),
        ({"creates": tear_leaf}, "takes no actor"),
        ({"__doc__": ""}, "docstring"),
    ],
)
def test_a_wrong_declaration_stops_the_import(changes: dict[str, Any], words: str) -> None:
    declaration = {
        "__doc__": "Books.",
        "model": Book,
        "visible": books_visible_to,
        "fields": ("id", "title"),
        "order": ("-id",),
        **changes,
    }
    with pytest.raises(Exception, match=words):
        type("Volumes", (Resource,), declaration)
    assert resource_of(Book) is Books


def test_two_resources_may_not_share_a_url() -> None:
    twin = type("Books", (), {"noun": "books", "calls": {}})
    with pytest.raises(ImproperlyConfigured, match="share a URL"):
        urls(BookShelves, Books, twin)  # type: ignore[arg-type]


def test_what_an_operation_gives_must_be_shown_by_a_resource() -> None:
    with pytest.raises(ImproperlyConfigured, match="returns a Leaf"):
        resource_of(Leaf)


def test_resources_outside_the_installed_apps_are_not_served() -> None:
    assert Books not in declared()
