"""SQL migrations in PostgreSQL's dialect: replayed, in their order, in a throw-away database that is then read.

The database is the parser, so the final state is exact: renames, drops that cascade, generated names, DO blocks. Each
statement is a transaction of its own. Every table, column, key, index and type has the position of the statement that
created it, wherever it was renamed to since.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import psycopg
import sqlparse
from sqlparse.exceptions import SQLParseError

from azora.kernel.postgres.sandbox import Database, SandboxExceeded, StatementFailed, shared_sandbox
from ingest import ir
from ingest.introspection import Object, introspect
from ingest.tree import Tree, Unreadable

FILES = ("**/*.sql",)

# Beyond this a file holds data, not structure, and would take longer than all migrations together.
LARGEST_FILE = 1_000_000
MOST_STATEMENTS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the files are named and ordered.

    `name`: what a whole file name looks like, as a regular expression with the group `version`, and, where names have
    them, `direction` and `dialect`. Files of another direction than `up` are not run; a name without one goes up. Of
    one version, the files whose dialect is in `dialect_names` replace the generic ones, which name no dialect.
    `order`: versions are compared as `text` or as `number`.
    """

    name: str
    dialect: str = "postgresql"
    dialect_names: tuple[str, ...] = ()
    up: str = "up"
    order: str = "text"

    def __post_init__(self) -> None:
        if self.dialect != "postgresql":
            raise ValueError(f"dialect {self.dialect!r} cannot be replayed; 'postgresql' can")
        if self.order not in ("text", "number"):
            raise ValueError(f"order must be 'text' or 'number', not {self.order!r}")
        try:
            groups = set(re.compile(self.name).groupindex)
        except re.error as error:
            raise ValueError(f"name is no regular expression: {error}") from None
        if "version" not in groups or not groups <= {"version", "direction", "dialect"}:
            raise ValueError("name must have the group 'version' and no others than 'direction' and 'dialect'")


def read(tree: Tree, paths: tuple[str, ...], options: Options) -> ir.Reading:
    """The state of the database after all migrations. A statement that fails is a problem, and the rest goes on."""
    files, problems = _chosen(tree, paths, options)
    with shared_sandbox().database() as database:
        replay = _Replay(database)
        try:
            for file in files:
                replay.run(file)
            state = introspect(database.query, replay.position)
        except psycopg.Error as error:
            reason = f"the database of the replay cannot be read: {_first_line(str(error))}"
            listed = sum(problem.statements for problem in replay.problems)
            lost = sum(len(file.statements) for file in files) - listed
            problems += [*replay.problems, ir.Problem(position=replay.last, reason=reason, statements=lost)]
            return ir.Reading(tables=(), understood=0, problems=tuple(problems))
    return ir.Reading(
        tables=state.tables,
        understood=replay.understood,
        enums=state.enums,
        problems=(*problems, *replay.problems, *state.remarks),
        extensions=state.extensions,
    )


# --- which files, in which order


@dataclass(frozen=True, slots=True)
class _Statement:
    """One statement without its leading comments, and the line on which it begins."""

    text: str
    position: ir.Position


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    version: str
    is_generic: bool
    statements: tuple[_Statement, ...]

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


def _chosen(tree: Tree, paths: tuple[str, ...], options: Options) -> tuple[list[_File], list[ir.Problem]]:
    """The files to run, in order, and problems for those that cannot be read, ordered or told apart."""
    name = re.compile(options.name)
    problems: list[ir.Problem] = []
    files: list[_File] = []
    for path in paths:
        found = name.fullmatch(path.rpartition("/")[2])
        groups = found.groupdict() if found else {}
        if (groups.get("direction") or options.up) != options.up:
            continue
        if groups.get("dialect") and groups["dialect"] not in options.dialect_names:
            continue
        try:
            statements = _statements(path, tree.text(path))
        except Unreadable as error:
            problems.append(_file_problem(path, error.reason, 1))
            continue
        version = groups.get("version") or ""
        if not version or (options.order == "number" and not version.isdecimal()):
            reason = "the file's name is not of the declared form, so that its place in the order is unknown"
            problems.append(_file_problem(path, reason, len(statements)))
        elif len(statements) > MOST_STATEMENTS:
            reason = f"more than {MOST_STATEMENTS} statements, too many for a migration"
            problems.append(_file_problem(path, reason, len(statements)))
        else:
            files.append(_File(path, version, not groups.get("dialect"), statements))

    def order(file: _File) -> tuple[int, str]:
        digits = file.version.lstrip("0") if options.order == "number" else file.version
        return (len(digits) if options.order == "number" else 0, digits)

    files.sort(key=lambda file: (order(file), file.name, file.path))
    chosen = [file for _, group in groupby(files, key=order) for file in _of_one_version(list(group), problems)]
    return chosen, problems


