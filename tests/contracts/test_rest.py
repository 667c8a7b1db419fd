"""Promises of every resource under /api/v1/."""

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from uuid import UUID

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from rest_framework.test import APIClient

from azora import urls
from azora.kernel.actor import Actor
from azora.kernel.checks import is_tenant_owned
from azora.kernel.rest import Resource
from azora.kernel.rest.filters import Parameter
from azora.kernel.rest.resource import declared, words

assert urls.urlpatterns  # reading the addresses is what finds every api.py
RESOURCES = declared()
SECRET_WORDS = {"hash", "hashes", "token", "tokens", "password", "secret", "secrets", "data", "digest"}
#: Fields that are named like a secret and are none, each with its reason. May only shrink.
NO_SECRETS = {"snapshots.content_hash": "identifies the text of public schemas"}
NOBODY_IS = UUID(int=1)
ADMINISTRATOR = Actor(user_id=NOBODY_IS, is_platform_admin=True)
STRANGER = Actor(
    api_key_id=NOBODY_IS,
    organizations=frozenset({NOBODY_IS}),
    administers=frozenset({NOBODY_IS}),
    scopes=frozenset({"*:read", "*:write"}),
)
READER = Actor(api_key_id=NOBODY_IS, organizations=frozenset({NOBODY_IS}), scopes=frozenset({"*:read"}))
SAMPLES = {"uuid": str(NOBODY_IS), "date-time": "2026-01-01T00:00:00Z", "date": "2026-01-01", "decimal": "1"}

every_resource = pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.noun)


@dataclass(frozen=True)
class Principal:
    """Whoever `actor` says, without a query that proves it."""

    actor: Actor
    is_authenticated: bool = True

    def as_actor(self) -> Actor:
        return self.actor


def client_of(actor: Actor) -> APIClient:
    cache.clear()
    client = APIClient()
    client.force_authenticate(Principal(actor))  # type: ignore[arg-type]
    return client


def list_of(resource: type[Resource]) -> str:
    return f"/api/v1/{resource.noun}/"


def posts_of(resource: type[Resource]) -> Iterator[str]:
    for name, call in resource.calls.items():
        word = name.removeprefix("change_").replace("_", "-")
        yield f"{list_of(resource)}{NOBODY_IS}/{word}/" if call.bound else list_of(resource)


def sample(parameter: Parameter) -> str:
    schema = parameter.scalar.schema
    if "enum" in schema:
        return str(schema["enum"][0])
    return SAMPLES.get(schema.get("format", ""), {"integer": "1", "boolean": "true"}.get(schema["type"], "x"))


def make_rows() -> None:
    """A row by every factory of the tests whose model has a resource, each in an organization of its own."""
    for resource in RESOURCES:
        name = f"tests.{resource.app}.factories"
        if importlib.util.find_spec(name) is not None:
            factory = getattr(import_module(name), f"make_{words(resource.model.__name__, join='_')}", None)
            if factory is not None:
                factory()


def test_there_are_resources_of_every_app() -> None:
    assert {resource.app for resource in RESOURCES} == {"accounts", "ingest", "lms"}
    assert len(RESOURCES) > 40


@pytest.mark.django_db
@every_resource
def test_who_is_not_known_gets_401(resource: type[Resource]) -> None:
    answers = [Client().get(list_of(resource)), Client().get(f"{list_of(resource)}{NOBODY_IS}/")]
    answers += [Client().post(url, {}, content_type="application/json") for url in posts_of(resource)]
    for answer in answers:
        assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.django_db
def test_a_stranger_sees_no_row_of_another_tenant() -> None:
    make_rows()
    client, seen = client_of(STRANGER), 0
    for resource in RESOURCES:
        row = resource.model._default_manager.order_by("-pk").first()
        if row is None or not is_tenant_owned(resource.model):
            continue
        seen += 1
        before = resource.model._default_manager.filter(pk=row.pk).values().get()
        assert client.get(list_of(resource)).json() == {"data": [], "next": None}, resource.noun
        assert client.get(f"{list_of(resource)}{row.pk}/").status_code == 404, resource.noun
        for name in resource.filters:
            if name in {"organization", "id"}:
                assert client.get(list_of(resource), {name: str(row.organization_id)}).json()["data"] == []
        for url in posts_of(resource):
            if str(NOBODY_IS) in url:
                answer = client.post(url.replace(str(NOBODY_IS), str(row.pk)), {}, format="json")
                assert answer.status_code in {400, 404}, url
        assert resource.model._default_manager.filter(pk=row.pk).values().get() == before, resource.noun
    assert seen > 20


