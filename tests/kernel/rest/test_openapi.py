"""The OpenAPI document says exactly what is served."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from tests.kernel.rest.conftest import ask
from tests.kernel.rest.library.models import Book


@pytest.fixture
def document() -> dict[str, Any]:
    response = ask().get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert response.status_code == 200
    return json.loads(response.content)


def test_it_is_openapi_3_1_and_warns_of_nothing(document: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    validate_schema(document)
    assert document["openapi"] == "3.1.0"
    SchemaGenerator().get_schema(public=True)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_every_route_is_described(document: dict[str, Any]) -> None:
    assert {path: sorted(operations) for path, operations in document["paths"].items()} == {
        "/api/v1/book-shelves/": ["get"],
        "/api/v1/book-shelves/{id}/": ["get"],
        "/api/v1/books/": ["get", "post"],
        "/api/v1/books/{id}/": ["get"],
        "/api/v1/books/{id}/forget/": ["post"],
        "/api/v1/books/{id}/issue-label/": ["post"],
        "/api/v1/books/{id}/lend/": ["post"],
        "/api/v1/books/{id}/move/": ["post"],
    }


def test_a_row_is_described_by_its_columns(document: dict[str, Any]) -> None:
    book = document["components"]["schemas"]["Book"]
    assert book["properties"]["state"] == {"type": "string", "enum": ["draft", "on_shelf", "lent"]}
    assert book["properties"]["due_at"] == {"type": ["string", "null"], "format": "date-time"}
    assert book["properties"]["price"] == {"type": "string", "format": "decimal"}
    assert book["properties"]["shelf"] == {"type": ["string", "null"], "format": "uuid"}
    assert book["properties"]["tags"] == {"type": "array", "items": {"type": "string"}}
    assert book["properties"]["attributes"] == {}
    assert "secret_hash" not in book["properties"]
    assert book["required"] == list(book["properties"])
    assert book["description"] == "Books of the organization."


def test_parameters_bodies_and_who_may_are_described(document: dict[str, Any]) -> None:
    listing, creating = document["paths"]["/api/v1/books/"]["get"], document["paths"]["/api/v1/books/"]["post"]
    parameters = {parameter["name"]: parameter["schema"] for parameter in listing["parameters"]}
    assert parameters["limit"] == {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
    assert parameters["shelf__isnull"] == {"type": "boolean"}
    assert parameters["order"]["enum"][:4] == ["id", "-id", "title", "-title"]
    assert listing["security"] == [{"apiKey": ["library.books:read"]}, {"session": []}]
    assert creating["security"] == [{"apiKey": ["library.books:write"]}, {"session": []}]
    assert creating["requestBody"]["content"]["application/json"]["schema"]["required"] == ["title"]
    assert [parameter["name"] for parameter in creating["parameters"]] == ["Idempotency-Key"]
    assert set(creating["responses"]) == {
        "201", "400", "401", "403", "404", "406", "409", "413", "415", "422", "429", "500",
    }  # fmt: skip
    assert creating["description"].startswith("Add a book to the first organization of the actor.")
    assert listing["operationId"] == "books_list"


def test_secrets_are_described_where_they_are_shown(document: dict[str, Any]) -> None:
    answer = document["paths"]["/api/v1/books/{id}/issue-label/"]["post"]["responses"]["200"]
    schema = answer["content"]["application/json"]["schema"]
    assert schema["properties"]["secret"] == {"type": ["string", "null"]}
    assert schema["required"][-1] == "secret"


def test_what_is_served_is_what_is_described(document: dict[str, Any], book: Book) -> None:
    page = document["paths"]["/api/v1/books/"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**page, "components": document["components"]})
    for query in ("", "?fields=title", "?limit=1"):
        validator.validate(ask().get(f"/api/v1/books/{query}").json())
    problem = Draft202012Validator(document["components"]["schemas"]["Problem"])
    for response in (ask().get("/api/v1/books/?x=1"), ask(None).get("/api/v1/books/"), ask().put("/api/v1/books/")):
        problem.validate(response.json())


def test_the_page_for_people_names_no_outside_host() -> None:
    page = ask().get("/api/docs/")
    assert page.status_code == 200
    assert not re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", page.content.decode())
    assert b"drf_spectacular_sidecar/swagger-ui-dist" in page.content


@pytest.fixture
def application() -> Iterator[Any]:
    """The WSGI application as it is served, but on the test's own connection (as Django's test client has it)."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield get_wsgi_application()
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.mark.parametrize("mode", [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE])
def test_a_fuzzer_finds_nothing_that_is_not_described(
    mode: schemathesis.GenerationMode, document: dict[str, Any], application: Any, book: Book
) -> None:
    """Requests made from the document, right and wrong ones, a few of each kind."""
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    schema.config.generation.update(with_security_parameters=False)
    tried = 0

    for result in schema.get_all_operations():
        api = result.ok()

        @settings(
            max_examples=6, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
        )
        @given(case=api.as_strategy(generation_mode=mode))
        def run(case: Any) -> None:
            nonlocal tried
            tried += 1
            if mode is schemathesis.GenerationMode.POSITIVE:
                # No schema can say which texts are signed, or which keys are new.
                case.query.pop("cursor", None)
                case.headers["Idempotency-Key"] = f"k-{tried}"
                if "id" in case.path_parameters and tried % 2:
                    case.path_parameters["id"] = str(book.pk)
            case.call_and_validate(headers={"Authorization": "Bearer member"})

        run()
    assert tried > 20
