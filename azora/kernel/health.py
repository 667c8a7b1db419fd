"""`/healthz`: is the platform alive, its database there, its schema up to date, its worker at work?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from procrastinate.contrib.django.models import ProcrastinateWorker

from azora.kernel.postgres.errors import ClusterError

#: A worker beats every 10 seconds; after three missed beats it counts as gone.
WORKER_SILENT_AFTER = timedelta(seconds=30)

_migrated_to: dict[str, int] = {}


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while requests can be served, 503 when not; a missing worker is told as `missing` and leaves it at 200."""
    state = health()
    healthy = state["database"] == "ok" and state["migrations"] == "ok"
    return JsonResponse(state, status=200 if healthy else 503)


def health() -> dict[str, Any]:
    """`live` always; `database` ok or unreachable; `migrations` ok or pending; `worker` ok or missing.

    What cannot be known without a database is `unknown`.
    """
    state = {"live": "ok", "database": "unreachable", "migrations": "unknown", "worker": "unknown"}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        state["database"] = "ok"
        state["migrations"] = "ok" if not pending_migrations() else "pending"
        if state["migrations"] == "ok":
            state["worker"] = "ok" if worker_is_alive() else "missing"
    except (DatabaseError, InterfaceError, ClusterError):
        connection.close()
    return state


def pending_migrations() -> int:
    """How many migrations are still to be applied. Once none is, this process's code can need no more: remembered."""
    database = str(connection.settings_dict["NAME"])
    if _migrated_to.get(database) != 0:
        executor = MigrationExecutor(connection)
        _migrated_to[database] = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    return _migrated_to[database]


def worker_is_alive() -> bool:
    """Whether a worker of the job queue has given a sign of life lately."""
    return ProcrastinateWorker.objects.filter(last_heartbeat__gt=timezone.now() - WORKER_SILENT_AFTER).exists()
