"""Promises over all declared upstreams and their committed catalogs."""

import re

import pytest

from ingest import catalog, declarations, ir, pipeline
from ingest.tree import matches

NAMES = declarations.names()


def committed(name: str) -> ir.Catalog:
    return catalog.load(declarations.load(name).catalog_file.read_text(encoding="utf-8"))


def test_every_folder_is_an_upstream() -> None:
    folders = [path.name for path in declarations.FOLDER.iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert sorted(folders) == list(NAMES)
    assert {"authelia", "fider", "kratos", "moodle"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_declaration_says_what_is_wanted_and_what_was_read(name: str) -> None:
    declaration = declarations.load(name)
    assert declaration.name == name
    assert declaration.pin.ref
    assert re.fullmatch("[0-9a-f]{40}", declaration.read_from.commit)
    if declaration.read_from.repository == declaration.repository:
        assert declaration.pin.commit == declaration.read_from.commit
    else:
        assert declaration.pin.commit != declaration.read_from.commit


@pytest.mark.parametrize("name", NAMES)
def test_a_committed_catalog_is_canonical_and_what_was_declared(name: str) -> None:
    declaration = declarations.load(name)
    text = declaration.catalog_file.read_text(encoding="utf-8")
    found = catalog.load(text)
    assert catalog.dump(found) == text
    assert found.upstream == name
    assert (found.repository, found.commit) == (declaration.read_from.repository, declaration.read_from.commit)
    assert found.dialect == " + ".join(dict.fromkeys(reader.options.dialect for reader in declaration.readers))


@pytest.mark.parametrize("name", NAMES)
def test_a_committed_catalog_accounts_for_all_that_was_seen(name: str) -> None:
    found = committed(name)
    assert found.seen == found.understood + sum(problem.statements for problem in found.problems)
    assert found.understood >= 0.99 * found.seen
    assert not [problem for problem in found.problems if problem.reason.startswith("the counter of")]


@pytest.mark.parametrize("name", NAMES)
def test_a_committed_catalog_has_no_file_of_its_formats_unexplained(name: str) -> None:
    assert not [problem for problem in committed(name).problems if "outside the declared paths" in problem.reason]


@pytest.mark.parametrize("name", NAMES)
def test_positions_are_in_the_declared_paths(name: str) -> None:
    patterns = pipeline.patterns(declarations.load(name))
    wanted = [pattern for pattern in patterns if not pattern.startswith("!")]
    unwanted = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    files = {column.position.file for table in committed(name).tables for column in table.columns}
    assert files
    for file in files:
        assert any(matches(file, pattern) for pattern in wanted), file
        assert not any(matches(file, pattern) for pattern in unwanted), file


@pytest.mark.parametrize("name", NAMES)
def test_a_committed_catalog_holds_together(name: str) -> None:
    found = committed(name)
    assert found.tables
    for table in found.tables:
        columns = {column.name for column in table.columns}
        assert columns, table.name
        own = [key.columns for key in (table.primary_key, *table.foreign_keys) if key]
        own += [(part.text,) for index in table.indexes for part in index.parts if not part.is_expression]
        own += [index.include for index in table.indexes]
        assert not {name for names in own for name in names} - columns, table.name
        for column in table.columns:
            assert column.type.kind is not ir.Kind.UNKNOWN, (table.name, column.name)
            assert not (column.nullable and table.primary_key and column.name in table.primary_key.columns)
        for key in table.foreign_keys:
            target = found.table(key.references)
            assert target, (table.name, key)
            assert all(target.column(name) for name in key.referenced_columns), (table.name, key)


FIGURES = {
    # As the upstream's own code builds them: tables, columns, not null, primary keys, foreign keys, unique, other.
    "authelia": (25, 250, 195, 24, 15, 16, 26),
    "fider": (23, 194, 148, 23, 46, 20, 9),
    "kratos": (26, 288, 210, 26, 55, 11, 57),
    "moodle": (494, 4487, 3418, 494, 602, 182, 347),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_committed_catalog_has_the_measured_figures(name: str) -> None:
    tables = committed(name).tables
    indexes = [index for table in tables for index in table.indexes]
    assert FIGURES[name] == (
        len(tables),
        sum(len(table.columns) for table in tables),
        sum(not column.nullable for table in tables for column in table.columns),
        sum(table.primary_key is not None for table in tables),
        sum(len(table.foreign_keys) for table in tables),
        sum(index.unique for index in indexes),
        sum(not index.unique for index in indexes),
    )
