"""Bodies: an operation's signature is the form of its input; all else is named and refused."""

import enum
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from azora.kernel.rest import scalars
from azora.kernel.rest.bodies import Body
from tests.kernel.rest.conftest import HERE, ask
from tests.kernel.rest.library import operations
from tests.kernel.rest.library.api import Books
from tests.kernel.rest.library.models import Book, Shelf, State

FULL = {
    "title": "Emma",
    "shelf": None,
    "notes": "a\nb\tc",
    "state": "on_shelf",
    "pages": 474.0,
    "copies": 2**63 - 1,
    "price": "-12345678.5000",
    "is_open": False,
    "printed_on": "1815-12-23",
    "due_at": "2026-01-01T02:00:00.5+02:00",
    "tags": ["a,b", ""],
    "attributes": {"a": [{"b": None}], "": 1.5},
}


def post(body: Any, **options: Any) -> Any:
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return ask().post("/api/v1/books/", data, content_type=options.pop("content_type", "application/json"), **options)


def test_every_type_reaches_the_operation() -> None:
    response = post(FULL)
    assert response.status_code == 201
    book = Book.objects.get()
    assert (book.title, book.notes, book.state, book.pages, book.copies) == (
        "Emma",
        "a\nb\tc",
        State.ON_SHELF,
        474,
        2**63 - 1,
    )
    assert (book.price, book.is_open, book.printed_on) == (Decimal("-12345678.5"), False, date(1815, 12, 23))
    assert (book.due_at, book.tags) == (datetime(2026, 1, 1, 0, 0, 0, 500000, tzinfo=UTC), ["a,b", ""])
    assert (book.attributes, book.shelf_id, book.organization) == ({"a": [{"b": None}], "": 1.5}, None, HERE)


def test_the_answer_is_the_rows_document() -> None:
    response = post({"title": "Emma"})
    assert response.content == ask().get(f"/api/v1/books/{response.json()['id']}/").content


def test_defaults_are_the_operations() -> None:
    assert post({"title": "Emma"}).status_code == 201
    book = Book.objects.get()
    assert (book.state, book.copies, book.pages, book.tags) == (State.DRAFT, 1, None, [])


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        ({"titel": "x"}, "titel", "did you mean title?"),
        ({"organization": str(HERE)}, "organization", "is unknown here"),
        ({"id": str(HERE)}, "id", "is unknown here"),
        ({"secret_hash": "x"}, "secret_hash", "is unknown here"),
        ({"actor": "x"}, "actor", "is unknown here"),
        ({"title": None}, "title", "title must be text of at most 40 characters without control characters."),
        ({"title": 1}, "title", "text"),
        ({"title": "x" * 41}, "title", "40"),
        ({"title": "a\x00"}, "title", "control"),
        ({"title": "\ud800"}, "title", "control"),
        ({"shelf": "1"}, "shelf", "a UUID or null"),
        ({"shelf": "{00000000-0000-4000-8000-00000000000a}"}, "shelf", "a UUID or null"),
        ({"state": "ON_SHELF"}, "state", "one of draft, on_shelf, lent"),
        ({"state": ["draft"]}, "state", "one of"),
        ({"pages": "1"}, "pages", "whole number"),
        ({"pages": 1.5}, "pages", "whole number"),
        ({"pages": 1e300}, "pages", "whole number"),
        ({"pages": True}, "pages", "whole number"),
        ({"pages": 2**31}, "pages", "2147483647"),
        ({"copies": 2**63}, "copies", "9223372036854775807"),
        ({"price": 1.5}, "price", "decimal number as text"),
        ({"price": "1.23456"}, "price", "decimal number"),
        ({"price": "Infinity"}, "price", "decimal number"),
        ({"is_open": 1}, "is_open", "true or false"),
        ({"is_open": "true"}, "is_open", "true or false"),
        ({"printed_on": "2021-02-29"}, "printed_on", "a date"),
        ({"due_at": "2026-01-01T00:00:00"}, "due_at", "a time with its zone"),
        ({"due_at": 0}, "due_at", "a time with its zone"),
        ({"tags": "a"}, "tags", "a list of at most 1000 values"),
        ({"tags": [1]}, "tags", "each text"),
        ({"tags": ["x"] * 1001}, "tags", "1000"),
        ({"attributes": []}, "attributes", "a JSON object"),
        ({"attributes": {"a": "\x00"}}, "attributes", "a JSON object"),
        ({"attributes": {"\x00": "a"}}, "attributes", "a JSON object"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], name: str, words: str) -> None:
    response = post({**FULL, **change})
    problem = response.json()
    assert (response.status_code, problem["code"]) == (400, "kernel.input_refused")
    assert [(error["in"], error["name"]) for error in problem["errors"]] == [("body", name)]
    assert words in problem["detail"]
    assert not Book.objects.exists()


