"""From a declaration and a tree to the catalog of one upstream: readers, counters, and the account of what was seen.

Pure: no network, no database of ours, no folder. What a checkout has to fetch for it is :func:`patterns`.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from ingest import counters, ir, readers
from ingest.catalog import canonical
from ingest.declarations import Declaration, Reader
from ingest.tree import Tree

# More problems than this in one file, or more files outside the declared paths, are told as a number.
PROBLEMS_LISTED = 200


class MissingPath(Exception):
    """A declared path matches no file of the tree: the repository's layout is not the declared one."""

    def __init__(self, declaration: Declaration, pattern: str, repository: str, commit: str) -> None:
        super().__init__(
            f"{declaration.name}: the path {pattern!r} matches no file of {repository} at {commit[:12]}; "
            f"put the path of this version into {declaration.name}/upstream.toml"
        )
        self.pattern = pattern


def patterns(declaration: Declaration) -> tuple[str, ...]:
    """The globs of all files that reading needs, those left out with a leading `!`."""
    wanted = dict.fromkeys(pattern for reader in declaration.readers for pattern in reader.paths)
    return (*wanted, *_left_out(declaration))


def read_upstream(declaration: Declaration, tree: Tree, *, repository: str, commit: str) -> ir.Catalog:
    """The canonical catalog of the tree, which is `repository` at `commit`. Raises :class:`MissingPath`.

    `seen` is what the formats' counters count; where understood and listed do not add up to it, a problem says so.
    """
    tables: dict[str, ir.Table] = {}
    readings: list[ir.Reading] = []
    problems: list[ir.Problem] = []
    read: set[str] = set()
    seen = 0
    for reader in declaration.readers:
        paths = _paths(declaration, reader, tree, repository, commit)
        reading = readers.reader(reader.format).read(tree, paths, reader.options)
        counted = counters.counter(reader.format).count(tree, paths, reader.options)
        problems += [*reading.problems, *_balance(reader, paths, reading, counted)]
        problems += _merge(tables, reading)
        readings.append(reading)
        read.update(paths)
        seen += counted
    problems += _outside(declaration, tree, read)
    catalog = ir.Catalog(
        upstream=declaration.name,
        repository=repository,
        commit=commit,
        dialect=" + ".join(dict.fromkeys(reader.options.dialect for reader in declaration.readers)),
        tables=tuple(tables.values()),
        seen=seen,
        understood=sum(reading.understood for reading in readings),
        enums=tuple({enum.name: enum for reading in readings for enum in reading.enums}.values()),
        relationships=tuple(relationship for reading in readings for relationship in reading.relationships),
        problems=tuple(problems),
        extensions=tuple(extension for reading in readings for extension in reading.extensions),
    )
    catalog = _without_tables_left_out(declaration, catalog)
    return canonical(replace(catalog, problems=tuple(_fold(canonical(catalog).problems))))


def _left_out(declaration: Declaration) -> tuple[str, ...]:
    return tuple(f"!{pattern}" for leave_out in declaration.leave_out for pattern in leave_out.paths)


def _paths(declaration: Declaration, reader: Reader, tree: Tree, repository: str, commit: str) -> tuple[str, ...]:
    for pattern in reader.paths:
        if not tree.paths(pattern, *_left_out(declaration)):
            raise MissingPath(declaration, pattern, repository, commit)
    return tree.paths(*reader.paths, *_left_out(declaration))


def _balance(reader: Reader, paths: tuple[str, ...], reading: ir.Reading, counted: int) -> Iterator[ir.Problem]:
    """What the counter sees and the reader does not account for, or the other way round; and an empty reading."""
    position = ir.Position(file=paths[0], line=1)
    if not reading.tables:
        reason = f"no table could be read from the {len(paths)} files of the format {reader.format}"
        yield ir.Problem(position=position, reason=reason, statements=0)
    accounted = reading.understood + sum(problem.statements for problem in reading.problems)
    if accounted != counted:
        reason = (
            f"the counter of {reader.format} sees {counted} statements, the reader accounts for {accounted}: "
            f"{reading.understood} understood and {accounted - reading.understood} listed"
        )
        yield ir.Problem(position=position, reason=reason, statements=max(counted - accounted, 0))


def _merge(tables: dict[str, ir.Table], reading: ir.Reading) -> Iterator[ir.Problem]:
    """Adds the reading's tables; a table that an earlier reader has given stays as it was."""
    for table in reading.tables:
        earlier = tables.setdefault(table.name, table)
        if earlier is not table:
            reason = f"table {table.name} is defined by two readers (first at {earlier.position})"
            yield ir.Problem(position=table.position, reason=reason, text=table.name, statements=0)


def _outside(declaration: Declaration, tree: Tree, read: set[str]) -> Iterator[ir.Problem]:
    """A remark for every file of a declared format that is neither read nor left out with a reason."""
    for name in dict.fromkeys(reader.format for reader in declaration.readers):
        files = tree.paths(*readers.reader(name).FILES, *_left_out(declaration))
        paths = [path for path in files if path not in read]
        for path in paths[:PROBLEMS_LISTED]:
            reason = f"a file of the format {name} outside the declared paths"
            yield ir.Problem(position=ir.Position(file=path, line=1), reason=reason, statements=0)
        if len(paths) > PROBLEMS_LISTED:
            reason = f"and {len(paths) - PROBLEMS_LISTED} more files of the format {name} outside the declared paths"
            position = ir.Position(file=paths[PROBLEMS_LISTED], line=1)
            yield ir.Problem(position=position, reason=reason, statements=0)


def _without_tables_left_out(declaration: Declaration, catalog: ir.Catalog) -> ir.Catalog:
    reasons = {
        table.name: left_out.reason
        for left_out in declaration.tables_left_out
        for table in catalog.tables
        if any(fnmatchcase(table.name, pattern) for pattern in left_out.tables)
    }
    remarks = tuple(
        ir.Problem(
            position=table.position, reason=f"table left out: {reasons[table.name]}", text=table.name, statements=0
        )
        for table in catalog.tables
        if table.name in reasons
    )
    return replace(
        catalog,
        tables=tuple(table for table in catalog.tables if table.name not in reasons),
        enums=tuple(enum for enum in catalog.enums if enum.name.rpartition(".")[0] not in reasons),
        relationships=tuple(
            relationship
            for relationship in catalog.relationships
            if relationship.source.rpartition(".")[0] not in reasons and relationship.target not in reasons
        ),
        problems=catalog.problems + remarks,
    )


def _fold(problems: Iterable[ir.Problem]) -> Iterator[ir.Problem]:
    """At most :data:`PROBLEMS_LISTED` problems a file; the rest as one that keeps the number of statements."""
    listed: Tally[str] = Tally()
    rest: dict[str, list[ir.Problem]] = {}
    for problem in problems:
        listed[problem.position.file] += 1
        if listed[problem.position.file] <= PROBLEMS_LISTED:
            yield problem
        else:
            rest.setdefault(problem.position.file, []).append(problem)
    for folded in rest.values():
        yield ir.Problem(
            position=folded[0].position,
            reason=f"and {len(folded)} more problems in this file",
            statements=sum(problem.statements for problem in folded),
        )
