"""Where a project's cluster and its socket are. Everything here only looks; nothing is made."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from azora.kernel.postgres.account import ROOT, Account
from azora.kernel.postgres.server import PORT

LASTING_ROOT = Path("/var/lib/azora")
"""Holds the clusters of projects that a server's account cannot enter, such as those in root's home."""

SHORT_ROOT = Path("/tmp")  # noqa: S108 - TMPDIR differs between processes that have to find the same socket
LONGEST_SOCKET_PATH = 103
"""Bytes that a Unix socket's path may have on macOS; Linux allows four more."""


def home(project: Path, lasting_root: Path) -> Path:
    """The cluster's folder: `var/pg`, or a lasting one where the server's account cannot enter the project.

    A lasting folder that was recorded stays in use after the project is moved, but not by a copy of the project.
    """
    own = project / "var" / "pg"
    record = record_of(project)
    if record.is_file():
        recorded, _, owner = record.read_text(encoding="utf-8").strip().partition("\n")
        copied = Path(owner) != project and record_of(Path(owner)).is_file()
        return lasting_folder(project, lasting_root) / "pg" if copied else Path(recorded)
    if os.geteuid() != ROOT or own.exists() or Account.for_server(project).reaches(project):
        return own
    return lasting_folder(project, lasting_root) / "pg"


def record_of(project: Path) -> Path:
    """The file that names a lasting folder in use: its path, and the project's path when it was written."""
    return project / "var" / "pg.location"


def lasting_folder(project: Path, lasting_root: Path) -> Path:
    """The folder outside the project that is this project's alone."""
    return lasting_root / _digest(project)


def socket_folder(home: Path) -> Path:
    """The folder of the socket: inside `home`, or a short one where libpq could not use that path."""
    inside = home / "socket"
    return inside if holds_socket(inside) else SHORT_ROOT / f"azora-{_digest(home)}"


def holds_socket(folder: Path) -> bool:
    """Whether a socket in this folder can be named: short enough, printable, and no list of hosts to libpq."""
    path = str(folder / f".s.PGSQL.{PORT}")
    return len(os.fsencode(path)) <= LONGEST_SOCKET_PATH and path.isprintable() and "," not in path


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
