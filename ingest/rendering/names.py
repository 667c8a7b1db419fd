"""Names for PostgreSQL: what may stand between quotes, and how names are kept unique."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from ingest.rendering import vocabulary

MAX_BYTES = 63
"""PostgreSQL cuts longer names (NAMEDATALEN - 1), and two names that are cut alike collide."""

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_UNQUOTED = re.compile(r"[a-z_][a-z0-9_$]*")


class Names:
    """The names of one namespace. The same names taken in the same order are always changed in the same way."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken = set(reserved)

    def can_take(self, name: str) -> bool:
        """Whether :meth:`take` would give the name unchanged."""
        return name not in self._taken and shortened(legal(name)) == name

    def take(self, wanted: str) -> str:
        """`wanted`, or where it is too long, taken or no name at all, a name like it that is free."""
        name = shortened(legal(wanted))
        number = 1
        while name in self._taken:
            number += 1
            name = shortened(legal(wanted), suffix=f"_{number}")
        self._taken.add(name)
        return name


def legal(name: str) -> str:
    """`name` without what no PostgreSQL name can hold: NUL, halves of surrogate pairs, nothing at all."""
    return name.replace("\0", "").encode("utf-8", "replace").decode("utf-8") or "_"


def shortened(name: str, suffix: str = "") -> str:
    """`name` and `suffix` in at most 63 bytes; a name that had to be cut ends with a part of its hash."""
    if len((name + suffix).encode()) <= MAX_BYTES:
        return name + suffix
    tail = f"_{hashlib.sha256(name.encode()).hexdigest()[:8]}{suffix}"
    return name.encode()[: MAX_BYTES - len(tail)].decode("utf-8", "ignore") + tail


def quoted(name: str) -> str:
    """The name as an SQL identifier, always in quotes."""
    return '"' + name.replace('"', '""') + '"'


def spelled(name: str) -> str:
    """The name as PostgreSQL itself spells it inside expressions and types: in quotes only where it must be."""
    return name if _PLAIN.fullmatch(name) and name not in vocabulary.KEYWORDS else quoted(name)


def unspelled(text: str) -> str | None:
    """The name that one SQL identifier stands for; None where `text` is not one identifier."""
    if text.startswith('"') and text.endswith('"') and len(text) > 2:
        inner = text[1:-1]
        return inner.replace('""', '"') if '"' not in inner.replace('""', "") else None
    return text if _UNQUOTED.fullmatch(text) else None


def literal(text: str) -> str:
    """`text` as an SQL string, as PostgreSQL prints it back (with standard_conforming_strings, as by default)."""
    body = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8").replace("'", "''")
    return f"'{body}'"
