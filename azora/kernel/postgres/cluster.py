"""The project's own cluster: one data folder with its socket, under `var/pg` of the project.

`Cluster.for_project` only computes where things are, so settings may call it on import. `start` does the rest, is
idempotent, and may be called by several processes at once.

    var/pg/data          the data folder
    var/pg/socket        the folder of the Unix socket, or a short one under /tmp where this path cannot be a socket's
    var/pg/server.log    what the server says
    var/pg.lock          held while the cluster is started or stopped
    var/pg.location      the folder used instead of var/pg, where the server's account cannot enter the project
"""

from __future__ import annotations

import fcntl
import os
import stat
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.pq import Ping

from azora.kernel.postgres import binaries as programs
from azora.kernel.postgres import location
from azora.kernel.postgres import server as servers
from azora.kernel.postgres.account import ROOT, Account
from azora.kernel.postgres.errors import ClusterError
from azora.kernel.postgres.server import PORT, SUPERUSER, Server

DATABASE = "azora"
LARGEST_LOG = 16 * 1024 * 1024
OWN_NAMES = frozenset({"data", "data.new", "socket", "server.log"})

SETTINGS: Mapping[str, str] = {
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "100",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}
"""What is written into a new cluster's postgresql.conf; its owner may change it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What is known of a cluster without starting it. `version` is the major version of its data folder."""

    running: bool
    pid: int | None
    version: int | None
    home: Path
    socket_folder: Path
    lasting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where one project's cluster is, and how it is reached: `socket_folder`, `port`, `user`, `database`."""

    project: Path
    home: Path
    socket_folder: Path
    lasting_root: Path
    settings: Mapping[str, str]
    port: int = PORT
    user: str = SUPERUSER
    database: str = DATABASE

    @classmethod
    def for_project(
        cls,
        base: Path,
        *,
        lasting_root: Path = location.LASTING_ROOT,
        settings: Mapping[str, str] | None = None,
    ) -> Cluster:
        """The cluster of the project in the folder `base`; nothing is made or started.

        `lasting_root` holds the clusters of projects that the server's account cannot enter. `settings` are written
        into a new cluster's postgresql.conf after `SETTINGS`.
        """
        project = base.resolve()
        home = location.home(project, lasting_root)
        return cls(
            project=project,
            home=home,
            socket_folder=location.socket_folder(home),
            lasting_root=lasting_root,
            settings={**SETTINGS, **(settings or {})},
        )

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """The file with the server's messages."""
        return self.home / "server.log"

    @property
    def lasting(self) -> bool:
        """Whether the cluster is outside the project, in a lasting folder of the machine."""
        return not self.home.is_relative_to(self.project)

    def url(self, database: str = DATABASE) -> str:
        """A libpq URL (`postgresql://azora@/azora?host=…`). It holds no password: the socket's folder is the lock."""
        query = urllib.parse.urlencode(
            {"host": str(self.socket_folder), "port": self.port}, quote_via=urllib.parse.quote
        )
        return f"postgresql://{self.user}@/{database}?{query}"

    def start(self) -> None:
        """Make the cluster where there is none, start it where it does not run, and see that its database exists.

        Quick where it runs already; several processes may call it at once. Raises ClusterError.
        """
        if self._answers():
            return
        with self._locked():
            if not self._answers():
                self._start_locked()

    def stop(self, *, only_if_unused: bool = False) -> bool:
        """Stop the server; True when it is stopped afterwards, also when it was before.

        With `only_if_unused` a server that somebody is connected to is left alone. Raises ClusterError.
        """
        if not self.home.exists():
            return True
        with self._locked():
            self._refuse_strangers()
            if only_if_unused and self._is_used():
                return False
            servers.stop(self.data)
        return True

    def status(self) -> Status:
        """What stands where, and whether the server answers."""
        running = self._answers()
        return Status(
            running=running,
            pid=servers.recorded_pid(self.data) if running else None,
            version=self._data_version() if os.access(self.data, os.X_OK) else None,
            home=self.home,
            socket_folder=self.socket_folder,
            lasting=self.lasting,
        )

    # -- Who answers ---------------------------------------------------------------------------------------------------

    def _answers(self) -> bool:
        """Whether our own server lets us into our database: a connection made, not a process number believed."""
        try:
            with servers.connect(self.socket_folder, self.database) as connection:
                return self._is_own(connection)
        except psycopg.OperationalError:
            return False

    def _is_own(self, connection: psycopg.Connection) -> bool:
        """Whether the server at the other end serves our data folder (which may have been moved since its start)."""
        row = connection.execute("select pg_read_file('postmaster.pid')").fetchone()
        try:
            written = (self.data / "postmaster.pid").read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return False
        return row is not None and row[0].splitlines()[:3] == written.splitlines()[:3]

    def _is_used(self) -> bool:
        try:
            with servers.connect(self.socket_folder, "postgres") as connection:
                row = connection.execute(
                    "select count(*) from pg_stat_activity"
                    " where backend_type = 'client backend' and pid <> pg_backend_pid()"
                ).fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and row[0] > 0

    # -- Starting ------------------------------------------------------------------------------------------------------

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the cluster's lock; trouble with files becomes a ClusterError."""
        try:
            self._make_folder(self.project / "var", mode=0o755)
            if self.lasting:
                self.home.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            lock = os.open(self.home.with_name("pg.lock"), os.O_RDONLY | os.O_CREAT, 0o644)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
            finally:
                os.close(lock)
        except OSError as error:
            raise ClusterError(
                f"The cluster in {self.home} cannot be used: {error.strerror or error} ({error.filename}); make "
                f"{self.project} writable for this account and see that its disk has space left, or name another "
                "server in DATABASE_URL."
            ) from error

    def _start_locked(self) -> None:
        self._refuse_strangers()
        account = Account.for_server(self.home, self.project)
        if not account.reaches(self.home):
            raise ClusterError(
                f"PostgreSQL runs as the account {account.name}, which may not enter {self.home}: open the folders "
                "above it for that account (`chmod o+x`), or move the project to where it may."
            )
        binaries = programs.find()
        self._refuse_other_version(binaries)
        server = Server(
            data=self.data,
            socket_folder=self.socket_folder,
            log=self.log,
            binaries=binaries.reachable_by(account, location.lasting_folder(self.project, self.lasting_root)),
            account=account,
        )
        self._refuse_roots()
        self._make_folders(account)
        answer = server.settle()
        if answer == Ping.NO_RESPONSE:
            if not self.data.exists():
                server.initialize(settings=self.settings, options=["--data-checksums"])
            if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
                self.log.unlink()
            servers.stop(self.data)  # One that lost its socket, or was moved to where its socket has another name.
            server.start()
        self._ensure_database()

    def _make_folders(self, account: Account) -> None:
        if self.lasting:
            location.record_of(self.project).write_text(f"{self.home}\n{self.project}\n", encoding="utf-8")
        for folder in (self.home, self.socket_folder):
            if not os.path.lexists(folder):
                folder.mkdir(mode=0o700)
                account.take(folder)
        status = self.socket_folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != account.uid:
            raise ClusterError(
                f"The socket of the cluster belongs in {self.socket_folder}, which is no folder of the account "
                f"{account.name}: remove it, or move the project to a shorter path."
            )
        self.socket_folder.chmod(0o700)

    def _make_folder(self, folder: Path, *, mode: int) -> None:
        """Make a folder of the project that belongs to whom the project belongs to."""
        if not folder.exists():
            folder.mkdir(mode=mode, exist_ok=True)
            if os.geteuid() == ROOT:
                owner = self.project.stat()
                os.chown(folder, owner.st_uid, owner.st_gid)

    def _ensure_database(self) -> None:
        try:
            with servers.connect(self.socket_folder, "postgres") as connection:
                if not self._is_own(connection):
                    raise ClusterError(
                        f"A server of another data folder than {self.data} answers on the socket in "
                        f"{self.socket_folder}: stop that server, then start again."
                    )
                found = connection.execute("select from pg_database where datname = %s", [self.database]).fetchone()
                if found is None:
                    connection.execute(sql.SQL("create database {}").format(sql.Identifier(self.database)))
        except psycopg.OperationalError as error:
            raise ClusterError(
                servers.explain(f"PostgreSQL in {self.data} refuses the connection", str(error), self.log)
            ) from error

    # -- What is not ours ----------------------------------------------------------------------------------------------

    def _refuse_strangers(self) -> None:
        """Refuse a folder that belongs to another account or was not made by us. It is left as it is."""
        if not os.path.lexists(self.home):
            return
        if not self.home.is_dir():
            raise ClusterError(f"{self.home} is no folder, but the cluster's folder belongs there: move it away.")
        owner = self.home.stat().st_uid
        if os.geteuid() not in (ROOT, owner):
            raise ClusterError(
                f"The cluster in {self.home} belongs to the account {Account(uid=owner, gid=owner).name}: run the "
                "command as that account or as root, or name another server in DATABASE_URL."
            )
        foreign = sorted({path.name for path in self.home.iterdir()} - OWN_NAMES)
        if foreign or (self.data.exists() and self._data_version() is None):
            content = ", ".join(foreign[:3]) if foreign else "a data folder without PG_VERSION"
            raise ClusterError(
                f"{self.home} is not a cluster that this project made (it holds {content}): move it away, or start "
                "its server yourself and name it in DATABASE_URL."
            )

    def _refuse_other_version(self, binaries: programs.Binaries) -> None:
        version = self._data_version()
        if version is not None and version != binaries.version:
            age = "newer" if version > binaries.version else "older"
            raise ClusterError(
                f"The cluster in {self.data} was made by PostgreSQL {version}, {age} than the programs in "
                f"{binaries.bin} (PostgreSQL {binaries.version}): name the folder of its own programs in "
                f"{programs.VARIABLE}, or dump it with them, move it away and load the dump."
            )

    def _refuse_roots(self) -> None:
        for folder in (self.home, self.data):
            if os.geteuid() == ROOT and folder.exists() and folder.stat().st_uid == ROOT:
                raise ClusterError(
                    f"The cluster's folder {folder} belongs to root, under which PostgreSQL does not run: give it back "
                    f"to its account, for example with `chown -R {Account.for_server(self.project).name} {self.home}`."
                )

    def _data_version(self) -> int | None:
        """The major version that made the data folder; None where there is no data folder."""
        try:
            words = (self.data / "PG_VERSION").read_text(encoding="utf-8", errors="replace").strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return int(words) if words.isdigit() else None
