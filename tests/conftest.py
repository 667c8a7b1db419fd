"""What every test stands on: no network, and static files without the manifest that only serving makes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection


def pytest_configure() -> None:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.WHITENOISE_AUTOREFRESH = True
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    # Hashing a password slowly is the point of a hasher, and no point of a test.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches beyond this machine fails."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def _test_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database also where no test of the run is marked `django_db`: pytest-django makes none then."""
    name = connection.settings_dict["NAME"]
    if name.startswith("test_"):
        yield
        return
    with django_db_blocker.unblock():
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        yield
        connection.creation.destroy_test_db(name, verbosity=0)


@pytest.fixture
def committed(_test_database: None, django_db_blocker: Any) -> Iterator[None]:
    """A copy of the test database in which rows are really committed, so that other connections see them.

    It is thrown away at the end: emptying tables, as pytest-django would, takes the built-in roles too, and histories
    refuse it. Not to be used together with `django_db`.
    """
    with django_db_blocker.unblock():
        template = connection.settings_dict["NAME"]
        copy = f"{template}_copy"
        connection.close()
        _in_another_database(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
        _in_another_database(f'CREATE DATABASE "{copy}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        connection.settings_dict["NAME"] = copy
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = template
            _in_another_database(f'DROP DATABASE "{copy}" WITH (FORCE)')


def _in_another_database(statement: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """Call functions at the same time, each in a thread and on a connection of its own.

    Gives what each returned or raised, in their order.
    """

    def run(*functions: Callable[[], Any]) -> list[Any]:
        gate = threading.Barrier(len(functions))
        results: list[Any] = [None] * len(functions)

        def call(place: int) -> None:
            try:
                gate.wait(timeout=10)
                results[place] = functions[place]()
            except Exception as error:  # noqa: BLE001  (the caller gets it)
                results[place] = error
            finally:
                connection.close()

        threads = [threading.Thread(target=call, args=(place,)) for place in range(len(functions))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert not any(thread.is_alive() for thread in threads)
        return results

    return run
