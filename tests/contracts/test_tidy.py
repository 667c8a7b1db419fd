"""Promises about the sources themselves: size, names, imports, and words that have no place in them."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("azora", "accounts", "lms", "ingest", "benchmarks")

#: Imports inside a function that have a reason. May only shrink.
LOCAL_IMPORTS = {
    "manage.py": "Django's absence gets a sentence",
    "azora/apps.py": "checks are registered when the apps are ready",
    "azora/kernel/apps.py": "checks are registered when the apps are ready",
}
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}


def sources() -> list[Path]:
    found = [ROOT / "manage.py", ROOT / "bootstrap.py"]
    for package in PACKAGES:
        found += sorted((ROOT / package).rglob("*.py"))
    return [path for path in found if "migrations" not in path.parts]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_small_and_honest(path: Path) -> None:
    text = path.read_text()
    name = str(path.relative_to(ROOT))
    tree = ast.parse(text)
    assert text.count("\n") <= 500, f"{name} has over 500 lines"
    assert path.stem not in VAGUE, f"{name} is named for nothing"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno <= 70, f"{name}: {node.name} has over 70 lines"
            hidden = [inner for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom)]
            assert not hidden or name in LOCAL_IMPORTS, f"{name}: {node.name} hides an import"
    assert not re.search(r"\b(TODO|FIXME|XXX|NotImplementedError)\b", text), f"{name} has something unfinished"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text())
    if path.name == "apps.py" or not tree.body:
        return
    assert ast.get_docstring(tree), f"{path.relative_to(ROOT)} has no docstring"


def test_no_signals_and_no_overridden_saves() -> None:
    for path in sources():
        text = path.read_text()
        assert "@receiver" not in text, f"{path} uses signals"
        if "models" in path.parts or path.name == "models.py":
            assert not re.search(r"def save\(", text), f"{path} overrides save()"


def test_no_registry_host_in_any_lock() -> None:
    for path in [*ROOT.glob("requirements/*"), *ROOT.glob("tests/node/package*.json")]:
        assert "://" not in path.read_text(), f"{path.name} names a host"


def test_nothing_generated_is_tracked() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    generated = re.compile(
        r"^(var|\.venv|database-schemas|extracted-schemas|staticfiles)/|__pycache__|\.pyc$|node_modules/"
    )
    assert not [name for name in tracked if generated.search(name)]