def _of_one_version(files: list[_File], problems: list[ir.Problem]) -> Iterator[_File]:
    """The files of our dialect, else the generic ones. One file that stands in two folders is run once."""
    ours = [file for file in files if not file.is_generic]
    run: dict[str, _File] = {}
    for file in files:
        twin = run.get(file.name)
        if ours and file.is_generic:
            problems.append(_file_problem(file.path, f"replaced by {ours[0].name}, of the same version", 0))
        elif twin is None:
            run[file.name] = file
            yield file
        elif [statement.text for statement in twin.statements] == [statement.text for statement in file.statements]:
            problems.append(_file_problem(file.path, f"the same file as {twin.path}", 0))
        else:
            reason = f"another file of this name is run, with another text: {twin.path}"
            problems.append(_file_problem(file.path, reason, len(file.statements)))


def _file_problem(path: str, reason: str, statements: int) -> ir.Problem:
    return ir.Problem(position=ir.Position(file=path, line=1), reason=reason, statements=statements)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:200]


# --- from a file to its statements

_LEADING = re.compile(r"\A(?:[\s;]|--[^\n]*|/\*.*?(?:\*/|\Z))*", re.DOTALL)


def _statements(path: str, text: str) -> tuple[_Statement, ...]:
    """The statements of a file, without those that are only a comment. Raises :class:`Unreadable`."""
    if len(text) > LARGEST_FILE:
        raise Unreadable(path, f"larger than {LARGEST_FILE} characters, too large for a migration")
    try:
        pieces = sqlparse.split(text)
    except (SQLParseError, RecursionError) as error:
        raise Unreadable(path, f"cannot be split into statements: {_first_line(str(error))}") from None
    statements = []
    end, line = 0, 1
    for piece in pieces:
        body = _LEADING.sub("", piece, count=1)
        if body:
            start = max(text.find(body, end), end)
            line += text.count("\n", end, start)
            statements.append(_Statement(body, ir.Position(file=path, line=line)))
            end = start
    return tuple(statements)


# --- the replay

_TRANSACTION = re.compile(r"(?:BEGIN|START|COMMIT|END)(?:\s+(?:TRANSACTION|WORK))?\s*;?", re.IGNORECASE)

_OPENS_TRANSACTION = re.compile(r"\b(?:BEGIN|START)\b", re.IGNORECASE)

# Rows of the system catalogs: catalog, oid, number of the column, name, what the name is unique in, and whether a
# transaction from the given one on has made or changed it. Indexes and constraints, which an ALTER of a column's type
# makes anew, are always given; they alone have a `parent`. The row `next` holds the transaction to ask from next time.
_OBJECTS = """
WITH object AS (
  SELECT 'pg_class' AS catalog, oid, 0 AS attnum, relname::text AS name,
    CASE WHEN relkind IN ('i', 'I') THEN relnamespace END AS parent, xmin FROM pg_class WHERE oid >= 16384
  UNION ALL SELECT 'pg_attribute', attrelid, attnum, attname::text, NULL, xmin FROM pg_attribute
    WHERE attrelid >= 16384 AND attnum > 0
  UNION ALL SELECT 'pg_constraint', oid, 0, conname::text, conrelid, xmin FROM pg_constraint
    WHERE oid >= 16384 AND contype IN ('p', 'f', 'u', 'c', 'x')
  UNION ALL SELECT 'pg_type', oid, 0, typname::text, NULL, xmin FROM pg_type
    WHERE oid >= 16384 AND typtype IN ('e', 'd', 'r', 'c')
  UNION ALL SELECT 'pg_proc', oid, 0, proname::text, NULL, xmin FROM pg_proc WHERE oid >= 16384
  UNION ALL SELECT 'pg_trigger', oid, 0, tgname::text, NULL, xmin FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT 'pg_rewrite', oid, 0, rulename::text, NULL, xmin FROM pg_rewrite WHERE oid >= 16384
  UNION ALL SELECT 'pg_policy', oid, 0, polname::text, NULL, xmin FROM pg_policy
), told AS (SELECT *, xmin::text::bigint >= %s AS is_changed FROM object)
SELECT catalog, oid, attnum, name, parent, is_changed FROM told WHERE is_changed OR parent IS NOT NULL
UNION ALL SELECT 'next', 0, 0, pg_snapshot_xmax(pg_current_snapshot())::text, NULL, false
ORDER BY catalog, oid, attnum
"""


