"""The system account that a server runs as: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from azora.kernel.postgres.errors import ClusterError

ROOT = 0


class ProcessOptions(TypedDict, total=False):
    """The keyword arguments of `subprocess.run` that make a process run as another account."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A system account by numbers. Only its own group counts: processes get no supplementary groups."""

    uid: int
    gid: int

    @classmethod
    def current(cls) -> Account:
        """The account of this process."""
        return cls(uid=os.geteuid(), gid=os.getegid())

    @classmethod
    def for_server(cls, *owners: Path) -> Account:
        """This process's account or, for root, the first of: the owners of these paths, `postgres`, `nobody`.

        Paths that do not exist or belong to root are passed over. Raises ClusterError where there is no such account.
        """
        if os.geteuid() != ROOT:
            return cls.current()
        for path in owners:
            if path.exists() and path.stat().st_uid != ROOT:
                return cls(uid=path.stat().st_uid, gid=path.stat().st_gid)
        for name in ("postgres", "nobody"):
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(uid=entry.pw_uid, gid=entry.pw_gid)
        raise ClusterError(
            "PostgreSQL does not run as root, and this machine has neither an account 'postgres' nor 'nobody': "
            "run the command as an ordinary user, or give the project folder to one."
        )

    @property
    def name(self) -> str:
        """The account's name, or its number where it has none."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    def process_options(self) -> ProcessOptions:
        """What makes a subprocess run as this account; nothing where this process already does."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def take(self, path: Path) -> None:
        """Make this account the owner of a file or folder that this process has just made."""
        if self.uid != os.geteuid():
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def reaches(self, path: Path) -> bool:
        """Whether the permission bits let this account enter every existing folder down to `path`."""
        if self.uid == ROOT:
            return True
        resolved = path.resolve()
        return all(self._may_execute(step) for step in (resolved, *resolved.parents) if step.exists())

    def _may_execute(self, path: Path) -> bool:
        status = path.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        if status.st_gid == self.gid:
            return bool(status.st_mode & 0o010)
        return bool(status.st_mode & 0o001)
