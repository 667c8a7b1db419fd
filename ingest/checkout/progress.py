"""What a checkout is doing, for whoever watches."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol


class Stage(StrEnum):
    """The steps of a checkout, in order; a step that is not needed is not reported."""

    WAITING = "waiting for another run"
    COMMIT = "finding the commit"
    HISTORY = "searching the history"
    TREE = "fetching the tree"
    FILES = "fetching the files"


class Progress(Protocol):
    def __call__(self, stage: Stage, done: int, total: int | None) -> None:
        """`done` of `total` git objects of this stage have come; `total` is None until git knows it."""


def silent(stage: Stage, done: int, total: int | None) -> None:
    """For callers that do not watch."""
