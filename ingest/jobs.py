"""Background work of the catalog, done by the worker (`manage.py run_jobs`)."""

from __future__ import annotations

import logging
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import transaction
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued, JobAborted

from ingest import cloning, declarations
from ingest.processes import Stopped

_logger = logging.getLogger("azora.ingest")

#: Upstreams read at once by the worker, which shares the machine with the web server.
JOBS = 2


@app.task(name="ingest.read_upstreams", queueing_lock="read_upstreams", lock="read_upstreams", pass_context=True)
def read_upstreams(context: JobContext) -> None:
    """Read all declared upstreams from their repositories into the database, as far as the network allows.

    One job for all of them, so that a network that is absent is noticed once. What became of each is kept with the
    upstream (`attempted_at`, `attempt_error`) and shown by the admin and by `summarize_schemas`.
    """
    orders = cloning.orders(
        declarations.load_all(cloning.declarations_folder()),
        checkouts=Path(settings.CHECKOUTS_DIR),
        extracts=Path(settings.EXTRACTS_DIR),
    )
    read: list[str] = []
    failed: list[str] = []
    try:
        with closing(cloning.clone(orders, jobs=JOBS, absent=_log_absence, stopped=context.should_abort)) as cloned:
            for result in cloned:
                (failed if result.failure else read).append(result.name)
    except Stopped:
        _logger.info("reading upstreams was stopped", extra={"facts": {"read": read, "failed": failed}})
        raise JobAborted from None
    _logger.info("upstreams were read", extra={"facts": {"read": read, "failed": failed}})


def queue_reading() -> str:
    """Queue the reading of all upstreams, unless it waits in the queue already; says which, in a sentence."""
    try:
        with transaction.atomic():
            read_upstreams.defer()
    except AlreadyEnqueued:
        return "Reading the catalogs from their repositories waits in the queue already."
    return "The worker reads the catalogs from their repositories now, as far as the network allows."


def _log_absence(host: str) -> None:
    _logger.warning(
        "a host cannot be reached: only what was fetched from it before is read", extra={"facts": {"host": host}}
    )
