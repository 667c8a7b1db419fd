"""A library over HTTP, and who asks it: a member, a stranger of another organization, keys with and without scopes."""

from uuid import UUID

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from azora.kernel.actor import Actor
from tests.kernel.rest.library.api import KnownAuthentication, Principal
from tests.kernel.rest.library.models import Book, Shelf

HERE, ELSEWHERE = UUID(int=1), UUID(int=2)
ACTORS = {
    "member": Actor(user_id=UUID(int=11), organizations=frozenset({HERE})),
    "colleague": Actor(user_id=UUID(int=12), organizations=frozenset({HERE})),
    "stranger": Actor(user_id=UUID(int=13), organizations=frozenset({ELSEWHERE})),
    "reader": Actor(
        api_key_id=UUID(int=14), organizations=frozenset({HERE}), scopes=frozenset({"library.books:read", "lms:write"})
    ),
    "writer": Actor(api_key_id=UUID(int=15), organizations=frozenset({HERE}), scopes=frozenset({"library:write"})),
    "any_reader": Actor(api_key_id=UUID(int=16), organizations=frozenset({HERE}), scopes=frozenset({"*:read"})),
}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        existing = connection.introspection.table_names()
        for model in (Shelf, Book):
            if model._meta.db_table not in existing:
                editor.create_model(model)


@pytest.fixture(autouse=True)
def _library(settings, db):
    settings.ROOT_URLCONF = "tests.kernel.rest.library.urls"
    KnownAuthentication.known = {name: Principal(actor) for name, actor in ACTORS.items()}
    cache.clear()


def ask(name: str | None = "member") -> Client:
    """A client that sends JSON as one of the actors, and reads problems instead of raising."""
    headers = {} if name is None else {"Authorization": f"Bearer {name}"}
    return Client(raise_request_exception=False, headers=headers)


@pytest.fixture
def book():
    return Book.objects.create(organization=HERE, title="Middlemarch")
