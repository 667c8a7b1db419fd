"""The counters: how many statements, elements or operations a format's files hold, found by a second, cruder way.

A counter is the module named like its reader, with `count(tree, paths, options)`. It shares nothing with the reader,
so that what a reader overlooks shows as a difference.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol, cast

from ingest.tree import Tree


class Counter(Protocol):
    """The shape of a counter module."""

    def count(self, tree: Tree, paths: tuple[str, ...], options: Any) -> int:
        """How many statements the files hold. Never raises; a file that cannot be had as text counts as one."""


def counter(name: str) -> Counter:
    """The counter of a format, which :func:`ingest.readers.reader` knows."""
    return cast("Counter", import_module(f"{__name__}.{name}"))