@pytest.mark.django_db
def test_a_list_is_one_query_and_holds_the_rows_of_their_own_addresses() -> None:
    make_rows()
    client = client_of(ADMINISTRATOR)
    for resource in RESOURCES:
        with CaptureQueriesContext(connection) as queries:
            page = client.get(list_of(resource), {"limit": 100})
        assert (page.status_code, len(queries)) == (200, 1), resource.noun
        for row in page.json()["data"][:2]:
            assert list(row) == list(resource.fields)
            assert client.get(f"{list_of(resource)}{row['id']}/").json() == row


@pytest.mark.django_db
@every_resource
def test_an_unknown_parameter_is_refused(resource: type[Resource]) -> None:
    for url in (list_of(resource), f"{list_of(resource)}{NOBODY_IS}/"):
        answer = client_of(ADMINISTRATOR).get(url, {"no_such_parameter": "1"})
        assert (answer.status_code, answer.json()["errors"][0]["name"]) == (400, "no_such_parameter")


@pytest.mark.django_db
@every_resource
def test_every_filter_and_order_works(resource: type[Resource]) -> None:
    client = client_of(ADMINISTRATOR)
    for parameter in resource.parameters["list"]:
        if parameter.lookup:
            answer = client.get(list_of(resource), {parameter.name: sample(parameter)})
            assert answer.status_code == 200, f"{parameter.name}: {answer.content.decode()}"
    for name in resource.order:
        for sign in ("", "-"):
            order = sign + name.removeprefix("-")
            assert client.get(list_of(resource), {"order": order}).status_code == 200, order


@pytest.mark.django_db
def test_every_order_can_be_followed_from_page_to_page() -> None:
    make_rows()
    make_rows()
    client, followed = client_of(ADMINISTRATOR), 0
    for resource in RESOURCES:
        expected = {row["id"] for row in client.get(list_of(resource), {"limit": 20}).json()["data"]}
        for order in resource.order:
            found: list[str] = []
            page = client.get(list_of(resource), {"order": order, "limit": 1}).json()
            found += [row["id"] for row in page["data"]]
            while page["next"] is not None and len(found) < len(expected):
                page = client.get(list_of(resource), {"cursor": page["next"], "limit": 1}).json()
                found += [row["id"] for row in page["data"]]
                followed += 1
            assert len(set(found)) == len(found) == len(expected), f"{resource.noun} by {order}"
    assert followed > 5


@every_resource
def test_no_secret_is_listed(resource: type[Resource]) -> None:
    for field in resource.fields:
        if f"{resource.noun}.{field}" not in NO_SECRETS:
            assert not SECRET_WORDS & set(field.split("_")), field


@pytest.mark.django_db
@every_resource
def test_a_post_without_its_scope_is_refused_before_anything_is_asked(resource: type[Resource]) -> None:
    for url in posts_of(resource):
        client = client_of(READER)
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(url, {}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (403, "kernel.scope_missing")
        assert answer.json()["facts"] == {"scope": f"{resource.app}.{resource.noun}:write"}
        assert len(queries) == 0


def test_the_openapi_document_is_valid_and_whole(capsys: pytest.CaptureFixture[str]) -> None:
    document = SchemaGenerator().get_schema(public=True)
    validate_schema(document)
    assert capsys.readouterr().err == ""
    expected: dict[str, set[str]] = {}
    for resource in RESOURCES:
        expected.setdefault(list_of(resource), set()).add("get")
        expected.setdefault(list_of(resource) + "{id}/", set()).add("get")
        for url in posts_of(resource):
            expected.setdefault(url.replace(str(NOBODY_IS), "{id}"), set()).add("post")
    described = {path: set(operations) for path, operations in document["paths"].items() if path.startswith("/api/v1/")}
    assert described == expected
    assert len(json.dumps(document)) > 10_000
