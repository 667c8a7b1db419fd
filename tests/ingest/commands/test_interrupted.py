"""clone_schemas interrupted, killed, and run twice at once: processes of their own, on the test's database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from ingest.catalog import load
from ingest.models import Snapshot, Upstream
from ingest.storage import catalog_of
from tests.ingest.checkout.origin import Origin
from tests.ingest.commands.conftest import Folders

Start = Callable[..., subprocess.Popen[str]]


class Silence:
    """A git server that takes every call and never says a word."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"git://127.0.0.1:{self._listener.getsockname()[1]}/silent.git"
        self.calls: list[socket.socket] = []
        self.called = threading.Event()
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                call, _ = self._listener.accept()
            except OSError:
                return
            self.calls.append(call)
            self.called.set()

    def wait_until_hung_up(self) -> None:
        """Return when the caller has ended its call: its git is gone."""
        call = self.calls[-1]
        call.settimeout(30)
        while call.recv(4096):
            pass

    def close(self) -> None:
        self._listener.close()
        for call in self.calls:
            call.close()


@pytest.fixture
def silence() -> Iterator[Silence]:
    server = Silence()
    yield server
    server.close()


@pytest.fixture
def start(folders: Folders, committed_upstreams: None) -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.ingest.commands.elsewhere",
            "TEST_DATABASE": connection.settings_dict["NAME"],
            "TEST_FOLDER": str(folders.declarations.parent),
            "PYTHONUNBUFFERED": "1",
        }
        process = subprocess.Popen(
            [sys.executable, "manage.py", "clone_schemas", *arguments],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def lines_until(process: subprocess.Popen[str], wanted: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if wanted in line:
            return
    raise AssertionError(f"{wanted!r} was not said")


def is_whole(folder: Path) -> bool:
    """The folder holds the extracts of the current snapshot, and nothing is left of any other."""
    current = Upstream.objects.select_related("current").get(name=folder.name).current
    assert current is not None
    beside = [path.name for path in folder.parent.iterdir() if path.name.startswith(f".{folder.name}.")]
    written = load((folder / "catalog.json").read_text(encoding="utf-8"))
    return written == catalog_of(current) and beside == [f".{folder.name}.lock"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_interrupted_keeps_what_is_stored_and_the_next_call_goes_on(
    folders: Folders, tiny: Origin, small: Origin, silence: Silence, start: Start, number: int, code: int
) -> None:
    first = start("--source", f"tiny={tiny.path}", "--source", f"small={silence.url}", "--jobs=2")
    lines_until(first, "2 tables")
    assert silence.called.wait(30)
    first.send_signal(number)
    _, said = first.communicate(timeout=60)
    assert first.returncode == code
    if number == signal.SIGINT:
        assert said.endswith("CommandError: Interrupted; what was stored stays.\n")
        assert "Traceback" not in said
    silence.wait_until_hung_up()
    assert list(Snapshot.objects.values_list("upstream__name", flat=True)) == ["tiny"]
    assert not (folders.extracts / "small").exists()
    assert is_whole(folders.extracts / "tiny")
    second = start("--source", f"tiny={tiny.path}", "--source", f"small={small.path}")
    _, said = second.communicate(timeout=60)
    assert second.returncode == 0, said
    assert Snapshot.objects.count() == 2
    assert is_whole(folders.extracts / "small")


def test_two_at_once_both_succeed_and_store_once(folders: Folders, tiny: Origin, small: Origin, start: Start) -> None:
    sources = ("--source", f"tiny={tiny.path}", "--source", f"small={small.path}", "--jobs=1")
    ended = [(process, process.communicate(timeout=90)) for process in [start(*sources), start(*sources)]]
    for process, (_, said) in ended:
        assert process.returncode == 0, said
    assert Snapshot.objects.count() == 2
    assert is_whole(folders.extracts / "tiny")
    assert is_whole(folders.extracts / "small")
