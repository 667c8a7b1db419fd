"""`make check-node` fails where something is missing or wrong, and never skips; Node itself is not needed here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.node import check


def given(monkeypatch: pytest.MonkeyPatch, *results: tuple[str, str]) -> None:
    def checks() -> Iterator[tuple[str, str]]:
        yield from results

    monkeypatch.setattr(check, "install", lambda: None)
    monkeypatch.setattr(check, "checks", checks)


def test_it_counts_and_fails_with_one_complaint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given(monkeypatch, ("fider", ""), ("moodle", "a word is wrong"))
    assert check.main() == 1
    assert capsys.readouterr().out == "ok  fider\nFAILED  moodle: a word is wrong\n1 passed, 1 failed\n"


def test_it_succeeds_when_nothing_is_wrong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    given(monkeypatch, ("fider", ""))
    assert check.main() == 0
    assert capsys.readouterr().out.endswith("\n1 passed, 0 failed\n")


def test_what_cannot_be_installed_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    home = tmp_path / "node"
    monkeypatch.setattr(check, "HOME", home)
    monkeypatch.setattr(check, "PROJECT", home / "prisma")
    monkeypatch.setattr(check, "WHEEL", home / "wheel")
    monkeypatch.setattr(check, "NODE", home / "wheel" / "node")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    assert check.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Installing Node and Prisma into var/node"
    assert lines[1].startswith("Node's wheel could not be installed: see that pip reaches its package registry")
    assert lines[2:] == ["0 passed, 1 failed"]
    assert not (home / "stamp").exists()


def test_each_mutation_changes_a_sound_schema() -> None:
    path = next(iter(sorted((check.ROOT / "ingest" / "upstreams").glob("*/catalog.json"))))
    sound = check.prisma.render(check.load(path.read_text(encoding="utf-8"))).text
    mutated = [text for _, text, _ in check.mutations(sound)]
    assert len({sound, *mutated}) == 5


def test_no_catalog_at_all_is_a_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(check, "ROOT", tmp_path)
    with pytest.raises(check.Trouble, match="There is no ingest/upstreams"):
        next(check.checks())
