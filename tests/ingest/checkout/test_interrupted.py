"""Killed at any moment, damaged, or two at once: the next call goes on, and nothing half-written counts."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.checkout import Busy, Checkout, CheckoutError, Limits, Source, Stage, fetch
from tests.ingest.checkout.origin import Origin

SQL = ("db/*.sql",)

# A run that kills itself, and nothing else, when its progress says a word: in the middle of git's work, too.
_SUICIDE = """
import os, signal, sys
from pathlib import Path
from ingest.checkout import Source, fetch

def progress(stage, done, total):
    if stage.name == sys.argv[4] and done >= int(sys.argv[5]):
        os.kill(os.getpid(), signal.SIGKILL)

fetch(Source(sys.argv[1], sys.argv[2]), Path(sys.argv[3]), ("db/*.sql",), progress=progress)
"""


def contents(checkout: Checkout) -> dict[str, str]:
    with checkout:
        return {path: checkout.tree.text(path) for path in checkout.files}


EXPECTED = {"db/1.sql": "create table a ();\n", "db/2.sql": "create table b ();\n"}


@pytest.mark.parametrize(
    ("stage", "done"),
    [("COMMIT", 0), ("COMMIT", 1), ("TREE", 0), ("TREE", 1), ("FILES", 0), ("FILES", 1), ("FILES", 2)],
)
def test_killed_in_the_middle(origin: Origin, folder: Path, stage: str, done: int) -> None:
    arguments = [str(origin.path), "main", str(folder), stage, str(done)]
    killed = subprocess.run([sys.executable, "-c", _SUICIDE, *arguments], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert contents(fetch(origin.source("main"), folder, SQL)) == EXPECTED
    assert sorted(path.name for path in folder.iterdir()) == ["lock", "refs.json", "repository"]


@pytest.mark.parametrize("done", [0, 1])
def test_killed_while_searching_the_history(origin: Origin, folder: Path, done: int) -> None:
    first = origin.git("rev-parse", "main")
    origin.commit({"db/1.sql": "later"})
    arguments = [str(origin.path), first[:8], str(folder), "HISTORY", str(done)]
    killed = subprocess.run([sys.executable, "-c", _SUICIDE, *arguments], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert contents(fetch(origin.source(first[:8]), folder, SQL)) == EXPECTED
    assert sorted(path.name for path in folder.iterdir()) == ["lock", "refs.json", "repository"]


def test_what_a_killed_git_leaves_is_swept(origin: Origin, folder: Path) -> None:
    fetch(origin.source(), folder, SQL)
    moved = origin.commit({"db/3.sql": "x"})
    repository = folder / "repository"
    for leftover in ("shallow.lock", "config.lock", "objects/pack/tmp_pack_Ab12", "objects/tmp_obj_x"):
        (repository / leftover).write_bytes(b"half")
    for leftover in ("repository.new", "history", "history.new"):
        (folder / leftover / "objects").mkdir(parents=True)
    assert fetch(origin.source(), folder, SQL).commit == moved
    assert not [path for path in repository.rglob("*") if path.suffix == ".lock" or path.name.startswith("tmp_")]
    assert sorted(path.name for path in folder.iterdir()) == ["lock", "refs.json", "repository"]


def truncate_packs(repository: Path) -> None:
    for pack in repository.glob("objects/pack/*.pack"):
        content = pack.read_bytes()
        pack.chmod(0o644)
        pack.write_bytes(content[: len(content) // 2])


def flip_packs(repository: Path) -> None:
    for pack in repository.glob("objects/pack/*.pack"):
        content = bytearray(pack.read_bytes())
        content[12:-20] = bytes(byte ^ 0xFF for byte in content[12:-20])
        pack.chmod(0o644)
        pack.write_bytes(content)


def empty_indexes(repository: Path) -> None:
    for index in repository.glob("objects/pack/*.idx"):
        index.chmod(0o644)
        index.write_bytes(b"")


def remove_one_pack(repository: Path) -> None:
    for file in max(repository.glob("objects/pack/*.pack"), key=lambda pack: pack.stat().st_size).parent.glob("*.idx"):
        file.unlink()
        break


def spoil_shallow(repository: Path) -> None:
    (repository / "shallow").write_text("half a li")


def spoil_config(repository: Path) -> None:
    (repository / "config").write_text("[core\nbare")


def remove_head(repository: Path) -> None:
    (repository / "HEAD").unlink()


def remove_objects(repository: Path) -> None:
    (repository / "objects").rename(repository / "lost")


@pytest.mark.parametrize(
    "damage",
    [
        truncate_packs,
        flip_packs,
        empty_indexes,
        remove_one_pack,
        spoil_shallow,
        spoil_config,
        remove_head,
        remove_objects,
    ],
)
def test_a_damaged_folder_is_made_anew(origin: Origin, folder: Path, damage: Callable[[Path], None]) -> None:
    commit = fetch(origin.source(), folder, SQL).commit
    damage(folder / "repository")
    assert contents(fetch(origin.source(commit), folder, SQL)) == EXPECTED
    assert contents(fetch(Source("/nonexistent", commit), folder, SQL, offline=True)) == EXPECTED


def test_a_damaged_folder_offline_says_so_and_stays(origin: Origin, folder: Path) -> None:
    commit = fetch(origin.source(), folder, SQL).commit
    flip_packs(folder / "repository")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(CheckoutError, match=r"remove this folder and try again|run it once without --offline"):
        fetch(origin.source(commit), folder, SQL, offline=True)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_file_where_the_repository_should_be(origin: Origin, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "repository").write_text("no folder")
    assert contents(fetch(origin.source(), folder, SQL)) == EXPECTED


class Held:
    """A run in a thread that stops in its first stage until it is let go."""

    def __init__(self, source: Source, folder: Path) -> None:
        self._go = threading.Event()
        self.started = threading.Event()
        self.result: list[Checkout] = []
        self._thread = threading.Thread(target=self._work, args=(source, folder))
        self._thread.start()
        assert self.started.wait(60)

    def _work(self, source: Source, folder: Path) -> None:
        self.result.append(fetch(source, folder, SQL, progress=self._progress))

    def _progress(self, stage: Stage, done: int, total: int | None) -> None:
        self.started.set()
        assert self._go.wait(60)

    def let_go(self) -> None:
        self._go.set()

    def join(self) -> None:
        self.let_go()
        self._thread.join(60)


def test_two_at_once_on_one_folder(origin: Origin, folder: Path) -> None:
    first = Held(origin.source(), folder)
    told: list[Stage] = []

    def progress(stage: Stage, done: int, total: int | None) -> None:
        told.append(stage)
        first.let_go()

    try:
        assert contents(fetch(origin.source(), folder, SQL, progress=progress)) == EXPECTED
    finally:
        first.join()
    assert told[0] is Stage.WAITING
    assert told.count(Stage.WAITING) == 1
    assert Stage.TREE not in told  # the first run has brought it
    assert contents(first.result[0]) == EXPECTED


def test_the_second_does_not_wait_for_ever(origin: Origin, folder: Path) -> None:
    first = Held(origin.source(), folder)
    try:
        with pytest.raises(Busy, match=r"another run has held this folder for over 0 seconds; let it end, or end it"):
            fetch(origin.source(), folder, SQL, limits=Limits(wait_seconds=0))
    finally:
        first.join()
    assert contents(first.result[0]) == EXPECTED


def test_folders_do_not_wait_for_each_other(origin: Origin, folder: Path) -> None:
    first = Held(origin.source(), folder)
    told: list[Stage] = []
    try:
        other = fetch(origin.source(), folder.with_name("other"), SQL, progress=lambda stage, *_: told.append(stage))
        assert contents(other) == EXPECTED
    finally:
        first.join()
    assert Stage.WAITING not in told


def test_a_git_that_outlives_its_run_keeps_the_lock(origin: Origin, folder: Path, serve: Callable[..., str]) -> None:
    asked, let_go = threading.Event(), threading.Event()

    def hold(handler: object) -> None:
        asked.set()
        let_go.wait(60)

    run = subprocess.Popen(
        [sys.executable, "-c", _SUICIDE, f"{serve(hold)}/origin.git", "main", str(folder), "NEVER", "0"],
        stderr=subprocess.DEVNULL,
    )
    try:
        assert asked.wait(60)
        run.kill()
        run.wait()
        with pytest.raises(Busy):
            fetch(origin.source(), folder, SQL, limits=Limits(wait_seconds=0))
    finally:
        let_go.set()
    assert contents(fetch(origin.source(), folder, SQL)) == EXPECTED
