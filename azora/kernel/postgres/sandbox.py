"""A throw-away cluster in which foreign SQL is run so that PostgreSQL's catalogs can be read afterwards.

The SQL runs as a role that is no superuser and owns nothing but its own empty database, over a connection of its own.
Time and disk are watched from outside, since SQL can lift the limits that SQL knows; memory and file sizes are limited
by the operating system (memory on Linux only). The cluster lives in a temporary folder and ends with its process, also
when that is killed: a small shell waits for the end of a pipe, stops the server and removes the folder.

What a limit does: a statement that takes too long or too much memory is ended with its connection; what it did is
rolled back, and so is an open transaction and what belongs to the session (`SET`, temporary tables); the next statement
gets a new connection. When the time of all statements or the disk is used up, the database takes no more statements and
says so each time; it can still be queried, and other databases of the sandbox are not touched.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, PGconn, Ping
from psycopg.pq import abc as libpq

from azora.kernel.postgres import binaries as programs
from azora.kernel.postgres import location
from azora.kernel.postgres import server as servers
from azora.kernel.postgres.account import Account
from azora.kernel.postgres.binaries import Binaries
from azora.kernel.postgres.errors import ClusterError
from azora.kernel.postgres.server import Server

MIB = 1024 * 1024
SMALLEST_FILE_LIMIT = 64 * MIB
"""Room for the write-ahead log, whose files of 16 MiB the server cannot do without."""

TICK_SECONDS = 0.05
DISK_SECONDS = 0.2
TRIES = 3
GRACE_MILLISECONDS = 2000
PREFIX = "azora-sandbox-"
READER = "reader"
CONNECTION_LOST = "08006"
NO_CHARACTER = "22021"
OUT_OF_MEMORY = "53200"
DISK_FAILURES = frozenset({"53100", "53400"})
"""SQLSTATEs of a full disk and of a temporary file beyond `temp_file_limit`."""

NOT_TEXT = re.compile("[\0\ud800-\udfff]")
FILE_TOO_LARGE = "File too large"

GUARD = """
ulimit -c 0
for limit in "-f $1" "-v $2"; do (ulimit $limit) 2>/dev/null && ulimit $limit; done
folder=$3
shift 3
"$@" </dev/null >&2 &
echo $!
read -r _
kill -QUIT $!
wait
rm -rf "$folder"
"""
"""Shell text: limit files (in 512 bytes) and memory (in KiB) where the system can, run a server, and remove it and its
folder when the pipe to this shell closes."""

SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "64MB",
    "shared_buffers": "16MB",
    "max_connections": "50",
    "max_worker_processes": "2",
    "max_parallel_workers": "0",
    "max_locks_per_transaction": "512",
    "jit": "off",
    "timezone": "UTC",
    "lc_messages": "C",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What foreign SQL may use: seconds of one statement and of all of a database's, bytes of disk and of memory."""

    statement_seconds: float = 10.0
    total_seconds: float = 300.0
    disk_bytes: int = 512 * MIB
    memory_bytes: int = 1024 * MIB


