"""`manage.py database`: what it does to the project's own cluster, says of another server, and its exit codes."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from pytest_django import Settings

from azora.kernel.management.commands import database as command
from azora.kernel.postgres.cluster import Cluster


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The command's exit code and what it says."""
    code = 0
    try:
        call_command("database", *arguments)
    except SystemExit as leaving:
        code = int(str(leaving.code))
    return code, capsys.readouterr().out


@pytest.fixture
def own(cluster: Cluster, settings: Settings) -> Cluster:
    """The cluster of the settings: made, not running."""
    settings.CLUSTER = cluster
    return cluster


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the programs print that the command becomes, which here are run beside it."""
    printed: list[str] = []

    def execve(program: str, arguments: list[str], environment: dict[str, str]) -> None:
        command_line = [program, *arguments[1:]]
        done = subprocess.run(command_line, env=environment, capture_output=True, text=True, check=True)
        printed.append(done.stdout)

    monkeypatch.setattr(command.os, "execve", execve)
    return printed


def test_the_own_cluster_from_start_to_stop(
    own: Cluster, capsys: pytest.CaptureFixture[str], became: list[str]
) -> None:
    place = f"folder:  {own.home}\nsocket:  {own.socket_folder}\n"
    version = own.status().version
    assert run(capsys, "status") == (3, f"stopped: PostgreSQL {version}\n{place}")
    assert run(capsys, "stop") == (0, f"The cluster in {own.home} was not running.\n")

    code, said = run(capsys, "start")
    status = own.status()
    server = f"PostgreSQL {status.version} in {own.home}"
    assert (code, said) == (0, f"{server} started (process {status.pid}).\n")
    assert run(capsys, "start") == (0, f"{server} runs already (process {status.pid}).\n")
    assert run(capsys, "status") == (0, f"running: PostgreSQL {status.version}, process {status.pid}\n{place}")

    code, url = run(capsys, "url")
    assert (code, url) == (0, own.url() + "\n")
    with psycopg.connect(url.strip()) as connection:
        assert connection.execute("select current_database()::text").fetchall() == [("azora",)]
        with pytest.raises(CommandError, match="is in use and was left running"):
            call_command("database", "stop", "--if-unused")
    assert own.status().running

    assert run(capsys, "stop", "--if-unused") == (0, f"The cluster in {own.home} stopped.\n")
    assert run(capsys, "status") == (3, f"stopped: PostgreSQL {status.version}\n{place}")
    assert became == []


def test_the_shell_is_psql_in_a_database_that_it_starts(
    own: Cluster, became: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {"NAME": own.database, "USER": own.user, "HOST": str(own.socket_folder)}
    monkeypatch.setitem(command.settings.DATABASES, "default", {**command.settings.DATABASES["default"], **entry})
    call_command("database", "shell", "--", "-XAtc", "select current_database(), current_user")
    assert became == ["azora|azora\n"]
    assert own.status().running


def test_a_machine_without_psql_says_so(
    own: Cluster, became: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own.start()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(command.binaries.Binaries, "program", lambda self, name: tmp_path / name)
    with pytest.raises(CommandError, match="There is no psql beside the server's programs and none on PATH"):
        call_command("database", "shell")
    assert became == []


@pytest.mark.parametrize("action", ["start", "stop"])
def test_a_server_named_by_the_environment_is_not_started_or_stopped(settings: Settings, action: str) -> None:
    settings.CLUSTER = None
    with pytest.raises(CommandError, match=f"DATABASE_URL names the database, so there is no cluster .* to {action}"):
        call_command("database", action)


def test_a_cluster_that_cannot_start_is_one_sentence(
    new: Cluster, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.CLUSTER = new
    new.home.parent.mkdir()
    new.home.write_text("mine")
    place = f"folder:  {new.home}\nsocket:  {new.socket_folder}\n"
    assert run(capsys, "status") == (3, f"stopped: no cluster yet\n{place}")
    with pytest.raises(CommandError, match="is no folder, but the cluster's folder belongs there: move it away"):
        call_command("database", "start")
    assert new.home.read_text() == "mine"


class Server:
    """What the command asks of Django's connection, answered by a server of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def ensure_connection(self) -> None:
        try:
            psycopg.connect(self.cluster.url()).close()
        except psycopg.OperationalError as error:
            raise OperationalError(*error.args) from error

    def get_database_version(self) -> tuple[int | None, ...]:
        return (self.cluster.status().version, 0)


def test_status_of_a_server_named_by_the_environment(
    cluster: Cluster, settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "connection", Server(cluster))
    settings.CLUSTER = None
    code, said = run(capsys, "status")
    assert code == 3
    assert said.startswith("stopped: the server named by DATABASE_URL does not answer: connection")
    assert said.count("\n") == 1
    cluster.start()
    version = cluster.status().version
    assert run(capsys, "status") == (0, f"running: PostgreSQL {version}, the server named by DATABASE_URL\n")


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ({"NAME": "azora"}, "postgresql:///azora"),
        (
            {"NAME": "a b", "USER": "me", "PASSWORD": "p/@:ß", "HOST": "db.example", "PORT": 6543},
            "postgresql://me:p%2F%40%3A%C3%9F@db.example:6543/a%20b",
        ),
        (
            {"NAME": "azora", "USER": "me", "HOST": "/run/my pg", "PORT": "5433", "OPTIONS": {"sslmode": "disable"}},
            "postgresql://me@/azora?host=%2Frun%2Fmy%20pg&port=5433&sslmode=disable",
        ),
        ({"NAME": "azora", "HOST": "::1", "OPTIONS": {"pool": {"min_size": 2}}}, "postgresql://[::1]/azora"),
    ],
)
def test_urls_are_what_libpq_reads(entry: dict[str, Any], url: str) -> None:
    assert command.url_of(entry) == url
    read = psycopg.conninfo.conninfo_to_dict(url)
    given = {"dbname": entry["NAME"], "user": entry.get("USER"), "password": entry.get("PASSWORD")}
    assert {name: read.get(name) for name in given} == given
    assert (read.get("host"), read.get("port")) == (entry.get("HOST"), str(entry["PORT"]) if "PORT" in entry else None)
