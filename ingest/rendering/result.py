"""What a renderer gives: a text, and the list of what the text could not say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from ingest import ir


class Aspect(StrEnum):
    """Which fact of the catalog an omission is about."""

    TYPE = "type"
    DEFAULT = "default"
    GENERATED = "generated column"
    IDENTITY = "identity"
    PRIMARY_KEY = "primary key"
    FOREIGN_KEY = "foreign key"
    UNIQUE = "unique"
    INDEX = "index"
    CHECK = "check"
    ENUM = "enum"
    EXTENSION = "extension"
    TABLE = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """An exception of a rendering: one fact of the catalog that the text states only as a comment.

    `position` is the fact's place in the upstream's sources (None: the catalog gives none, as for extensions),
    `what` names the fact, `reason` says why it cannot be declared.
    """

    aspect: Aspect
    what: str
    reason: str
    position: ir.Position | None

    def __str__(self) -> str:
        return f"{self.aspect} {self.what}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A catalog as text, with a final newline, and its listed exceptions in the order in which the text has them."""

    text: str
    exceptions: tuple[Omission, ...]


def comment_text(text: str, limit: int = 300) -> str:
    """`text` as one line that ends no comment: no line breaks, no control characters, no semicolon, cut at `limit`.

    Without a semicolon even a tool that cuts a file at every semicolon does not cut inside a comment.
    """
    line = "".join(character if character.isprintable() else " " for character in text).replace(";", ",")
    line = re.sub(" +", " ", line)
    line = line.encode("utf-8", "replace").decode("utf-8").replace("/*", "/ *").replace("*/", "* /")
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
