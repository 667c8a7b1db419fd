"""The worker: `manage.py run_jobs`."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection
from procrastinate.contrib.django import app

#: How long jobs may go on after a signal; then they are asked to stop, and taken up again by the next worker.
GRACE_SECONDS = 10


class Command(BaseCommand):
    help = (
        "Run the background jobs: reading upstreams, and whatever else the platform defers. The queue lives in "
        "PostgreSQL; several workers share it. Ctrl-C or SIGTERM ends the worker after the jobs that it is at."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2, help="jobs at once in this worker (default: 2)")
        parser.add_argument("--once", action="store_true", help="do the jobs that wait now, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        connection.ensure_connection()
        with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
            asyncio.run(work(concurrency=options["concurrency"], once=options["once"]))


async def work(*, concurrency: int, once: bool) -> None:
    """Work until a signal ends it, or (`once`) until no job waits. Jobs of a worker that died are taken up again."""
    async with app.open_async():
        for job in await app.job_manager.get_stalled_jobs():
            await app.job_manager.retry_job(job)
        # With `once` the worker shuts down when the queue is empty; the jobs that it is at may take their time.
        if once:
            await app.run_worker_async(concurrency=concurrency, wait=False, delete_jobs="never")
        else:
            await app.run_worker_async(
                concurrency=concurrency, delete_jobs="never", shutdown_graceful_timeout=GRACE_SECONDS
            )