class StatementFailed(Exception):
    """PostgreSQL refused a statement. `sqlstate` is its five-character code, `position` the 1-based character."""

    def __init__(self, message: str, sqlstate: str, position: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.sqlstate = sqlstate
        self.position = position


class SandboxExceeded(Exception):
    """A statement was cut off at a limit (`time`, `disk` or `memory`); `final` when its database takes no more."""

    def __init__(self, message: str, limit: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.limit = limit
        self.final = final


Connected = TypeVar("Connected")


class Sandbox:
    """A throw-away cluster as a context manager; its databases may be used by several threads, one thread each.

    Raises ClusterError on entering where PostgreSQL cannot be run.
    """

    def __init__(self, binaries: Binaries | None = None, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._binaries = binaries
        self._numbers = itertools.count(1)
        self._guard: subprocess.Popen[bytes] | None = None
        self._server: Server | None = None
        self._lock = threading.Lock()
        self._admin: psycopg.Connection | None = None

    def __enter__(self) -> Self:
        account = Account.for_server()
        folder = _temporary_folder(account)
        try:
            binaries = (self._binaries or programs.find()).reachable_by(account, folder)
            for copied in folder.rglob("*"):  # So that the guard, which is the account's, may remove it.
                account.take(copied)
            server = Server(
                data=folder / "data",
                socket_folder=folder,
                log=folder / "server.log",
                binaries=binaries,
                account=account,
            )
            temporary = {"temp_file_limit": f"{self.limits.disk_bytes // 1024}kB"}
            server.initialize(settings={**SETTINGS, **temporary}, options=["--no-sync"])
            self._start(server)
            self._server = server
            self._execute(sql.SQL("create role {} login in role pg_read_all_data").format(sql.Identifier(READER)))
            for database in ("postgres", "template1"):
                self._execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(database)))
        except BaseException as error:
            self.close()
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, OSError):
                raise ClusterError(
                    f"A throw-away PostgreSQL cannot be run in {folder} ({error.strerror}): free disk space, or name "
                    "another temporary folder in TMPDIR."
                ) from error
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the server and remove its folder; nothing to do a second time."""
        if self._admin is not None:
            self._admin.close()
            self._admin = None
        if self._guard is not None:
            self._guard.communicate()
            self._guard = None
        self._server = None

    @property
    def is_running(self) -> bool:
        """Whether the server is there: entered, not closed, and not killed from outside."""
        return self._server is not None and self._server.settle() == Ping.OK

    @property
    def server(self) -> Server:
        """The running server. Raises ClusterError outside the `with` block."""
        if self._server is None:
            raise ClusterError("This sandbox is closed: open another one.")
        return self._server

    @contextlib.contextmanager
    def database(self) -> Iterator[Database]:
        """A fresh, empty database, dropped at the end."""
        name = f"replay_{next(self._numbers)}"
        role = sql.Identifier(name)
        self._execute(sql.SQL("create role {} login").format(role))
        self._execute(sql.SQL("create database {} owner {}").format(role, role))
        self._execute(sql.SQL("revoke all on database {} from public").format(role))
        self._execute(sql.SQL("grant connect on database {} to {}").format(role, sql.Identifier(READER)))
        database = Database(self, name)
        try:
            yield database
        finally:
            database.close()
            if self._server is not None:
                self._execute(sql.SQL("drop database {} with (force)").format(role))
                self._execute(sql.SQL("drop role {}").format(role))

    def end_session(self, pid: int) -> None:
        """End the server process of one connection: asked first, then killed (which restarts the whole server)."""
        [[ended]] = self._execute(sql.SQL("select pg_terminate_backend({}, {})").format(pid, GRACE_MILLISECONDS))
        if not ended and servers.process_name(pid) == "postgres":
            os.kill(pid, signal.SIGKILL)
            while servers.is_listed(pid):
                time.sleep(TICK_SECONDS)

    def reach(self, connect: Callable[[], Connected]) -> Connected:
        """Connect to the server; one that is restarting after a killed process is waited for.

        Raises psycopg.OperationalError.
        """
        for _ in range(TRIES - 1):
            self.server.settle()
            with contextlib.suppress(psycopg.OperationalError):  # The restart began after the server had answered.
                return connect()
        self.server.settle()
        return connect()

    def used_bytes(self) -> int:
        """Bytes on disk of everything in the sandbox's folder."""
        return _size(self.server.socket_folder)

    def _start(self, server: Server) -> None:
        file_blocks = max(self.limits.disk_bytes, SMALLEST_FILE_LIMIT) // 512
        memory_kib = self.limits.memory_bytes // 1024
        arguments = [str(file_blocks), str(memory_kib), str(server.socket_folder), *server.command()]
        with server.log.open("ab") as log:
            server.account.take(server.log)
            self._guard = subprocess.Popen(
                ["/bin/sh", "-c", GUARD, "sh", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd="/",
                env=servers.environment(),
                start_new_session=True,
                **server.account.process_options(),
            )
        output = self._guard.stdout
        pid = int(output.readline()) if output is not None else 0
        if not server.comes_up(pid):
            words = server.log.read_text(encoding="utf-8", errors="replace")
            raise ClusterError(servers.explain("The throw-away PostgreSQL did not start", words))

    def _execute(self, statement: sql.Composed) -> list[tuple[Any, ...]]:
        """Run one statement as the superuser; it never names or touches anything that foreign SQL made."""
        with self._lock:
            if self._admin is not None:
                try:
                    return _rows(self._admin, statement)
                except psycopg.OperationalError:  # A restart after a killed process ended the connection.
                    if not self._admin.closed:
                        raise
            self._admin = self.reach(lambda: servers.connect(self.server.socket_folder, "postgres"))
            return _rows(self._admin, statement)


class Database:
    """One database of a sandbox: `run` foreign SQL in it, `query` its catalogs. Made by `Sandbox.database`."""

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        self.name = name
        self._sandbox = sandbox
        self._session: libpq.PGconn | None = None
        self._reader = self._connect_reader()
        self._spent_seconds = 0.0
        self._base_bytes = sandbox.used_bytes()
        self._disk_checked = time.monotonic()
        self._end: SandboxExceeded | None = None

    def run(self, text: str) -> None:
        """Run SQL text (one statement or several) with autocommit; rows and COPY output are thrown away.

        Raises StatementFailed when PostgreSQL refuses it, and SandboxExceeded when a limit cut it off.
        """
        if self._end is not None:
            raise self._end
        unusable = NOT_TEXT.search(text)
        if unusable is not None:
            raise StatementFailed("the text has a character that no SQL has", NO_CHARACTER, unusable.start() + 1)
        started = time.monotonic()
        session = self._open_session()
        try:
            self._run(session, text.encode(), started)
        except psycopg.OperationalError as error:
            raise StatementFailed(f"the connection was lost: {str(error).strip()}", CONNECTION_LOST) from error
        finally:
            self._spent_seconds += time.monotonic() - started
            if session.status != ConnStatus.OK:
                self._close_session()

    def query(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of the system catalogs, over a second connection that foreign SQL cannot steer.

        It reads only, as a role that is no superuser, with `search_path` fixed to pg_catalog: name catalogs and
        functions of pg_catalog, never what foreign SQL made. (`information_schema` hides most things from this role.)
        """
        if not self._reader.closed:
            try:
                return _rows(self._reader, query.encode(), parameters)
            except psycopg.OperationalError:  # A restart after a killed process ended the connection.
                if not self._reader.closed:
                    raise
        self._reader = self._connect_reader()
        return _rows(self._reader, query.encode(), parameters)

    def close(self) -> None:
        """Close both connections."""
        self._close_session()
        self._reader.close()

    def _connect_reader(self) -> psycopg.Connection:
        options = "-c search_path=pg_catalog,pg_temp -c default_transaction_read_only=on"
        options += " -c statement_timeout=30s -c lock_timeout=5s"
        conninfo = make_conninfo(self._sandbox.server.conninfo(self.name, READER), options=options)
        return self._sandbox.reach(lambda: psycopg.connect(conninfo, autocommit=True))

    def _open_session(self) -> libpq.PGconn:
        if self._session is None:
            try:
                self._session = self._sandbox.reach(self._connect_session)
            except psycopg.OperationalError as error:
                raise StatementFailed(f"no connection: {str(error).strip()}", CONNECTION_LOST) from error
        return self._session

    def _connect_session(self) -> libpq.PGconn:
        session = PGconn.connect(self._sandbox.server.conninfo(self.name, self.name).encode())
        if session.status != ConnStatus.OK:
            raise psycopg.OperationalError(session.get_error_message())
        session.nonblocking = 1
        return session

    def _close_session(self) -> None:
        if self._session is not None:
            self._session.finish()
            self._session = None

    def _run(self, session: libpq.PGconn, text: bytes, started: float) -> None:
        session.send_query(text)
        session.set_single_row_mode()
        poll = select.poll()
        failure: libpq.PGresult | None = None
        waits_to_send = True
        while True:
            self._enforce(session, started)
            if session.is_busy() or waits_to_send:
                poll.register(session.socket, select.POLLIN | (select.POLLOUT if waits_to_send else 0))
                poll.poll(TICK_SECONDS * 1000)
                waits_to_send = session.flush() == 1
                session.consume_input()
                continue
            result = session.get_result()
            if result is None:
                break
            if result.status == ExecStatus.COPY_IN:
                session.put_copy_end(b"COPY has no data here")
                waits_to_send = True
            elif result.status == ExecStatus.COPY_OUT:
                self._drain(session, started)
            elif result.status == ExecStatus.FATAL_ERROR and failure is None:
                failure = result
        if failure is not None:
            raise _refusal(failure, self._sandbox.limits)

    def _drain(self, session: libpq.PGconn, started: float) -> None:
        """Throw COPY output away."""
        while (size := session.get_copy_data(1)[0]) >= 0:
            self._enforce(session, started)
            if size == 0:
                select.select([session.socket], [], [], TICK_SECONDS)
                session.consume_input()

    def _enforce(self, session: libpq.PGconn, started: float) -> None:
        """Raise SandboxExceeded, with the statement's connection ended, when a limit of time or disk is reached."""
        limits, now = self._sandbox.limits, time.monotonic()
        if now - started > limits.statement_seconds:
            sentence = f"the statement took longer than {limits.statement_seconds:g} s and was cut off"
            exceeded = SandboxExceeded(sentence, "time")
        elif self._spent_seconds + now - started > limits.total_seconds:
            sentence = f"all statements together took longer than {limits.total_seconds:g} s"
            self._end = exceeded = SandboxExceeded(sentence, "time", final=True)
        elif now - self._disk_checked > DISK_SECONDS and self._is_over_disk():
            sentence = f"the statements wrote more than {limits.disk_bytes // MIB} MiB"
            self._end = exceeded = SandboxExceeded(sentence, "disk", final=True)
        else:
            return
        self._sandbox.end_session(session.backend_pid)
        self._close_session()
        raise exceeded

    def _is_over_disk(self) -> bool:
        over = self._sandbox.used_bytes() - self._base_bytes > self._sandbox.limits.disk_bytes
        self._disk_checked = time.monotonic()
        return over


def shared_sandbox() -> Sandbox:
    """A sandbox with the usual limits for the whole process: started at the first call, closed at exit.

    Any thread may call it. Raises ClusterError where PostgreSQL cannot be run.
    """
    with _shared_lock:
        if not _shared or not _shared[-1].is_running:
            sandbox = Sandbox().__enter__()
            atexit.register(sandbox.close)
            _shared[:] = [sandbox]
        return _shared[-1]


_shared: list[Sandbox] = []
_shared_lock = threading.Lock()


def _rows(
    connection: psycopg.Connection, query: bytes | sql.Composed, parameters: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    cursor = connection.execute(query, parameters or None)
    return cursor.fetchall() if cursor.description else []


def _refusal(result: libpq.PGresult, limits: Limits) -> StatementFailed | SandboxExceeded:
    """What an error of PostgreSQL means: a limit of the operating system, or a statement that it refuses."""
    sqlstate = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode()
    message = (result.error_field(DiagnosticField.MESSAGE_PRIMARY) or b"").decode(errors="replace")
    if sqlstate == OUT_OF_MEMORY:
        sentence = f"the statement needed more than {limits.memory_bytes // MIB} MiB of memory"
        return SandboxExceeded(sentence, "memory")
    if sqlstate in DISK_FAILURES or FILE_TOO_LARGE in message:
        return SandboxExceeded(f"the statement wrote more than {limits.disk_bytes // MIB} MiB", "disk")
    position = result.error_field(DiagnosticField.STATEMENT_POSITION)
    return StatementFailed(message or result.get_error_message(), sqlstate, int(position) if position else None)


def _temporary_folder(account: Account) -> Path:
    """A new folder for `account` alone, where a socket can be."""
    for parent in (Path(tempfile.gettempdir()).resolve(), location.SHORT_ROOT):
        if account.reaches(parent) and location.holds_socket(parent / PREFIX / "12345678"):
            try:
                folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            except OSError as error:
                raise ClusterError(
                    f"No temporary folder can be made in {parent} ({error.strerror}): make it writable, free disk "
                    "space, or name another one in TMPDIR."
                ) from error
            account.take(folder)
            return folder
    raise ClusterError(f"The account {account.name} cannot enter {parent}: name another temporary folder in TMPDIR.")


def _size(folder: Path) -> int:
    """Bytes that the files below a folder take on disk; files that vanish meanwhile count nothing."""
    total = 0
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                if entry.is_dir(follow_symlinks=False):
                    total += _size(Path(entry.path))
                else:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total