class _Replay:
    """Runs statements and keeps the position at which each object of the database was made."""

    def __init__(self, database: Database) -> None:
        self.understood = 0
        self.problems: list[ir.Problem] = []
        self.last = ir.Position(file="", line=1)
        self._database = database
        self._next_transaction = 0
        self._positions: dict[Object, ir.Position] = {}
        self._named: dict[tuple[str, int, str], Object] = {}
        self._alive: set[tuple[str, int]] = set()

    def position(self, subject: Object) -> ir.Position:
        """Where the object was created; for what no statement was seen to create, the last statement."""
        return self._positions.get(subject, self.last)

    def run(self, file: _File) -> None:
        """Run the statements of a file, one by one."""
        if not file.statements:
            self.problems.append(_file_problem(file.path, "the file holds no statement", 0))
        for number, statement in enumerate(file.statements):
            try:
                self._run(statement)
            except SandboxExceeded as error:
                rest = len(file.statements) - number if error.final else 1
                more = f", and the {rest - 1} statements after it were not run" if rest > 1 else ""
                self._list(statement, f"cut off: {_first_line(error.message)}{more}", rest)
                if error.final:
                    return

    def _list(self, statement: _Statement, reason: str, statements: int) -> None:
        problem = ir.Problem(
            position=statement.position, reason=reason, text=statement.text[:200], statements=statements
        )
        self.problems.append(problem)

    def _run(self, statement: _Statement) -> None:
        self.last = statement.position
        if _TRANSACTION.fullmatch(statement.text):
            self.understood += 1
            return
        try:
            self._database.run(statement.text)
            if _OPENS_TRANSACTION.search(statement.text):
                self._database.run("COMMIT")
        except StatementFailed as error:
            self._list(statement, f"PostgreSQL refuses the statement: {_first_line(error.message)}", 1)
        else:
            self.understood += 1
            self._note_created(statement)

    def _note_created(self, statement: _Statement) -> None:
        rows = self._database.query(_OBJECTS, (self._next_transaction,))
        alive = {(catalog, oid) for catalog, oid, _, _, parent, _ in rows if parent is not None}
        masked: str | None = None
        for catalog, oid, attnum, name, parent, is_changed in rows:
            subject = (catalog, oid, attnum)
            if catalog == "next":
                self._next_transaction = int(name)
            if not is_changed or subject in self._positions:
                continue
            # What an ALTER of a column's type makes anew stays where it was.
            earlier = self._named.get((catalog, parent, name)) if parent is not None else None
            if earlier and earlier[:2] in self._alive and earlier[:2] not in alive:
                self._positions[subject] = self._positions[earlier]
            else:
                masked = masked if masked is not None else _masked(statement.text)
                self._positions[subject] = _place(statement.position, masked, catalog, name)
            if parent is not None:
                self._named[catalog, parent, name] = subject
        self._alive = alive


# --- the line of a name within its statement

_NO_CODE = re.compile(r"'(?:[^']|'')*(?:'|\Z)|--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_BEFORE = {
    "pg_class": r"\b(?:TABLE|INDEX|CONCURRENTLY|EXISTS|VIEW|SEQUENCE)\s+(?:\w+\.)?",
    "pg_attribute": r"(?:[(,]|\b(?:ADD|COLUMN|EXISTS)\s)\s*",
    "pg_constraint": r"\bCONSTRAINT\s+",
    "pg_type": r"\bTYPE\s+(?:\w+\.)?",
}
_AFTER = {"pg_attribute": r"\s+[\w\"]"}


def _masked(text: str) -> str:
    """The text with strings and comments blanked out, line by line."""
    return _NO_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def _place(position: ir.Position, masked: str, catalog: str, name: str) -> ir.Position:
    """The line where the object is named, when exactly one place can be it; else where its statement begins."""
    before = _BEFORE.get(catalog)
    if before is None or "\n" not in masked:
        return position
    word = re.escape(name)
    named = re.compile(rf'{before}(?P<name>"{word}"|{word}\b){_AFTER.get(catalog, "")}', re.IGNORECASE)
    places = [found.start("name") for found in named.finditer(masked)]
    if len(places) != 1:
        return position
    return ir.Position(file=position.file, line=position.line + masked.count("\n", 0, places[0]))
