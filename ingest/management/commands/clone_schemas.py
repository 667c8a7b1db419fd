"""`manage.py clone_schemas`: upstreams read from their repositories into the database and a folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from ingest import cloning, summary
from ingest.checkout import CheckoutError, Source
from ingest.cloning import Result
from ingest.declarations import Declaration
from ingest.extraction import Order
from ingest.management.command import USAGE, CatalogCommand
from ingest.management.watching import Bars, Lines, Watcher
from ingest.operations import Measurement

#: Upstreams read at once by default: each takes up to 75 MB beside the 100 MB of the command itself.
JOBS = min(2, os.cpu_count() or 1)
#: Files of a commit that are not given are told by name up to this many.
SKIPPED_SHOWN = 3


class Command(CatalogCommand):
    help = (
        "Read upstreams from their git repositories: only the files of their schemas are fetched, into "
        "database-schemas/NAME/; extracted-schemas/NAME/ gets them as files, with catalog.json, schema.sql "
        "(PostgreSQL) and schema.prisma; the catalog is stored in the database."
    )
    examples = """\
examples:
  manage.py clone_schemas                            all upstreams, from their own repositories at their pins
  manage.py clone_schemas moodle kratos              only these
  manage.py clone_schemas --latest kratos            its default branch instead of the pin
  manage.py clone_schemas --source fider=../fider    a repository on this machine, at its HEAD
  manage.py clone_schemas --source fider=https://git.example.org/fider.git@v1.2
  manage.py clone_schemas --mirror 'https://git.example.org/{owner}/{name}.git'
  manage.py clone_schemas --offline                  what was fetched before is read again

Without NAME the upstreams that --source names are read; without either, or with --mirror, all of them. REF is a
branch, a tag, a full ref or a commit (abbreviated to 7 digits or more); what is not named so is read at the declared
pin, a --source without @REF at its HEAD.

exit codes: 0 all that was asked succeeded; 1 an upstream failed (the others were stored); 2 wrongly asked, nothing
was done; 130 interrupted (the next run goes on from there).
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="upstreams to read")
        parser.add_argument(
            "--source",
            action="append",
            default=[],
            metavar="NAME=WHERE[@REF]",
            help="read NAME from this URL or path, bare or not; may be given for several",
        )
        parser.add_argument(
            "--mirror", metavar="TEMPLATE", help="read all from a mirror: a URL or path with {owner} and {name} in it"
        )
        parser.add_argument("--latest", action="store_true", help="the default branch instead of the declared pin")
        parser.add_argument("--offline", action="store_true", help="ask no repository: only what was fetched before")
        parser.add_argument(
            "--format", choices=sorted(summary.FORMATS), default="table", help="of the summary; table by default"
        )
        parser.add_argument("--jobs", type=int, default=JOBS, metavar="N", help="upstreams at once (%(default)s)")

    def handle(self, *_: Any, **options: Any) -> None:
        orders = self._orders(options)
        self.require_database()
        results = []
        with (
            self._watcher(orders) as watcher,
            closing(
                cloning.clone(orders, jobs=options["jobs"], watch=watcher.advanced, absent=watcher.absent)
            ) as cloned,
        ):
            for result in cloned:
                watcher.ended(result)
                results.append(result)
        by_name = {result.name: result for result in results}
        self._report([by_name[order.name] for order in orders], options["format"])

    def _orders(self, options: Mapping[str, Any]) -> list[Order]:
        try:
            if options["jobs"] < 1:
                raise CommandError("--jobs must be 1 or more.", returncode=USAGE)
            sources = self._sources(options["source"])
            return cloning.orders(
                self._wanted(options["names"], sources, options["mirror"]),
                checkouts=Path(settings.CHECKOUTS_DIR),
                extracts=Path(settings.EXTRACTS_DIR),
                sources=sources,
                mirror=options["mirror"],
                latest=options["latest"],
                offline=options["offline"],
            )
        except CheckoutError as error:
            raise CommandError(str(error), returncode=USAGE) from None

    def _sources(self, given: list[str]) -> dict[str, Source]:
        sources: dict[str, Source] = {}
        for text in given:
            name, source = Source.parse(text)
            if name in sources:
                raise CommandError(f"--source names {name} twice.", returncode=USAGE)
            sources[name] = source
        return sources

    def _wanted(self, names: list[str], sources: Mapping[str, Source], mirror: str | None) -> list[Declaration]:
        self.declared(list(sources))
        spare = sorted(set(sources) - set(names)) if names else []
        if spare:
            raise CommandError(f"--source is given for {', '.join(spare)}, which is not asked for.", returncode=USAGE)
        return self.declared(names or ([] if mirror else list(sources)))

    def _watcher(self, orders: list[Order]) -> Watcher:
        if self.stderr.isatty():
            return Bars([order.name for order in orders])
        return Lines(self.stderr.write)

    def _report(self, results: list[Result], form: str) -> None:
        rows = []
        for result in results:
            if result.snapshot is not None and result.extraction is not None:
                took = result.extraction
                measured = Measurement(files=took.files, bytes=took.bytes, seconds=took.seconds)
                rows.append(summary.row_of(result.snapshot, result.snapshot.upstream, measured))
        if rows:
            self.stdout.write(summary.FORMATS[form](rows))
        for result in results:
            for skipped in result.extraction.skipped[:SKIPPED_SHOWN] if result.extraction else ():
                self.stderr.write(f"{result.name}: {skipped.path} is left out: {skipped.reason}")
            more = len(result.extraction.skipped) - SKIPPED_SHOWN if result.extraction else 0
            if more > 0:
                self.stderr.write(f"{result.name}: and {more} more files are left out")
        failed = [result for result in results if result.failure]
        for result in failed:
            self.stderr.write(f"{result.name}: {result.failure}")
        if failed:
            raise CommandError(f"{len(failed)} of {len(results)} upstreams failed; what was stored before stays.")
