"""What the commands of the catalog have in common: they ask for the database, and say trouble in a sentence."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from azora.kernel.postgres.errors import ClusterError
from ingest import declarations
from ingest.cloning import declarations_folder
from ingest.declarations import Declaration, DeclarationError, UnknownUpstream

USAGE, FAILURE, INTERRUPTED = 2, 1, 130


class CatalogCommand(BaseCommand):
    """A command on the upstreams. Exit codes: 0 all that was asked succeeded, 1 something did not, 2 it was asked
    wrongly and nothing was done, 130 it was interrupted."""

    #: What stands under the options in `--help`: examples, and what they do.
    examples = ""

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        return super().create_parser(
            prog_name,
            subcommand,
            epilog=self.examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **options,
        )

    def execute(self, *arguments: Any, **options: Any) -> str | None:
        try:
            return super().execute(*arguments, **options)
        except KeyboardInterrupt:
            raise CommandError("Interrupted; what was stored stays.", returncode=INTERRUPTED) from None
        except ClusterError as error:
            raise CommandError(str(error)) from None
        except DeclarationError as error:
            raise CommandError(f"{error}. Nothing was done.") from None

    def require_database(self) -> None:
        """Raise a sentence where the database does not answer or lacks our tables, before any work is done."""
        try:
            connection.ensure_connection()
            executor = MigrationExecutor(connection)
        except DatabaseError as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise CommandError(f"The database does not answer ({reason}): check DATABASE_URL.") from None
        wanted = [node for node in executor.loader.graph.leaf_nodes() if node[0] == "ingest"]
        if executor.migration_plan(wanted):
            raise CommandError("The database lacks the catalog's tables: run `manage.py migrate`.")

    def declared(self, names: Sequence[str]) -> list[Declaration]:
        """The declarations of these names, in this order and each once; all, where none is named."""
        folder = declarations_folder()
        try:
            wanted = [declarations.load(name, folder) for name in dict.fromkeys(names)]
        except UnknownUpstream as error:
            raise CommandError(f"{str(error)[:1].upper()}{str(error)[1:]}", returncode=USAGE) from None
        return wanted or list(declarations.load_all(folder))
