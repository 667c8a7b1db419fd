"""Which paths of a commit can be a file in a folder of ours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LONGEST_NAME = 255  # bytes, the limit of the usual file systems
_LONGEST_PATH = 1000


@dataclass(frozen=True, slots=True, order=True)
class Skipped:
    """A path of the commit that is not given, and why."""

    path: str
    reason: str


def shown(path: bytes) -> str:
    r"""A path as text that is safe to print; an ordinary path is given as it is.

    >>> shown("db/übung.sql".encode())
    'db/übung.sql'
    >>> shown(b"db/\xff\n.sql")
    'db/\\xff\\x0a.sql'
    """
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", path.decode("utf-8", "backslashreplace"))


def oddness(name: bytes) -> str | None:
    """Why a path of a commit cannot be a file below a folder on every system; None for an ordinary path.

    >>> oddness(b"db/schema.sql")
    >>> oddness(b"../schema.sql")
    'it has a part that is empty, ".", ".." or ".git"'
    """
    try:
        path = name.decode("utf-8")
    except UnicodeDecodeError:
        return "it is not UTF-8"
    if _CONTROL.search(path):
        return "it has control characters"
    if "\\" in path:
        return "it has a backslash"
    if re.match(r"/|[A-Za-z]:", path):
        return "it is absolute or begins with a drive letter"
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        return 'it has a part that is empty, ".", ".." or ".git"'
    if len(name) > _LONGEST_PATH or any(len(part.encode()) > _LONGEST_NAME for part in parts):
        return "it is too long"
    return None


def collisions(paths: Iterable[str]) -> dict[str, str]:
    """Each path that cannot stand beside an earlier one where names differ by more than case and accents' spelling.

    macOS and Windows take such names for one; the value is the earlier path. A file collides with a folder, too.
    """
    taken: dict[str, str] = {}
    folders: dict[str, str] = {}
    found: dict[str, str] = {}
    for path in sorted(paths):
        key = _same(path)
        above = [key[: slash.start()] for slash in re.finditer("/", key)]
        earlier = taken.get(key) or folders.get(key) or next((taken[name] for name in above if name in taken), None)
        if earlier is not None:
            found[path] = earlier
            continue
        taken[key] = path
        for name in above:
            folders.setdefault(name, path)
    return found


def _same(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
