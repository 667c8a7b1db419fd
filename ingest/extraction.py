"""One upstream from its repository to its folder of extracts: fetched, read, rendered, written.

Knows no database of ours, so that it can run in a process of its own (see :mod:`ingest.processes`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from azora.kernel.postgres.errors import ClusterError
from ingest import ir, pipeline
from ingest.catalog import dump
from ingest.checkout import Checkout, CheckoutError, NotFetched, Skipped, Source, Stage, fetch
from ingest.checkout.export import export
from ingest.declarations import Declaration
from ingest.rendering import postgresql, prisma
from ingest.tree import Unreadable


class Step(StrEnum):
    """What follows the steps of a checkout (see :class:`ingest.checkout.Stage`)."""

    READING = "reading the schema"
    WRITING = "writing the extracts"


#: Told of each step, with how much of it is done, and of how much (None: not known).
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An upstream to extract. `unreachable` names the host of its source where that is known not to answer: only what
    was fetched before counts then, as with `offline`."""

    declaration: Declaration
    source: Source
    checkout: Path
    extract: Path
    offline: bool = False
    unreachable: str | None = None

    @property
    def name(self) -> str:
        return self.declaration.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What came of an order. `files` is how many files were read, `bytes` what the checkout holds on disk, `fetched`
    what this run added to it, `skipped` what is not among the files although a path of the commit asks for it."""

    catalog: ir.Catalog
    files: int
    bytes: int
    fetched: int
    seconds: float
    skipped: tuple[Skipped, ...]


class ExtractionFailed(Exception):
    """The upstream could not be extracted; the message is a sentence: what, where, how to mend."""


def extract(order: Order, progress: Progress) -> Extraction:
    """Fetch what the declaration asks for, read it, and replace the folder of extracts as a whole.

    Raises :class:`ExtractionFailed`; in that case the folder of extracts is what it was.
    """
    started = time.perf_counter()
    try:
        with fetch(
            order.source,
            order.checkout,
            pipeline.patterns(order.declaration),
            offline=order.offline or order.unreachable is not None,
            progress=lambda stage, done, total: progress(_told(stage), done, total),
        ) as checkout:
            progress(Step.READING, 0, None)
            catalog = pipeline.read_upstream(
                order.declaration,
                checkout.tree,
                repository=_repository(order.declaration, checkout.commit),
                commit=checkout.commit,
            )
            progress(Step.WRITING, 0, None)
            clashes = _write(order.extract, catalog, checkout)
            return Extraction(
                catalog=catalog,
                files=len(checkout.files),
                bytes=checkout.bytes,
                fetched=checkout.fetched_bytes,
                seconds=time.perf_counter() - started,
                skipped=(*checkout.skipped, *clashes),
            )
    except NotFetched as error:
        if order.unreachable is None:
            raise ExtractionFailed(str(error)) from None
        raise ExtractionFailed(
            f"{order.source}: {order.unreachable} cannot be reached, and not all of it was fetched before; "
            "check the network, or read from a mirror (--source, --mirror)."
        ) from None
    except (CheckoutError, pipeline.MissingPath, Unreadable, ClusterError) as error:
        raise ExtractionFailed(str(error).removeprefix(f"{order.name}: ")) from None


def _told(stage: Stage) -> str:
    return stage.value


def _repository(declaration: Declaration, commit: str) -> str:
    """The repository that a commit is of: a mirror counts as what it mirrors, and the commit that the committed
    catalog was read from as the repository it was read from."""
    read_from = declaration.read_from
    return read_from.repository if commit == read_from.commit else declaration.repository


def _write(folder: Path, catalog: ir.Catalog, checkout: Checkout) -> tuple[Skipped, ...]:
    """`files/`, `catalog.json`, `schema.sql` and `schema.prisma`, all of them or none."""
    texts = {
        "catalog.json": dump(catalog),
        "schema.sql": postgresql.render(catalog).text,
        "schema.prisma": prisma.render(catalog).text,
    }

    def content(path: str) -> bytes:
        return texts[path].encode() if path in texts else checkout.tree.content(path.removeprefix("files/"))

    return export(folder, [*texts, *(f"files/{path}" for path in checkout.files)], content)
