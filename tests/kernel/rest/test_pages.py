"""Cursor pages: every row once, in order, whatever is inserted meanwhile, and at the price of the first page."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.kernel.rest.conftest import ELSEWHERE, HERE, ask
from tests.kernel.rest.library.models import Book

START = datetime(2026, 1, 1, tzinfo=UTC)
ORDERS = [sign + name for name in ("id", "title", "pages", "due_at", "price", "created_at") for sign in ("", "-")]


@pytest.fixture
def books() -> list[Book]:
    """Twelve books with equal titles, times and prices among them, and some without pages or time."""
    made = [
        Book(
            organization=HERE,
            title=f"T{number % 3}",
            pages=None if number % 4 == 0 else number % 5,
            due_at=None if number % 5 == 0 else START + timedelta(microseconds=number % 7),
            price=number % 2,
        )
        for number in range(12)
    ]
    Book.objects.bulk_create([*made, Book(organization=ELSEWHERE, title="T9 not mine")])
    return list(Book.objects.filter(organization=HERE))


def walk(order: str, limit: int) -> list[str]:
    ids, cursor = [], {}
    while True:
        page = ask().get("/api/v1/books/", {"order": order, "limit": limit, "fields": "id", **cursor}).json()
        ids += [row["id"] for row in page["data"]]
        if page["next"] is None:
            return ids
        assert len(page["data"]) == limit
        cursor = {"cursor": page["next"]}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("limit", [1, 5, 12])
def test_pages_hold_every_row_once_and_in_order(order: str, limit: int, books: list[Book]) -> None:
    sign = "-" if order.startswith("-") else ""
    expected = Book.objects.filter(organization=HERE).order_by(order, f"{sign}id")
    assert walk(order, limit) == [str(row.pk) for row in expected]
    assert len(expected) == 12


def test_the_first_declared_order_is_the_default(books: list[Book]) -> None:
    assert ask().get("/api/v1/books/").content == ask().get("/api/v1/books/?order=-id").content


def test_the_cursor_carries_its_order(books: list[Book]) -> None:
    first = ask().get("/api/v1/books/?order=-title&limit=5").json()
    second = ask().get("/api/v1/books/", {"cursor": first["next"], "limit": 5}).json()
    titles = [row["title"] for row in first["data"] + second["data"]]
    assert titles == ["T2"] * 4 + ["T1"] * 4 + ["T0"] * 2


def test_rows_that_appear_meanwhile_neither_repeat_nor_hide_others(books: list[Book]) -> None:
    first = ask().get("/api/v1/books/?order=title&limit=4").json()
    Book.objects.create(organization=HERE, title="A")
    Book.objects.create(organization=HERE, title="T1")
    rest = ask().get("/api/v1/books/", {"cursor": first["next"], "limit": 100}).json()
    ids = [row["id"] for row in first["data"] + rest["data"]]
    assert {str(book.pk) for book in books} <= set(ids)
    assert len(ids) == len(set(ids)) == 13


def test_a_cursor_never_shows_more_than_the_actor_may_see(books: list[Book]) -> None:
    cursor = ask().get("/api/v1/books/?limit=5&order=title").json()["next"]
    titles = [row["title"] for row in ask("stranger").get("/api/v1/books/", {"cursor": cursor}).json()["data"]]
    assert titles == ["T9 not mine"]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "\x00",
        "WyJib29rcyJd:AAAA",
        signing.Signer(salt="azora.rest.cursor", key="another").sign_object(["books", "-id", "x", "y"]),
        signing.Signer().sign_object(["books", "-id", "x", "y"]),
        "a" * 3000,
    ],
)
def test_a_forged_cursor_is_refused(cursor: str, books: list[Book]) -> None:
    response = ask().get("/api/v1/books/", {"cursor": cursor})
    assert response.status_code == 400
    assert [error["name"] for error in response.json()["errors"]] == ["cursor"]


def test_a_changed_cursor_is_refused(books: list[Book]) -> None:
    cursor = ask().get("/api/v1/books/?limit=5").json()["next"]
    for changed in ("A" + cursor[1:], cursor[:-1], cursor + "A"):
        assert ask().get("/api/v1/books/", {"cursor": changed}).status_code == 400


def test_a_cursor_of_another_list_or_order_is_refused(books: list[Book]) -> None:
    cursor = ask().get("/api/v1/books/?limit=5&order=title").json()["next"]
    other_list = ask().get("/api/v1/book-shelves/", {"cursor": cursor})
    assert (other_list.status_code, other_list.json()["detail"]) == (400, "cursor belongs to books.")
    other_order = ask().get("/api/v1/books/", {"cursor": cursor, "order": "-title"})
    assert (other_order.status_code, other_order.json()["detail"]) == (400, "cursor goes with order=title.")


@pytest.mark.parametrize(
    ("limit", "status"), [("0", 400), ("1", 200), ("200", 200), ("201", 400), ("-1", 400), ("1e2", 400)]
)
def test_the_limit_is_held(limit: str, status: int, books: list[Book]) -> None:
    assert ask().get("/api/v1/books/", {"limit": limit}).status_code == status


def test_fifty_rows_are_the_default() -> None:
    Book.objects.bulk_create(Book(organization=HERE, title="x") for _ in range(51))
    assert len(ask().get("/api/v1/books/").json()["data"]) == 50


@pytest.mark.parametrize("order", ["title", "-title", "due_at", "-due_at"])
def test_a_deep_page_reads_no_more_rows_than_the_first(order: str) -> None:
    """The plan of a page from the middle of 4,000 rows touches at most as many rows as its limit asks for."""
    Book.objects.bulk_create(
        Book(organization=HERE, title=f"{number:05}", due_at=START + timedelta(seconds=number))
        for number in range(4000)
    )
    middle = ask().get("/api/v1/books/", {"order": order, "limit": 200}).json()["next"]
    for _ in range(9):
        middle = ask().get("/api/v1/books/", {"cursor": middle, "limit": 200}).json()["next"]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE library_book")
    with CaptureQueriesContext(connection) as queries:
        ask().get("/api/v1/books/", {"cursor": middle, "limit": 10})
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + queries[0]["sql"])
        plan = cursor.fetchone()[0]
    plan = plan if isinstance(plan, list) else json.loads(plan)
    scans = [node for node in nodes(plan[0]["Plan"]) if "Relation Name" in node]
    assert scans
    for node in scans:
        assert "Index" in node["Node Type"], node["Node Type"]
        assert node["Actual Rows"] + node.get("Rows Removed by Filter", 0) <= 11


def nodes(plan: dict) -> list[dict]:
    return [plan] + [inner for child in plan.get("Plans", []) for inner in nodes(child)]
