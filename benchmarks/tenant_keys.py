"""What holding a reference to one tenant costs: a plain foreign key, the composite one instead of it, or both.

Rows are inserted into three tables that differ in their keys only, in turns, in one run.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from azora.kernel.postgres.sandbox import shared_sandbox

ROWS, PARENTS, ROUNDS = 100_000, 1_000, 5

KEYS = {
    "plain key": ["FOREIGN KEY (parent_id) REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED"],
    "composite key instead": [
        "FOREIGN KEY (organization_id, parent_id) REFERENCES parent (organization_id, id) DEFERRABLE INITIALLY DEFERRED"
    ],
}
KEYS["both keys"] = [*KEYS["plain key"], *KEYS["composite key instead"]]


@contextmanager
def scratch() -> Iterator[psycopg.Connection]:
    """A connection to an empty database of a throw-away cluster."""
    with shared_sandbox().database() as database:
        server = shared_sandbox().server
        with psycopg.connect(server.conninfo(database.name, database.name), autocommit=True) as connection:
            yield connection


def load(connection: psycopg.Connection, keys: list[str]) -> float:
    """Seconds to load ROWS rows and commit."""
    connection.execute("DROP TABLE IF EXISTS child")
    columns = "id uuid PRIMARY KEY, organization_id uuid NOT NULL, parent_id uuid NOT NULL"
    connection.execute(f"CREATE TABLE child ({', '.join([columns, *keys])})")
    started = time.perf_counter()
    connection.execute(
        "INSERT INTO child SELECT gen_random_uuid(), organization_id, id"
        f" FROM parent CROSS JOIN generate_series(1, {ROWS // PARENTS})"
    )
    return time.perf_counter() - started


def main() -> None:
    """Print the medians, as ratios to the plain key."""
    with scratch() as connection:
        connection.execute(
            "CREATE TABLE parent (id uuid PRIMARY KEY, organization_id uuid NOT NULL, UNIQUE (organization_id, id))"
        )
        connection.execute(
            f"INSERT INTO parent SELECT gen_random_uuid(), gen_random_uuid() FROM generate_series(1, {PARENTS})"
        )
        connection.execute("ANALYZE parent")
        seconds: dict[str, list[float]] = {name: [] for name in KEYS}
        for _ in range(ROUNDS):
            for name, keys in KEYS.items():
                seconds[name].append(load(connection, keys))
    plain = statistics.median(seconds["plain key"])
    for name, times in seconds.items():
        median = statistics.median(times)
        print(f"{name:22} {median / plain:5.2f}   ({ROWS / median:,.0f} rows/s)")


if __name__ == "__main__":
    main()
