"""One PostgreSQL server over one data folder: make the folder, start, answer, stop. Used by cluster and sandbox.

The server is started by itself rather than through `pg_ctl`: that program passes folder names through a shell, and
trusts process numbers that a crash leaves behind.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from azora.kernel.postgres.account import Account
from azora.kernel.postgres.binaries import Binaries
from azora.kernel.postgres.errors import ClusterError

PORT = 5432
"""The number in the socket's file name; no port is listened on."""

SUPERUSER = "azora"
START_SECONDS = 60
STOP_SECONDS = 60
PAUSE_SECONDS = 0.02

DETACH = '"$@" </dev/null >&2 & echo $!'
"""Shell text that leaves a program running by itself and prints its process number."""

LOCALE_FAILURE = "invalid locale name"
MOMENTARY_FAILURES = ("shared memory block", "lock file")
"""Words in the log of a server that came too soon after a crash, while processes of the last one were ending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A data folder, the folder of its socket, its log, the programs and the account that serve it."""

    data: Path
    socket_folder: Path
    log: Path
    binaries: Binaries
    account: Account

    def initialize(self, *, settings: Mapping[str, str], options: Sequence[str] = ()) -> None:
        """Fill the data folder (UTF-8, C.UTF-8 where there is one) so that it is whole or absent after a crash.

        Only local sockets may connect, without a password: the socket's folder is the lock.
        Raises ClusterError with the reason of initdb.
        """
        unfinished = self.data.with_name(f"{self.data.name}.new")
        failure = ""
        for locale in ("C.UTF-8", "C"):
            shutil.rmtree(unfinished, ignore_errors=True)
            done = self._initdb(unfinished, locale, options)
            if done.returncode == 0:
                break
            failure = done.stderr
            if LOCALE_FAILURE not in failure:
                raise ClusterError(explain(f"PostgreSQL could not make its data folder {self.data}", failure))
        else:
            raise ClusterError(explain(f"PostgreSQL could not make its data folder {self.data}", failure))
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.writelines(["\n# What the project sets.\n", *lines])
        (unfinished / "pg_hba.conf").write_text("local all all trust\n", encoding="utf-8")
        unfinished.rename(self.data)

    def _initdb(self, folder: Path, locale: str, options: Sequence[str]) -> subprocess.CompletedProcess[str]:
        command: list[str | Path] = [self.binaries.program("initdb"), "-D", folder, f"--username={SUPERUSER}"]
        command += ["--auth=trust", "--encoding=UTF8", f"--locale={locale}", "--no-instructions", *options]
        if self.binaries.version >= 17:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=environment(),
            **self.account.process_options(),
        )

    def start(self) -> int:
        """Start the server and wait until it answers; its process number. Call only where none runs.

        It goes on by itself when this process or its terminal ends. Crash recovery is waited for as long as it lasts.
        Raises ClusterError with the last relevant line of the log.
        """
        deadline = time.monotonic() + START_SECONDS
        while True:
            self._clear_leftovers()
            offset = self.log.stat().st_size if self.log.exists() else 0
            pid = self._launch()
            if self.comes_up(pid):
                return pid
            words = self._log_from(offset)
            if time.monotonic() > deadline or not any(word in words for word in MOMENTARY_FAILURES):
                raise ClusterError(explain(f"PostgreSQL did not start in {self.data}", words, self.log))
            time.sleep(PAUSE_SECONDS * 10)

    def _clear_leftovers(self) -> None:
        """Remove what a crashed server left behind and what may keep the next from starting.

        PostgreSQL itself takes any process that has the old number for the old server, a zombie too.
        """
        pid = recorded_pid(self.data)
        if pid is not None and not serves(pid, self.data):
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (self.socket_folder / name).unlink(missing_ok=True)

    def _launch(self) -> int:
        with self.log.open("ab") as log:
            self.account.take(self.log)
            launched = subprocess.run(
                ["/bin/sh", "-c", DETACH, "sh", *self.command()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                check=True,
                cwd="/",
                env=environment(),
                start_new_session=True,
                **self.account.process_options(),
            )
        return int(launched.stdout)

    def command(self) -> list[str]:
        """The program and arguments of the server: local socket only, messages to standard error."""
        folder = str(self.socket_folder).replace('"', '""')
        settings = {
            "unix_socket_directories": f'"{folder}"',
            "unix_socket_permissions": "0700",
            "listen_addresses": "",
            "port": str(PORT),
            "logging_collector": "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(self.binaries.program("postgres")), "-D", str(self.data), *options]

    def comes_up(self, pid: int) -> bool:
        """Wait for an answer; False when the process ended first, or said nothing for too long."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            answer = self.ping()
            if answer == Ping.OK:
                return True
            if process_name(pid) is None:
                return False
            if answer == Ping.REJECT:
                deadline = time.monotonic() + START_SECONDS
            time.sleep(PAUSE_SECONDS)
        return False

    def settle(self) -> Ping:
        """OK when a server answers, NO_RESPONSE when none does; one that is starting or stopping is waited for."""
        while (answer := self.ping()) == Ping.REJECT:
            time.sleep(PAUSE_SECONDS)
        return answer

    def ping(self) -> Ping:
        """Whether some server answers on the socket: OK, REJECT (starting or stopping) or NO_RESPONSE."""
        return Ping(PGconn.ping(self.conninfo("postgres").encode()))

    def conninfo(self, database: str, user: str = SUPERUSER) -> str:
        """A libpq connection string for one database of this server."""
        return conninfo(self.socket_folder, database, user)

    def _log_from(self, offset: int) -> str:
        with self.log.open("rb") as log:
            log.seek(offset)
            return log.read().decode("utf-8", errors="replace")


def stop(data: Path) -> None:
    """End all connections of the server over this data folder, write everything to disk and stop it.

    Nothing to do where no server runs. Raises ClusterError when it does not stop in time.
    """
    pid = recorded_pid(data)
    if pid is None or not serves(pid, data):
        return
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    while serves(pid, data):
        if time.monotonic() > deadline:
            raise ClusterError(
                f"PostgreSQL (process {pid}) over {data} did not stop within {STOP_SECONDS} s: "
                "wait for its connections to end, then stop it again."
            )
        time.sleep(PAUSE_SECONDS)


def recorded_pid(data: Path) -> int | None:
    """The process number that the data folder names: of its server, or of one that crashed."""
    try:
        first = (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").partition("\n")[0]
    except (FileNotFoundError, NotADirectoryError):
        return None
    return int(first) if first.strip().isdigit() else None


def serves(pid: int, data: Path) -> bool:
    """Whether this process is a PostgreSQL server over this data folder."""
    if process_name(pid) != "postgres":
        return False
    if not sys.platform.startswith("linux"):
        return True
    try:
        return Path(f"/proc/{pid}/cwd").samefile(data)
    except PermissionError:  # A container's root may not look into other accounts' processes.
        return True
    except FileNotFoundError:
        return False


def conninfo(socket_folder: Path, database: str, user: str) -> str:
    """A libpq connection string for a database behind the socket in this folder."""
    return make_conninfo(host=str(socket_folder), port=PORT, user=user, dbname=database, connect_timeout=10)


def connect(socket_folder: Path, database: str, user: str = SUPERUSER) -> psycopg.Connection:
    """A connection that commits each statement. Raises psycopg.OperationalError where no server answers."""
    return psycopg.connect(conninfo(socket_folder, database, user), autocommit=True)


def environment() -> dict[str, str]:
    """This process's environment without what would steer PostgreSQL, and with English messages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}


def process_name(pid: int) -> str | None:
    """The name of a process's program; None when the process is gone or dead and not yet reaped."""
    stat = Path(f"/proc/{pid}/stat")
    if sys.platform.startswith("linux"):
        try:
            before, _, after = stat.read_text(errors="replace").rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            return None
        state, name = after.split()[0], before.partition("(")[2]
    else:
        shown = subprocess.run(
            ["ps", "-o", "state=,comm=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        state, _, program = shown.stdout.strip().partition(" ")
        name = Path(program.strip()).name
    return None if not state or state[0] in "ZX" else name


def is_listed(pid: int) -> bool:
    """Whether the system still knows a process: it runs, or is dead and its parent has not taken note."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def explain(what: str, words: str, log: Path | None = None) -> str:
    """One sentence from a program's output: what failed, its last relevant line, and how to mend what is known."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    relevant = [line for line in lines if any(mark in line for mark in ("FATAL", "PANIC", "error:", "could not"))]
    parts = [(relevant or lines or ["it gave no reason"])[-1].rstrip(".")]
    if "No space left on device" in words:
        parts.append("free some disk space (about 200 MB), then start again")
    elif "Read-only file system" in words or "Permission denied" in words:
        parts.append("make the folder writable for the account that runs the server")
    if log is not None:
        parts.append(f"see {log}")
    return f"{what}: {'; '.join(parts)}."
