"""`manage.py load_catalogs`: the catalogs that are committed with Azora, into the database."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.management.base import CommandError, CommandParser

from azora.kernel.errors import Refusal
from ingest.catalog import CatalogFormatError, load
from ingest.declarations import Declaration
from ingest.management.command import CatalogCommand
from ingest.models import Snapshot
from ingest.operations import declare_upstream, store_snapshot


class Command(CatalogCommand):
    help = "Store the catalogs that are committed with Azora; needs no network, and a second run changes nothing."
    examples = """\
A committed catalog is an upstream's current one until the upstream is read from a repository (clone_schemas, or
the worker); from then on, the last one read from a repository is.
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="upstreams to load; all of them by default")

    def handle(self, *_: Any, **options: Any) -> None:
        wanted = self.declared(options["names"])
        self.require_database()
        known = set(Snapshot.objects.values_list("pk", flat=True))
        loaded = [(declaration.name, self._load(declaration)) for declaration in wanted]
        stored = [snapshot for _, snapshot in loaded if snapshot is not None]
        new = [snapshot.upstream.name for snapshot in stored if snapshot.pk not in known]
        tables, columns = (sum(getattr(row, name) for row in stored) for name in ("table_count", "column_count"))
        said = f"{len(stored)} upstreams, {tables:,} tables, {columns:,} columns"
        self.stdout.write(f"{said}; {'new: ' + ', '.join(new) if new else 'nothing new'}")
        for name in (name for name, snapshot in loaded if snapshot is None):
            self.stdout.write(f"{name}: no catalog is committed yet")

    def _load(self, declaration: Declaration) -> Snapshot | None:
        upstream = declare_upstream(declaration=declaration)
        try:
            content = declaration.catalog_file.read_bytes()
        except FileNotFoundError:
            return None
        # A committed catalog is canonical, so its bytes are what its content hash is made from.
        known = upstream.snapshots.filter(content_hash=hashlib.sha256(content).hexdigest()).first()
        try:
            return known or store_snapshot(catalog=load(content.decode()))
        except (UnicodeDecodeError, CatalogFormatError, Refusal) as error:
            raise CommandError(f"{declaration.catalog_file}: {error}; restore the file.") from None
