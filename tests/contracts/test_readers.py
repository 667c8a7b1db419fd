"""Promises over all readers: by example, by account, and under damage.

A golden case is a folder `tests/ingest/readers/<format>/<case>/` with an `upstream.toml`, a `tree/` of small files, and
the `expected.json` that reading them gives.
"""

import ast
import dataclasses
import importlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import catalog, counters, declarations, ir, pipeline, readers
from ingest.tree import MemoryTree, matches

CASES = Path(__file__).resolve().parents[1] / "ingest" / "readers"
GOLDEN = sorted(str(path.parent.relative_to(CASES)) for path in CASES.glob("*/*/upstream.toml"))
Files = dict[str, str | bytes]


def declaration_of(case: str) -> declarations.Declaration:
    path = CASES / case / "upstream.toml"
    return declarations.parse("sample", path.read_text(), path)


def files_of(case: str) -> Files:
    root = CASES / case / "tree"
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def read(case: str, files: Files) -> ir.Catalog:
    declaration = declaration_of(case)
    tree = MemoryTree(files)
    commit = declaration.read_from.commit
    return pipeline.read_upstream(declaration, tree, repository=declaration.read_from.repository, commit=commit)


def listed(found: ir.Catalog) -> int:
    return sum(problem.statements for problem in found.problems)


def accounts_for_all(found: ir.Catalog) -> bool:
    """Whether the sum holds, or a problem says by number that the reader claims more than the counter saw."""
    return found.seen == found.understood + listed(found) or (
        found.seen < found.understood + listed(found)
        and any(problem.reason.startswith("the counter of") for problem in found.problems)
    )


@pytest.mark.parametrize("name", readers.formats())
def test_a_format_is_a_reader_a_counter_and_golden_cases(name: str) -> None:
    reader = readers.reader(name)
    assert reader.FILES
    assert all(matches(pattern.replace("**/", "a/b/").replace("*", "x"), pattern) for pattern in reader.FILES)
    assert dataclasses.is_dataclass(reader.Options)
    assert reader.Options.__dataclass_params__.frozen
    assert callable(reader.read)
    assert callable(counters.counter(name).count)
    assert (CASES / name / "trouble" / "expected.json").exists()
    assert len([case for case in GOLDEN if case.startswith(f"{name}/")]) >= 2


@pytest.mark.parametrize("name", readers.formats())
@pytest.mark.parametrize("kind", ["readers", "counters"])
def test_readers_and_counters_stand_alone(name: str, kind: str) -> None:
    module = importlib.import_module(f"ingest.{kind}.{name}")
    tree = ast.parse(Path(module.__file__ or "").read_text())
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert not [found for found in imported if found.startswith(("ingest.readers", "ingest.counters", "django"))]


@pytest.mark.parametrize("case", GOLDEN)
def test_reading_gives_what_is_expected_and_accounts_for_all(case: str) -> None:
    found = read(case, files_of(case))
    expected = (CASES / case / "expected.json").read_text()
    assert catalog.to_json(found) == catalog.to_json(catalog.load(expected))
    assert catalog.dump(found) == expected
    assert found.seen == found.understood + listed(found)
    assert not [problem for problem in found.problems if problem.reason.startswith("the counter of")]


@pytest.mark.parametrize("case", GOLDEN)
def test_positions_are_in_the_files(case: str) -> None:
    found, files = read(case, files_of(case)), files_of(case)
    positions = [problem.position for problem in found.problems] + [enum.position for enum in found.enums]
    for table in found.tables:
        positions += [table.position, *(column.position for column in table.columns)]
        positions += [part.position for part in (*table.foreign_keys, *table.indexes, *table.checks)]
        positions += [table.primary_key.position] if table.primary_key else []
    assert positions
    for position in positions:
        lines = bytes(files[position.file]).count(b"\n") + 1
        assert 1 <= position.line <= lines, position


def test_options_are_as_strict_as_declared() -> None:
    with pytest.raises(readers.UnknownFormat, match="no format 'xml'; did you mean 'xmldb'"):
        readers.reader("xml")
    with pytest.raises(readers.OptionError, match="format xmldb has no option 'dialect'"):
        readers.options("xmldb", {"dialect": "x"})


DAMAGED = [case for case in GOLDEN if not case.endswith("/trouble")]


@pytest.mark.parametrize("case", DAMAGED)
@settings(max_examples=4, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damage_gives_problems_and_never_an_exception(case: str, data: st.DataObject) -> None:
    files = files_of(case)
    path = data.draw(st.sampled_from(sorted(files)))
    content = bytes(files[path])
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(content))] * 2)))
    instead = data.draw(
        st.sampled_from([b"", b"\x00", b"\xff", b"'", b'"', b"$$", b"/*", b"<!--", b"<", b"((((", b";\n"])
    )
    files[path] = content[:start] + instead + content[end:]
    found = read(case, files)
    assert accounts_for_all(found)
    assert catalog.load(catalog.dump(found)) == found
    assert found.tables or found.problems


@pytest.mark.parametrize("case", {case.partition("/")[0]: case for case in DAMAGED}.values())
@pytest.mark.parametrize(
    "content",
    [b"", b" \n", b"\xff\xfe\x00", "<\u00e9>".encode("utf-16"), b"no schema here", b"(" * 3000, b"<a>" * 3000],
    ids=["empty", "blank", "no text", "utf-16", "prose", "deep parentheses", "deep elements"],
)
def test_nothing_but_rubbish_is_never_a_success(case: str, content: bytes) -> None:
    found = read(case, dict.fromkeys(files_of(case), content))
    assert found.tables == ()
    assert found.problems
    assert found.understood == 0
    assert accounts_for_all(found)
