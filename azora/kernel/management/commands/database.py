"""`manage.py database`: the project's own PostgreSQL cluster, or what DATABASE_URL names instead."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection
from django.db.backends.postgresql.client import DatabaseClient

from azora.kernel.postgres import binaries
from azora.kernel.postgres.cluster import Cluster
from azora.kernel.postgres.errors import ClusterError

STOPPED = 3
"""Exit code of `status` where no server answers, as init scripts have it."""


KEYS = ("USER", "PASSWORD", "HOST", "PORT")


class Command(BaseCommand):
    help = (
        "The project's own PostgreSQL cluster under var/pg: start, stop or look at it. Every other command starts it "
        "when it needs it. Where DATABASE_URL names a server, that one is looked at; it is never started or stopped."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="start|stop|status|url|shell")
        actions.add_parser("start", help="make the cluster where there is none, and start it where it does not run")
        stop = actions.add_parser("stop", help="end all connections and stop the cluster; nothing is lost")
        stop.add_argument(
            "--if-unused", action="store_true", help="leave it running (exit code 1) while somebody is connected"
        )
        actions.add_parser("status", help=f"what runs and where; exit code 0 when it runs, {STOPPED} when it does not")
        actions.add_parser("url", help="its URL for psql and other programs, with the password where there is one")
        shell = actions.add_parser(
            "shell", help="psql in the database; what follows -- is psql's: shell -- -c 'select 1'"
        )
        shell.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="for psql; write -- before the first")

    def handle(self, *args: Any, **options: Any) -> None:
        action = options["action"]
        try:
            if action == "start":
                self.start(self.own_cluster(action))
            elif action == "stop":
                self.stop(self.own_cluster(action), only_if_unused=options["if_unused"])
            elif action == "status":
                self.status()
            elif action == "url":
                self.stdout.write(self.url())
            else:
                shell(options["arguments"])
        except ClusterError as error:
            raise CommandError(str(error)) from None

    def own_cluster(self, action: str) -> Cluster:
        """The project's own cluster. Raises CommandError where DATABASE_URL names a server instead."""
        cluster: Cluster | None = settings.CLUSTER
        if cluster is None:
            raise CommandError(
                f"DATABASE_URL names the database, so there is no cluster of the project's own to {action}: {action} "
                "that server with its own tools, or unset DATABASE_URL."
            )
        return cluster

    def start(self, cluster: Cluster) -> None:
        was_running = cluster.status().running
        cluster.start()
        status = cluster.status()
        how = "runs already" if was_running else "started"
        self.stdout.write(f"PostgreSQL {status.version} in {status.home} {how} (process {status.pid}).")

    def stop(self, cluster: Cluster, *, only_if_unused: bool) -> None:
        was_running = cluster.status().running
        if not cluster.stop(only_if_unused=only_if_unused):
            raise CommandError(f"The cluster in {cluster.home} is in use and was left running.")
        how = "stopped" if was_running else "was not running"
        self.stdout.write(f"The cluster in {cluster.home} {how}.")

    def url(self) -> str:
        cluster: Cluster | None = settings.CLUSTER
        return url_of(settings.DATABASES["default"]) if cluster is None else cluster.url()

    def status(self) -> None:
        """Say what runs and where. Raises SystemExit(3) where nothing answers."""
        cluster: Cluster | None = settings.CLUSTER
        if cluster is None:
            try:
                connection.ensure_connection()
            except OperationalError as error:
                reason = " ".join(str(error).split())
                self.stdout.write(f"stopped: the server named by DATABASE_URL does not answer: {reason}")
                raise SystemExit(STOPPED) from None
            version = connection.get_database_version()[0]
            self.stdout.write(f"running: PostgreSQL {version}, the server named by DATABASE_URL")
            return
        status = cluster.status()
        version_text = f"PostgreSQL {status.version}" if status.version else "no cluster yet"
        process = f", process {status.pid}" if status.running else ""
        lines = [f"{'running' if status.running else 'stopped'}: {version_text}{process}"]
        lines += [f"folder:  {status.home}", f"socket:  {status.socket_folder}"]
        if status.lasting:
            lines.append(
                "The folder is outside the project, which the account that PostgreSQL runs as cannot enter "
                "(recorded in var/pg.location)."
            )
        self.stdout.write("\n".join(lines))
        if not status.running:
            raise SystemExit(STOPPED)


def url_of(database: Mapping[str, Any]) -> str:
    """The libpq URL of an entry of settings.DATABASES."""
    user, password, host, port = (quote(str(database.get(key) or ""), safe="") for key in KEYS)
    account = f"{user}{f':{password}' if password else ''}@" if user else ""
    options = {name: value for name, value in database.get("OPTIONS", {}).items() if isinstance(value, str)}
    if database.get("HOST", "").startswith("/"):  # A socket's folder, which only fits into the query.
        options = {"host": database["HOST"], **({"port": port} if port else {}), **options}
        place = ""
    else:
        host = f"[{database['HOST']}]" if ":" in database.get("HOST", "") else host
        place = f"{host}:{port}" if port else host
    query = f"?{urlencode(options, quote_via=quote)}" if options else ""
    return f"postgresql://{account}{place}/{quote(str(database['NAME']), safe='')}{query}"


def shell(arguments: list[str]) -> None:
    """Become psql in the database; the project's own cluster is started first.

    Raises CommandError where there is no psql, ClusterError where the cluster cannot be started.
    """
    cluster: Cluster | None = settings.CLUSTER
    if cluster is not None:
        cluster.start()
    beside = binaries.find().program("psql") if cluster is not None else None
    program = str(beside) if beside is not None and os.access(beside, os.X_OK) else shutil.which("psql")
    if program is None:
        raise CommandError(
            f"There is no psql beside the server's programs and none on PATH: install a PostgreSQL client, or name the "
            f"folder of a whole PostgreSQL in {binaries.VARIABLE}."
        )
    database = settings.DATABASES["default"]
    command, extra = DatabaseClient.settings_to_cmd_args_env(database, arguments)
    sys.stdout.flush()
    os.execve(program, command, {**os.environ, **(extra or {})})  # noqa: S606 - no shell is wanted
