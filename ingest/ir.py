"""The catalog of one upstream as plain values: what every reader gives and every renderer takes.

Tables *name* each other and never point; everything is frozen, and tuples all the way down, so two readings can be
compared with ``==``. Standard library only. ``catalog.py`` writes these values as ``catalog.json``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Our neutral name for a column's type; the upstream's own words stay beside it in :attr:`Type.raw`."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    TEXT = "text"
    BINARY = "binary"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    INTERVAL = "interval"
    UUID = "uuid"
    JSON = "json"
    XML = "xml"
    ENUM = "enum"
    ARRAY = "array"
    RANGE = "range"
    NETWORK = "network"
    SEARCH = "search"
    GEOMETRY = "geometry"
    UNKNOWN = "unknown"


class Origin(StrEnum):
    """How a relationship that is no declared foreign key was found."""

    ASSOCIATION = "association"
    NAMING = "naming"
    POLYMORPHIC = "polymorphic"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Position:
    """A place in the upstream's sources: path from the repository's root, and line counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """A column's type: ours (`kind`), theirs (`raw`), and the sizes that `raw` states.

    `length` is in characters (text) or bytes (binary); `bits` is the width of an integer or float; `precision` and
    `scale` are decimal digits. None: not stated.
    """

    kind: Kind
    raw: str
    length: int | None = None
    bits: int | None = None
    precision: int | None = None
    scale: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `default` and `generated` are expressions in the upstream's dialect; `identity`: the database
    counts the value up by itself without a `default` that says so (identity, AUTO_INCREMENT, SEQUENCE)."""

    name: str
    type: Type
    nullable: bool
    position: Position
    default: str | None = None
    generated: str | None = None
    identity: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryKey:
    columns: tuple[str, ...]
    position: Position
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A declared reference. `enforced` is False where the upstream declares it and no database keeps it (Moodle).

    `referenced_columns` is empty where the source leaves them to be the primary key of a table that was not read.
    `on_delete` and `on_update` are SQL's words in lower case (`no action`, `cascade`, `set null`, ...).
    """

    columns: tuple[str, ...]
    references: str
    referenced_columns: tuple[str, ...]
    position: Position
    name: str | None = None
    on_delete: str | None = None
    on_update: str | None = None
    deferrable: bool = False
    enforced: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPart:
    """One key of an index: a column's name, or (`is_expression`) an expression's text."""

    text: str
    is_expression: bool = False
    operator_class: str | None = None
    descending: bool = False
    nulls_first: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index or a unique constraint (`is_constraint`), other than the primary key's own index."""

    parts: tuple[IndexPart, ...]
    unique: bool
    position: Position
    name: str | None = None
    method: str | None = None
    predicate: str | None = None
    include: tuple[str, ...] = ()
    is_constraint: bool = False
    nulls_not_distinct: bool = False
    deferrable: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The keys as texts: names of columns, and expressions as they stand."""
        return tuple(part.text for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    expression: str
    position: Position
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table after all migrations. Columns in the table's own order; keys, indexes and checks in canonical order."""

    name: str
    position: Position
    columns: tuple[Column, ...]
    primary_key: PrimaryKey | None = None
    foreign_keys: tuple[ForeignKey, ...] = ()
    indexes: tuple[Index, ...] = ()
    checks: tuple[Check, ...] = ()

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum:
    """The values that a column may hold. `name`: `table.column`, or the name of a database type no column uses."""

    name: str
    values: tuple[str, ...]
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """A reference that no foreign key declares: inferred, by `origin`, with a `confidence` between 0 and 1.

    `source` is `table.column`; `target` a table's name.
    """

    source: str
    target: str
    origin: Origin
    confidence: float
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something in the sources that is not in the catalog: where, why, and its words (cut at 200 characters).

    `statements` is how many of the `seen` statements this problem accounts for: 0 where it is a remark about
    something that was understood (a key that names no table), or about a whole file that is not read on purpose.
    """

    position: Position
    reason: str
    text: str = ""
    statements: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one reader gives for its files. `understood` counts the statements (elements, operations, ...) that it
    took in; with the statements of its `problems` it must add up to what the format's counter sees."""

    tables: tuple[Table, ...]
    understood: int
    enums: tuple[Enum, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    problems: tuple[Problem, ...] = ()
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All that was read of one upstream at one commit. `seen` comes from the counters, never from the readers."""

    upstream: str
    repository: str
    commit: str
    dialect: str
    tables: tuple[Table, ...]
    seen: int
    understood: int
    enums: tuple[Enum, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    problems: tuple[Problem, ...] = ()
    extensions: tuple[str, ...] = ()

    def table(self, name: str) -> Table | None:
        return next((table for table in self.tables if table.name == name), None)
