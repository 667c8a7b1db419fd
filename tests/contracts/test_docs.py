"""Documents are held to the code: what exists is named in them, and what they name exists."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from azora.checks import known_variables

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
OURS = ("azora", "accounts", "lms", "ingest")


def test_every_variable_is_explained_in_the_readme() -> None:
    missing = {name for name in known_variables() | {"DATABASE_URL"} if f"`{name}`" not in README}
    assert missing == set()


def test_every_variable_in_the_readme_is_read() -> None:
    assert set(re.findall(r"`(AZORA_[A-Z_]+)`", README)) <= known_variables()


@pytest.mark.parametrize("command", sorted(name for name, app in get_commands().items() if app.split(".")[0] in OURS))
def test_every_command_is_named_in_the_changelog_or_the_readme(command: str) -> None:
    assert re.search(rf"`{command}\b", README + (ROOT / "CHANGELOG.md").read_text())


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/**/*.md")), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_links_of_the_readme_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert "://" in target or (ROOT / target).exists(), target


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/how-to/*.md")), ids=lambda path: path.stem)
def test_a_recipe_is_short(path: Path) -> None:
    steps = [line for line in path.read_text().splitlines() if re.match(r"\d+\.|- ", line)]
    assert len(steps) <= 10


def test_the_readme_says_what_it_is_before_the_details_on_one_screen() -> None:
    before, details, _ = README.partition("## Details")
    assert details
    assert before.count("\n") <= 40


def test_every_folder_of_code_is_in_the_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    for app in OURS:
        assert f"`{app}`" in text
    for folder in sorted(path.name for path in (ROOT / "ingest").iterdir() if path.is_dir()):
        if folder not in {"__pycache__", "management", "migrations", "templates"}:
            assert f"`{folder}/" in text, folder
