"""What /healthz says when something is missing."""

import pytest
from django.db import OperationalError, connection
from django.test import Client

from azora.kernel import health


def answer(client: Client) -> tuple[int, dict[str, str]]:
    response = client.get("/healthz")
    return response.status_code, response.json()


@pytest.mark.django_db
def test_a_missing_worker_is_told_and_requests_are_served(client: Client) -> None:
    assert answer(client) == (200, {"live": "ok", "database": "ok", "migrations": "ok", "worker": "missing"})


@pytest.mark.django_db
def test_a_worker_that_beats_is_alive_and_one_that_fell_silent_is_not(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
        assert answer(client)[1]["worker"] == "ok"
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 seconds'")
        assert answer(client)[1]["worker"] == "missing"


@pytest.mark.django_db
def test_pending_migrations_are_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "pending_migrations", lambda: 1)
    assert answer(client) == (503, {"live": "ok", "database": "ok", "migrations": "pending", "worker": "unknown"})


def test_a_missing_database_is_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("no server")

    monkeypatch.setattr(health.connection, "cursor", refuse)
    monkeypatch.setattr(health.connection, "close", lambda: None)
    missing = {"live": "ok", "database": "unreachable", "migrations": "unknown", "worker": "unknown"}
    assert answer(client) == (503, missing)
