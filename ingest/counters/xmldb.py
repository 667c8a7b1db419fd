"""Counts the elements of XMLDB files that state a fact: TABLE, FIELD, KEY, INDEX; by their tags in the text alone."""

from __future__ import annotations

import re

from ingest.tree import Tree, Unreadable

_TAG = re.compile(r"<(?:TABLE|FIELD|KEY|INDEX)[\s/>]")


def count(tree: Tree, paths: tuple[str, ...], options: object) -> int:
    """The number of start tags outside comments; a file that cannot be had as text counts as one."""
    del options
    return sum(_count_file(tree, path) for path in paths)


def _count_file(tree: Tree, path: str) -> int:
    try:
        text = tree.text(path)
    except Unreadable:
        return 1
    first, *rest = text.split("<!--")
    return sum(len(_TAG.findall(piece)) for piece in [first, *(piece.partition("-->")[2] for piece in rest)])
