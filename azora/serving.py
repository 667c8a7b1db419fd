"""Serving on this machine: the web server and the worker as two processes, started and stopped together."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

HOST = "127.0.0.1"
FIRST_CHOICE = 8000


class ServingError(Exception):
    """The platform cannot be served, or stopped being served; the message says why and what to do."""


def choose_port(asked: int | None) -> int:
    """The port asked for, else 8000, else any free one. Raises `ServingError` where the one asked for is taken."""
    if asked is not None:
        if not 1 <= asked <= 65535:
            raise ServingError(f"{asked} is no port: give a number from 1 to 65535.")
        try:
            return _try_port(asked)
        except PermissionError:
            raise ServingError(f"Port {asked} may only be taken by root: choose one above 1023.") from None
        except OSError:
            raise ServingError(
                f"Port {asked} on {HOST} is taken by another program: choose another one (make run PORT=...), "
                "or leave it out and a free one is taken."
            ) from None
    try:
        return _try_port(FIRST_CHOICE)
    except OSError:
        return _try_port(0)


def _try_port(port: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        return int(probe.getsockname()[1])


def collect_static() -> bool:
    """Gather the static files where they changed since the last time. Returns whether there was anything to do."""
    stamp = settings.STATIC_ROOT / ".collected"
    fingerprint = _static_fingerprint()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(fingerprint)
    return True


def _static_fingerprint() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            digest.update(f"{path}\0{storage.size(path)}\0{storage.get_modified_time(path)}\0".encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Child:
    """One process of the platform, and the file that its output goes to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


def serve(*, port: int, logs: Path, meanwhile: Callable[[], None], ready: Callable[[], None]) -> None:
    """Run the web server and the worker until a signal ends them.

    `meanwhile` is called while they start, `ready` once requests are answered. Raises `ServingError` where one of the
    two ends by itself; the other is stopped then.
    """
    with _stop_on_signals() as stopped, _children(port, logs) as children:
        meanwhile()
        _wait_until_healthy(port, children, stopped)
        if not stopped:
            ready()
        while not stopped:
            _raise_if_ended(children)
            time.sleep(0.2)


@contextlib.contextmanager
def _stop_on_signals() -> Iterator[list[int]]:
    """The list is empty until SIGINT, SIGTERM or SIGHUP arrives."""
    received: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        received.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _children(port: int, logs: Path) -> Iterator[list[Child]]:
    logs.mkdir(parents=True, exist_ok=True)
    granian = ["--interface", "wsgi", "--host", HOST, "--port", str(port), "--no-ws", "--workers-kill-timeout", "5"]
    threads = ["--workers", "2", "--blocking-threads", "4"]
    commands = {
        "web": [sys.executable, "-m", "granian", *granian, *threads, "azora.wsgi:application"],
        "worker": [sys.executable, str(settings.BASE_DIR / "manage.py"), "run_jobs"],
    }
    children: list[Child] = []
    try:
        for name, command in commands.items():
            children.append(_start(name, command, logs / f"{name}.log"))
        yield children
    finally:
        for child in children:
            if child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + 15
        for child in children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.1, deadline - time.monotonic()))
            if child.process.poll() is None:
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()


def _start(name: str, command: list[str], log: Path) -> Child:
    """A session of its own, so that Ctrl-C in the terminal reaches only the parent, which stops all in order."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env={**os.environ, "AZORA_DATABASE_POOL": "true", "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return Child(name, process, log)


def _wait_until_healthy(port: int, children: list[Child], stopped: list[int], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not stopped:
        _raise_if_ended(children)
        state = _health(port)
        if state is not None and state["database"] == "ok" and state["worker"] == "ok":
            return
        if time.monotonic() > deadline:
            raise ServingError(f"The platform did not answer within {seconds:.0f} seconds: see {children[0].log}.")
        time.sleep(0.1)


def _health(port: int) -> dict[str, Any] | None:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return dict(json.load(connection.getresponse()))
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _raise_if_ended(children: list[Child]) -> None:
    for child in children:
        code = child.process.poll()
        if code is not None:
            lines = child.log.read_text(errors="replace").strip().splitlines()
            last = lines[-1] if lines else "(no output)"
            raise ServingError(
                f"The {child.name} process ended with code {code}; see {child.log}. Its last line: {last}"
            )
