"""Counts the statements of SQL migrations: what stands between semicolons, outside strings and comments."""

from __future__ import annotations

import re
from typing import Protocol

from ingest.tree import Tree, Unreadable

_QUOTED = re.compile(r"--|/\*|\"|'|\$(?:[A-Za-z_]\w*)?\$|;")


class Options(Protocol):
    """The options that decide which files are run (see the reader's)."""

    name: str
    dialect_names: tuple[str, ...]
    up: str


def count(tree: Tree, paths: tuple[str, ...], options: Options) -> int:
    """The number of statements in the files that are run, and in those whose name says nothing.

    A file that cannot be had as text counts as one.
    """
    generic: dict[str, list[str]] = {}
    ours: dict[str, list[str]] = {}
    total = 0
    for path in paths:
        match = re.fullmatch(options.name, path.rpartition("/")[2])
        parts = match.groupdict() if match else {}
        if parts.get("direction") not in (None, options.up):
            continue
        if parts.get("dialect") is None:
            generic.setdefault(parts.get("version", path), []).append(path)
        elif parts["dialect"] in options.dialect_names:
            ours.setdefault(parts["version"], []).append(path)
    for group in {**generic, **ours}.values():
        texts = {(path.rpartition("/")[2], _text(tree, path)) for path in group}
        total += sum(1 if text is None else _count(text) for _, text in texts)
    return total


def _text(tree: Tree, path: str) -> str | None:
    try:
        return tree.text(path)
    except Unreadable:
        return None


def _count(text: str) -> int:
    total, has_words, at = 0, False, 0
    while found := _QUOTED.search(text, at):
        has_words |= bool(text[at : found.start()].strip())
        opening = found[0]
        at = found.end()
        if opening == ";":
            total += has_words
            has_words = False
            continue
        is_comment = opening in ("--", "/*")
        closing = {"--": "\n", "/*": "*/"}.get(opening, opening)
        end = text.find(closing, at)
        has_words |= not is_comment
        at = len(text) if end < 0 else end + len(closing)
    return total + (has_words or bool(text[at:].strip()))
