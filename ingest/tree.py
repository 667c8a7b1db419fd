"""The files of one upstream at one commit: all that a reader may see.

A reader gets a :class:`Tree` and nothing else: no path of this machine, no process, no network.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Protocol


class Unreadable(Exception):
    """A file that is in the tree and cannot be given as text. Readers turn it into a problem."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Tree(Protocol):
    """Paths are relative to the repository's root, with `/`; listings are sorted by code point."""

    def paths(self, *patterns: str) -> tuple[str, ...]:
        """The paths that match any pattern and no pattern with a leading `!` (see :func:`matches`)."""

    def text(self, path: str) -> str:
        """The file as text: UTF-8 (a byte order mark is dropped), line ends as they are.

        Raises :class:`Unreadable` where the file is missing, too large, or not UTF-8.
        """


class MemoryTree:
    """A tree of texts held in memory: for tests, and for a checkout whose files have been taken."""

    def __init__(self, files: Mapping[str, str | bytes | Unreadable]) -> None:
        self._files = files

    def paths(self, *patterns: str) -> tuple[str, ...]:
        return select(self._files, patterns)

    def text(self, path: str) -> str:
        content = self._files.get(path)
        if content is None:
            raise Unreadable(path, "no such file at this commit")
        if isinstance(content, Unreadable):
            raise content
        return content if isinstance(content, str) else decode(path, content)


def decode(path: str, content: bytes) -> str:
    """The bytes of a file as text, or :class:`Unreadable` with the offset of the first byte that is no UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(path, f"not UTF-8 at byte {error.start}") from None


def select(paths: Iterable[str], patterns: Iterable[str]) -> tuple[str, ...]:
    """The paths, sorted, that match a pattern and no pattern with a leading `!`."""
    wanted = [_regex(pattern) for pattern in patterns if not pattern.startswith("!")]
    unwanted = [_regex(pattern[1:]) for pattern in patterns if pattern.startswith("!")]
    return tuple(
        sorted(
            path
            for path in paths
            if any(regex.fullmatch(path) for regex in wanted) and not any(regex.fullmatch(path) for regex in unwanted)
        )
    )


def matches(path: str, pattern: str) -> bool:
    """Whether a path matches: `**` any number of folders, `*` and `?` within one name, `{a,b}` either, `[abc]` one.

    >>> matches("mod/quiz/db/install.xml", "**/db/install.xml")
    True
    >>> matches("db/install.xml", "**/db/install.xml")
    True
    >>> matches("migrations/old/1.sql", "migrations/*.sql")
    False
    >>> matches("a.mysql.up.sql", "*.{mysql,sqlite}.up.sql")
    True
    """
    return _regex(pattern).fullmatch(path) is not None


@lru_cache(maxsize=1024)
def _regex(pattern: str) -> re.Pattern[str]:
    meaning = {
        "**/": r"(?:[^/]+/)*",
        "**": r".*",
        "*": r"[^/]*",
        "?": r"[^/]",
        "{": "(?:",
        "}": ")",
    }
    out, braces = [], 0
    for piece in re.findall(r"\*\*/|\*\*|\*|\?|\{|\}|,|\[[^\]]+\]|[^*?{},\[]+|\[", pattern):
        braces += {"{": 1, "}": -1}.get(piece, 0)
        if piece == "," and braces:
            out.append("|")
        elif piece.startswith("[") and piece != "[":
            out.append(piece)
        else:
            out.append(meaning.get(piece, re.escape(piece)))
    return re.compile("".join(out), re.DOTALL)
