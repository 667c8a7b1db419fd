"""`manage.py summarize_schemas`: what the stored catalogs hold."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from ingest import summary
from ingest.management.command import USAGE, CatalogCommand
from ingest.models import Upstream
from ingest.spelling import did_you_mean


class Command(CatalogCommand):
    help = "Show what the stored catalogs hold, from the database alone."
    examples = """\
examples:
  manage.py summarize_schemas                          a row an upstream, and the totals
  manage.py summarize_schemas moodle kratos            only these
  manage.py summarize_schemas --format markdown > schemas.md
  manage.py summarize_schemas --format json | jq .totals.columns
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="upstreams to show; all of them by default")
        parser.add_argument("--format", choices=sorted(summary.FORMATS), default="table", help="table by default")

    def handle(self, *_: Any, **options: Any) -> None:
        self.require_database()
        names = list(dict.fromkeys(options["names"]))
        known = set(Upstream.objects.values_list("name", flat=True))
        declared = set(known) | {declaration.name for declaration in self.declared([])}
        for name in names:
            if name not in declared:
                hint = did_you_mean(name, declared)
                raise CommandError(f"No upstream {name!r}{hint}", returncode=USAGE)
        rows = summary.stored_rows(names)
        missing = [name for name in names if name not in {row.upstream for row in rows}]
        if missing or not rows:
            what = ", ".join(missing) or "any upstream"
            raise CommandError(
                f"No catalog of {what} is stored: run `manage.py load_catalogs` or `manage.py clone_schemas`."
            )
        self.stdout.write(summary.FORMATS[options["format"]](rows))
