"""The platform served as a person serves it: `manage.py run` on a database of its own."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from azora.serving import ServingError, choose_port

ROOT = Path(__file__).resolve().parents[2]


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ServingError, match=rf"Port {port} on 127.0.0.1 is taken .*make run PORT="):
            choose_port(port)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_number_that_is_no_port_is_named(port: int) -> None:
    with pytest.raises(ServingError, match=f"^{port} is no port"):
        choose_port(port)


def test_without_a_wish_a_free_port_is_taken() -> None:
    first = choose_port(None)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", first))
        other.listen()
        assert choose_port(None) != first


@pytest.fixture
def database_url(django_db_blocker) -> Iterator[str]:
    """An empty database beside the test database, as DATABASE_URL names it."""
    name = f"azora_run_{os.getpid()}_{time.time_ns()}"
    with django_db_blocker.unblock():
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
        host, user = connection.settings_dict["HOST"], connection.settings_dict["USER"]
        password, port = connection.settings_dict["PASSWORD"], connection.settings_dict["PORT"]
        login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
        yield f"postgres://{login}@{quote(host, safe='')}{f':{port}' if port else ''}/{name}"
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def ask(port: int, path: str) -> tuple[int, bytes]:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as client:
        client.request("GET", path, headers={"Connection": "close"})
        with client.getresponse() as response:
            return response.status, response.read()


@pytest.mark.django_db(transaction=False)
def test_run_serves_says_where_and_stops_cleanly(database_url: str, tmp_path: Path) -> None:
    port = choose_port(None)
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run", "--port", str(port), "--offline", "--state", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    try:
        assert [int(number) for number in re.findall(r"^(\d)/6 ", said, re.MULTILINE)] == [2, 3, 4, 5, 6], said
        password = re.search(r"password (\S+)", said)
        assert password, said
        kept = tmp_path / "administrator"
        assert password[1] in kept.read_text()
        assert kept.stat().st_mode & 0o777 == 0o600

        status, body = ask(port, "/healthz")
        assert (status, json.loads(body)) == (200, {"live": "ok", "database": "ok", "migrations": "ok", "worker": "ok"})
        assert ask(port, "/admin/login/")[0] == 200
        assert ask(port, "/api/v1/courses/")[0] == 401
        assert ask(port, "/api/schema/")[0] == 200
        page = ask(port, "/api/docs/")[1].decode()
        assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", page)
        styles = re.search(r'href="(/static/admin/css/base[^"]*)"', ask(port, "/admin/login/")[1].decode())
        assert styles
        assert ask(port, styles[1])[0] == 200
    finally:
        os.kill(process.pid, signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0, said + rest
    assert rest.strip().endswith("Stopped.")
    with pytest.raises(OSError, match="refused"):
        ask(port, "/healthz")
