"""What the stored catalogs hold, a row an upstream: for people (table, Markdown) and for programs (JSON)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields

from ingest.models import Origin, Snapshot, Upstream
from ingest.operations import Measurement

HEADINGS = (
    "upstream", "commit", "files", "tables", "columns", "relationships", "indexes", "constraints", "enums", "problems",
    "seconds", "bytes", "source",
)  # fmt: skip
_TEXTS = frozenset({"upstream", "commit", "source"})
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One upstream: counts as in :class:`ingest.models.Snapshot`; None where it was not measured.

    `origin` is `committed` or `repository`; `note` says in words where the catalog is from, and how that differs from
    the pin; `attempt_error` why the last try to read it from its repository gave nothing.
    """

    upstream: str
    repository: str
    commit: str
    origin: str
    pin: str
    note: str
    attempt_error: str
    files: int | None
    tables: int
    columns: int
    foreign_keys: int
    relationships: int
    indexes: int
    constraints: int
    enums: int
    problems: int
    seen: int
    understood: int
    seconds: float | None
    bytes: int | None


def stored_rows(names: Sequence[str] = ()) -> list[Row]:
    """A row for the current snapshot of each upstream of these names (of all, where none is given), by name."""
    upstreams = Upstream.objects.select_related("current").exclude(current=None).order_by("name")
    if names:
        upstreams = upstreams.filter(name__in=names)
    return [row_of(upstream.current, upstream) for upstream in upstreams if upstream.current is not None]


def row_of(snapshot: Snapshot, upstream: Upstream, measured: Measurement | None = None) -> Row:
    """The row of a snapshot, with what this very reading took where it is given."""
    seconds = snapshot.duration.total_seconds() if snapshot.duration is not None else None
    return Row(
        upstream=upstream.name,
        repository=snapshot.repository,
        commit=snapshot.commit,
        origin=snapshot.origin,
        pin=upstream.pin,
        note=_note(snapshot, upstream),
        attempt_error=upstream.attempt_error,
        files=measured.files if measured else snapshot.file_count,
        tables=snapshot.table_count,
        columns=snapshot.column_count,
        foreign_keys=snapshot.foreign_key_count,
        relationships=snapshot.relationship_count,
        indexes=snapshot.index_count,
        constraints=snapshot.constraint_count,
        enums=snapshot.enum_count,
        problems=snapshot.problem_count,
        seen=snapshot.seen,
        understood=snapshot.understood,
        seconds=measured.seconds if measured else seconds,
        bytes=measured.bytes if measured else snapshot.byte_count,
    )


def _note(snapshot: Snapshot, upstream: Upstream) -> str:
    is_committed = snapshot.origin == Origin.COMMITTED
    said = "committed with Azora" if is_committed else "read from the repository"
    is_of_pin = snapshot.repository == upstream.repository and (
        snapshot.commit == upstream.pin or not _COMMIT.fullmatch(upstream.pin)
    )
    if is_of_pin:
        return said
    return f"{said}: {snapshot.repository}, while the pin is {upstream.repository} {_short(upstream.pin)}"


def as_table(rows: Sequence[Row]) -> str:
    """Aligned columns, a line an upstream, the totals last, and what the columns mean."""
    lines = [HEADINGS, *map(_cells, rows), _totals(rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    ruler = tuple("-" * width for width in widths)
    texts = [
        "  ".join(
            cell.ljust(width) if heading in _TEXTS else cell.rjust(width)
            for heading, cell, width in zip(HEADINGS, line, widths, strict=True)
        ).rstrip()
        for line in (lines[0], ruler, *lines[1:-1], ruler, lines[-1])
    ]
    return "\n".join([*texts, "", LEGEND, *_remarks(rows)])


def as_markdown(rows: Sequence[Row]) -> str:
    """The same as a table of GitHub's Markdown."""
    aligned = tuple("---" if heading in _TEXTS else "---:" for heading in HEADINGS)
    lines = [HEADINGS, aligned, *map(_cells, rows), tuple(f"**{cell}**" if cell else "" for cell in _totals(rows))]
    table = ["| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines]
    return "\n".join([*table, "", LEGEND, *(f"\n{remark}" for remark in _remarks(rows))])


def as_json(rows: Sequence[Row]) -> str:
    """`{"upstreams": [...], "totals": {...}}` with every field of :class:`Row`."""
    numbers = [field.name for field in fields(Row) if field.type.startswith(("int", "float"))]
    totals = {name: _sum(getattr(row, name) for row in rows) for name in numbers}
    return json.dumps({"upstreams": [asdict(row) for row in rows], "totals": totals}, indent=1, ensure_ascii=False)


#: The forms of a summary, by the names that commands give them.
FORMATS = {"table": as_table, "markdown": as_markdown, "json": as_json}

LEGEND = (
    "relationships: declared foreign keys + inferred ones; constraints: primary keys, unique constraints and checks; "
    "indexes: all others than those of constraints; bytes: what the checkout holds on disk."
)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.upstream,
        _short(row.commit),
        _number(row.files),
        _number(row.tables),
        _number(row.columns),
        _relationships(row.foreign_keys, row.relationships),
        _number(row.indexes),
        _number(row.constraints),
        _number(row.enums),
        _number(row.problems),
        _seconds(row.seconds),
        _number(row.bytes),
        row.note,
    )


def _totals(rows: Sequence[Row]) -> tuple[str, ...]:
    def total(name: str) -> str:
        return _number(_sum(getattr(row, name) for row in rows))

    return (
        f"{len(rows)} upstream{'' if len(rows) == 1 else 's'}",
        "",
        total("files"),
        total("tables"),
        total("columns"),
        _relationships(sum(row.foreign_keys for row in rows), sum(row.relationships for row in rows)),
        total("indexes"),
        total("constraints"),
        total("enums"),
        total("problems"),
        _seconds(_sum(row.seconds for row in rows)),
        total("bytes"),
        "",
    )


def _remarks(rows: Sequence[Row]) -> list[str]:
    """A line for each upstream whose last try to read it from its repository failed."""
    tries = [
        f"{row.upstream}: the last try to read its repository failed: {row.attempt_error}"
        for row in rows
        if row.attempt_error
    ]
    return ["", *tries] if tries else []


def _relationships(declared: int, inferred: int) -> str:
    return f"{declared:,} + {inferred:,}" if inferred else f"{declared:,}"


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _short(commit: str) -> str:
    return commit[:10] if _COMMIT.fullmatch(commit) else commit
