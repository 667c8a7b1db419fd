"""What PostgreSQL writes equals what the row holds, text for text."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.kernel.rest.conftest import HERE, ask
from tests.kernel.rest.library.models import Book, Shelf, State


def a_full_book() -> Book:
    shelf = Shelf.objects.create(organization=HERE, name="A")
    return Book.objects.create(
        organization=HERE,
        shelf=shelf,
        title='Ünï "quoted" \\ </b>',
        notes="line\nline\ttab 😀",
        state=State.ON_SHELF,
        pages=-(2**31),
        copies=2**63 - 1,
        price=Decimal("12345678.1230"),
        is_open=False,
        printed_on=date(1, 1, 2),
        due_at=datetime(2026, 1, 31, 23, 59, 59, 10, tzinfo=UTC),
        tags=["a", 'b"c', ""],
        attributes={"b": [1, None, {"é": 1.5}], "a": True},
    )


def test_every_kind_of_column_has_its_one_form() -> None:
    book = a_full_book()
    book.refresh_from_db()
    response = ask().get(f"/api/v1/books/{book.pk}/")
    assert response.headers["Content-Type"] == "application/json"
    document = json.loads(response.content)
    assert list(document.items()) == [
        ("id", str(book.pk)),
        ("title", 'Ünï "quoted" \\ </b>'),
        ("organization", str(HERE)),
        ("shelf", str(book.shelf_id)),
        ("notes", "line\nline\ttab 😀"),
        ("state", "on_shelf"),
        ("pages", -(2**31)),
        ("copies", 2**63 - 1),
        ("price", "12345678.1230"),
        ("is_open", False),
        ("printed_on", "0001-01-02"),
        ("due_at", "2026-01-31T23:59:59.000010Z"),
        ("tags", ["a", 'b"c', ""]),
        ("attributes", {"b": [1, None, {"é": 1.5}], "a": True}),
        ("label", 'ÜNÏ "QUOTED" \\ </B>'),
        ("created_at", book.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")),
    ]


def test_times_are_utc_whatever_the_connections_zone() -> None:
    book = a_full_book()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Asia/Kathmandu'; SET LOCAL DateStyle = 'German'")
    assert ask().get(f"/api/v1/books/{book.pk}/?fields=due_at,printed_on").json() == {
        "printed_on": "0001-01-02",
        "due_at": "2026-01-31T23:59:59.000010Z",
    }


def test_null_is_kept(book: Book) -> None:
    fields = "shelf,pages,printed_on,due_at"
    assert ask().get(f"/api/v1/books/{book.pk}/?fields={fields}").json() == dict.fromkeys(fields.split(","))


def test_a_list_holds_the_same_documents_as_the_rows() -> None:
    books = [a_full_book() for _ in range(3)]
    listed = ask().get("/api/v1/books/?order=id").content.decode()
    singles = [ask().get(f"/api/v1/books/{book.pk}/").content.decode() for book in books]
    assert listed == f'{{"data":[{",".join(singles)}],"next":null}}'


def test_a_list_of_a_hundred_is_one_query() -> None:
    Book.objects.bulk_create(Book(organization=HERE, title=f"{number}") for number in range(101))
    with CaptureQueriesContext(connection) as queries:
        page = ask().get("/api/v1/books/?limit=100").json()
    assert (len(page["data"]), len(queries)) == (100, 1)


def test_a_row_is_one_query(book: Book) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert ask().get(f"/api/v1/books/{book.pk}/").status_code == 200
    assert len(queries) == 1


def test_a_secret_column_is_not_there(book: Book) -> None:
    Book.objects.update(secret_hash="hidden-hash")
    assert b"hidden-hash" not in ask().get("/api/v1/books/").content


def test_an_actor_without_organizations_sees_nothing(book: Book) -> None:
    stranger = ask("stranger")
    assert stranger.get("/api/v1/books/").content == b'{"data":[],"next":null}'
    assert stranger.get(f"/api/v1/books/{book.pk}/").status_code == 404
    assert stranger.get(f"/api/v1/books/{UUID(int=5)}/").status_code == 404
