"""Background work of the kernel, done by the worker (`manage.py run_jobs`)."""

from __future__ import annotations

import logging

from procrastinate.contrib.django import app

from azora.kernel.rest.idempotency import delete_expired

_logger = logging.getLogger("azora.kernel")


@app.periodic(cron="17 3 * * *")
@app.task(name="kernel.delete_expired_answers", queueing_lock="kernel.delete_expired_answers")
def delete_expired_answers(timestamp: int) -> None:
    """Once a day: delete the answers that were kept for repeated requests and are of use no more."""
    _logger.info("answers that expired were deleted", extra={"facts": {"count": delete_expired()}})
