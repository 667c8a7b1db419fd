"""`make run` behind its first step: from a database to a served platform."""

from __future__ import annotations

import io
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from azora import serving
from azora.first_rows import make_administrator, make_demo
from azora.kernel.errors import Refusal
from azora.kernel.postgres.errors import ClusterError
from ingest.jobs import queue_reading


class Command(BaseCommand):
    help = (
        "Serve the platform on this machine: start the database, migrate, load the committed catalogs, make a small "
        "demo organization and an administrator, then serve HTTP and run the background jobs until Ctrl-C. Each step "
        "is skipped when it was done before. `make run` calls this after installing the dependencies."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=int, help="port on 127.0.0.1 (default: 8000, or a free one where it is taken)"
        )
        parser.add_argument("--setup-only", action="store_true", help="stop after the migrations")
        parser.add_argument("--offline", action="store_true", help="read no upstream from its repository")
        parser.add_argument(
            "--state",
            type=Path,
            default=settings.BASE_DIR / "var",
            help="folder of logs and of the administrator's password",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = False
        try:
            started = self.start_database()
            self.migrate()
            if options["setup_only"]:
                return
            self.serve(serving.choose_port(options["port"]), options["state"], offline=options["offline"])
        except (ClusterError, Refusal, serving.ServingError) as error:
            raise CommandError(str(error)) from None
        except OperationalError as error:
            raise CommandError(f"The database cannot be reached: {str(error).strip()}") from None
        finally:
            connection.close()
            if started and not options["setup_only"] and settings.CLUSTER.stop(only_if_unused=True):  # type: ignore[union-attr]
                self.stdout.write("The database is stopped.")

    def step(self, number: int, text: str) -> None:
        self.stdout.write(f"{number}/6 {text}")
        self.stdout.flush()

    def start_database(self) -> bool:
        """Returns whether the project's own cluster was started here, and so is to be stopped at the end."""
        cluster = settings.CLUSTER
        if cluster is None:
            connection.ensure_connection()
            version = connection.get_database_version()[0]
            self.step(2, f"Database: PostgreSQL {version}, the server named by DATABASE_URL")
            return False
        was_running = cluster.status().running
        cluster.start()
        status = cluster.status()
        state = "already running" if was_running else "started"
        self.step(2, f"Database: PostgreSQL {status.version} in {status.home}, {state}")
        return not was_running

    def migrate(self) -> None:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            call_command("migrate", interactive=False, verbosity=0)
        self.step(3, f"Migrations: {len(plan)} applied" if plan else "Migrations: up to date")

    def load_catalogs(self) -> None:
        output = io.StringIO()
        call_command("load_catalogs", stdout=output)
        self.step(4, f"Catalogs: {output.getvalue().strip()}")

    def make_rows(self, state: Path) -> None:
        if os.environ.get("DEMO", "1") == "0":
            self.step(5, "Demo organization: left out (DEMO=0)")
        else:
            self.step(5, f"Demo organization: {make_demo()}")
        self.stdout.write(f"    Administrator: {make_administrator(state / 'administrator')}")

    def serve(self, port: int, state: Path, *, offline: bool) -> None:
        """Start the processes first: they take longest, and the catalogs and rows are made meanwhile."""
        serving.collect_static()

        def make_content() -> None:
            self.load_catalogs()
            self.make_rows(state)
            self.step(6, "Serving: web server and worker are starting")

        def say_where() -> None:
            base = f"http://{serving.HOST}:{port}"
            reading = "The catalogs are not read anew (--offline)." if offline else queue_reading()
            self.stdout.write(
                f"    {base}/admin/      browse (log in as the administrator above)\n"
                f"    {base}/api/docs/   the REST endpoints under /api/v1/\n"
                f"    {base}/healthz     health; logs are in {state / 'log'}\n"
                f"    {reading}\n"
                "    Ctrl-C stops all of it."
            )
            self.stdout.flush()

        serving.serve(port=port, logs=state / "log", meanwhile=make_content, ready=say_where)
        self.stdout.write("\nStopped.")
