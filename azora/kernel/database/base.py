"""The engine named in settings (`ENGINE = "azora.kernel.database"`); Django asks for a module called `base`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base
from psycopg import OperationalError
from psycopg_pool import PoolTimeout


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to PostgreSQL; where settings.CLUSTER is set, the first one of a process starts that cluster.

    So any command of manage.py finds a database, and one that needs none (`--help`) starts none. A cluster that was
    stopped meanwhile is started again once. Raises `ClusterError` with a sentence where it cannot be started.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        cluster = settings.CLUSTER
        if cluster is None:
            return super().get_new_connection(conn_params)
        if self.settings_dict["OPTIONS"].get("pool"):
            # The pool connects in threads of its own and would only say that it waited in vain.
            cluster.start()
        try:
            return super().get_new_connection(conn_params)
        except (OperationalError, PoolTimeout):
            if cluster.status().running:
                raise
            cluster.start()
            return super().get_new_connection(conn_params)
