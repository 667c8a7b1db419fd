"""The nearest known name, for a message about an unknown one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A clause with the known name that looks most like this one; empty where none does.

    >>> did_you_mean("fidr", ["fider", "kratos"])
    "; did you mean 'fider'?"
    >>> did_you_mean("x", ["fider"])
    ''
    """
    names = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return f"; did you mean {names[0]!r}?" if names else ""