def test_what_is_missing_is_named_beside_what_is_wrong() -> None:
    problem = post({"pages": "x", "nope": 1}).json()
    assert [error["name"] for error in problem["errors"]] == ["pages", "nope", "title"]
    assert not Book.objects.exists()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "title is missing"),
        ("{", "no proper JSON"),
        ("nul", "no proper JSON"),
        ('{"title":"a","title":"b"}', "a key stands twice"),
        ('{"title":NaN}', "NaN is no JSON"),
        ('{"title":-Infinity}', "is no JSON"),
        ("[1]", "must be a JSON object"),
        ("null", "must be a JSON object"),
        (b'{"title":"\xff"}', "no proper JSON"),
        (b'\xef\xbb\xbf{"title":"a"}', "no proper JSON"),
        ('{"copies":' + "9" * 5000 + "}", "no proper JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"title":"a","attributes":' + '{"a":' * 40 + "1" + "}" * 41, "at most 32 levels deep"),
        ('{"title":"a","attributes":{"a":1e999}}', "a JSON object"),
    ],
)
def test_a_body_that_is_no_proper_object_is_refused(body: str | bytes, words: str) -> None:
    response = post(body)
    assert (response.status_code, response.headers["Content-Type"]) == (400, "application/problem+json")
    assert words in response.json()["detail"]
    assert not Book.objects.exists()


def test_a_body_that_is_too_large_is_refused(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert post({"title": "x", "notes": "y" * 69}).status_code == 201
    response = post({"title": "x", "notes": "y" * 100})
    assert (response.status_code, response.json()["detail"]) == (413, "The body may have 100 bytes.")
    assert Book.objects.count() == 1


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"]
)
def test_only_json_is_read(media_type: str) -> None:
    assert post('{"title":"x"}', content_type=media_type).status_code == 415
    assert not Book.objects.exists()


def test_what_only_the_database_can_refuse_is_a_problem_too(book: Book) -> None:
    response = ask().post(f"/api/v1/books/{book.pk}/move/", {"name": "x" * 21}, content_type="application/json")
    assert response.status_code == 400
    assert "value too long for type character varying(20)" in response.json()["detail"]
    assert not Shelf.objects.exists()


def test_a_reference_to_a_row_that_is_not_visible_is_the_operations_refusal() -> None:
    shelf = Shelf.objects.create(organization=UUID(int=2), name="Theirs")
    response = post({"title": "x", "shelf": str(shelf.pk)})
    assert (response.status_code, response.json()["code"]) == (404, "tests.shelf_unknown")
    assert response.json()["facts"] == {"shelf": str(shelf.pk)}
    assert not Book.objects.exists()


def test_limits_come_from_the_column_of_the_same_name_and_type() -> None:
    body = Books.calls["create"].body
    assert body.schema()["properties"]["title"]["maxLength"] == 40
    assert body.schema()["properties"]["pages"] == {
        "type": ["integer", "null"],
        "minimum": -(2**31),
        "maximum": 2**31 - 1,
    }
    assert body.schema()["required"] == ["title"]


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize("hint", [float, bytes, Colour, str | int, Book, object, tuple[str, int]])
def test_a_type_without_one_form_in_json_is_a_mistake_of_the_declaration(hint: Any) -> None:
    with pytest.raises(TypeError, match="is no type that REST can read"):
        scalars.of_type(hint)


def test_the_bound_argument_is_not_in_the_body(book: Book) -> None:
    body = Body.of(operations.lend_book, bound={"book"}, columns={})
    assert list(body.arguments) == ["until"]
    response = ask().post(f"/api/v1/books/{book.pk}/lend/", {"book": str(book.pk)}, content_type="application/json")
    assert [error["name"] for error in response.json()["errors"]] == ["book", "until"]
