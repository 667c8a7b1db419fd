"""Secrets in files."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from azora.kernel.secrets import read_or_make_secret, write_secret


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "secret"
    first = read_or_make_secret(path)
    assert len(first) == 64
    assert read_or_make_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_starting_together_gives_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: read_or_make_secret(tmp_path / "secret"), range(40)))
    assert len(made) == 1


def test_a_secret_can_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_secret(path, "old")
    write_secret(path, "new")
    assert path.read_text() == "new\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
