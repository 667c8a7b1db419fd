"""Running git through GitPython, watched from outside: its time, its output, and what it writes."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from ingest.checkout.errors import GitMissing, TimedOut, TooLarge
from ingest.checkout.limits import MEGABYTE, Limits
from ingest.checkout.source import masked

# GitPython raises on import where there is no git; require_git() says it in a sentence instead.
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

import git
from git.exc import GitCommandNotFound

OLDEST_GIT = (2, 38)  # from here on `git -c safe.directory=…` counts, which upload-pack on a local source needs
_TICK = 0.1  # seconds between two looks at the limits
_CHUNK = 1 << 16
_LARGEST_OUTPUT = 64 * MEGABYTE
_LONGEST_LINE = 2000  # characters of one line of git's messages that are kept


class GitFailed(Exception):
    """git ended with a failure; `message` is the line that says why, `lines` the last lines it wrote."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = tuple(lines)
        told = [line for line in lines if re.match(r"(?:remote: )?(?:fatal|error):", line)]
        self.message = (told or list(lines) or ["git ended without a word"])[0]
        super().__init__(self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What a run of git is watched for: `folder` may not outgrow `folder_bytes`; `where` names the source in errors."""

    where: str
    folder: Path
    folder_bytes: int
    limits: Limits
    lock: int


def require_git() -> None:
    """Raise :class:`GitMissing` unless a git program of a sufficient version can be run."""
    oldest = ".".join(map(str, OLDEST_GIT))
    mend = f"install git {oldest} or newer"
    try:
        said = git.Git().execute([_program(), "version"])
    except GitCommandNotFound:
        raise GitMissing(where="git", what="there is no git program on this machine", mend=mend) from None
    version = re.search(r"(\d+)\.(\d+)", str(said))
    if version is None or (int(version[1]), int(version[2])) < OLDEST_GIT:
        raise GitMissing(where="git", what=f"{said} is too old", mend=mend)


def reader(folder: Path, environment: Mapping[str, str]) -> git.Git:
    """A GitPython command object of one repository, for its persistent `cat-file`."""
    command = git.Git(folder)
    command.update_environment(**environment)
    return command


def run(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    watch: Watch,
    stdin: bytes = b"",
    on_received: Callable[[int, int | None], None] | None = None,
) -> bytes:
    """Run git to its end and give its output, which may be 64 MB long; otherwise as :func:`stream`."""
    output = bytearray()
    with closing(
        stream(arguments, environment=environment, watch=watch, stdin=stdin, on_received=on_received)
    ) as chunks:
        for chunk in chunks:
            output += chunk
            if len(output) > _LARGEST_OUTPUT:
                raise TooLarge(
                    where=watch.where,
                    what=f"git listed over {_LARGEST_OUTPUT // MEGABYTE} MB of refs or objects",
                    mend="take another mirror",
                )
    return bytes(output)


def stream(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    watch: Watch,
    stdin: bytes = b"",
    on_received: Callable[[int, int | None], None] | None = None,
) -> Generator[bytes, None, None]:
    """Run git and give its output piece by piece; leaving the loop early ends git and all that it started.

    `on_received` is told the objects received, and of how many. Raises :class:`GitFailed`, :class:`TimedOut`,
    :class:`TooLarge`.
    """
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        started = git.Git(watch.folder).execute(
            [_program(), *arguments],
            istream=given,
            as_process=True,
            env=environment,
            start_new_session=True,  # a process group of its own, so that helpers and ssh end with it
            pass_fds=(watch.lock,),  # should we be killed, the lock stays until git has ended too
        )
    process = started.proc
    assert process is not None
    messages = _Messages(on_received)
    try:
        with closing(_pump(process, messages, watch)) as output:
            yield from output
        if process.wait() != 0:
            raise GitFailed(messages.lines)
    finally:
        _end(process)


def _pump(process: subprocess.Popen[bytes], messages: _Messages, watch: Watch) -> Generator[bytes, None, None]:
    """Give the output until both pipes end, feed the messages, and look at the limits between."""
    deadline = time.monotonic() + watch.limits.step_seconds
    next_look = 0.0
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)  # type: ignore[arg-type]
        waiting.register(process.stderr, selectors.EVENT_READ)  # type: ignore[arg-type]
        while waiting.get_map():
            for key, _ in waiting.select(_TICK):
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    waiting.unregister(key.fileobj)
                elif key.fileobj is process.stdout:
                    yield chunk
                else:
                    messages.feed(chunk)
            now = time.monotonic()
            if now >= next_look:
                next_look = now + _TICK
                _look(watch, now - deadline)
    _look(watch, 0)


def _look(watch: Watch, overtime: float) -> None:
    if overtime > 0:
        raise TimedOut(
            where=watch.where,
            what=f"git took longer than {watch.limits.step_seconds:g} seconds",
            mend="try again, or from a nearer mirror",
        )
    if folder_bytes(watch.folder) > watch.folder_bytes:
        raise TooLarge(
            where=watch.where,
            what=f"this fetch passed {watch.limits.fetch_bytes / MEGABYTE:.1f} MB on disk and was cut off",
            mend="declare narrower paths, or raise the limit",
        )


def folder_bytes(folder: Path) -> int:
    """The bytes of all files below a folder; a file that goes away meanwhile counts nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(parent, name).lstat().st_size
    return total


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole process group, and close the pipes."""
    if process.returncode is None:  # not reaped yet, so its number cannot belong to anyone else
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _program() -> str:
    return str(git.Git.GIT_PYTHON_GIT_EXECUTABLE or "git")


class _Messages(git.RemoteProgress):
    """git's messages: progress is passed on, of the rest only the last lines are kept, whatever a server sends."""

    def __init__(self, on_received: Callable[[int, int | None], None] | None) -> None:
        super().__init__()
        self._on_received = on_received
        self._rest = b""
        self._last: deque[str] = deque(maxlen=20)

    @property
    def lines(self) -> list[str]:
        return [*self._last, *self._readable(self._rest)]

    def feed(self, chunk: bytes) -> None:
        *whole, rest = re.split(rb"[\r\n]", self._rest + chunk)
        self._rest = rest[:_LONGEST_LINE]
        for raw in whole:
            for line in self._readable(raw):
                self._parse_progress_line(line)
                self._last.extend(self.error_lines + self.other_lines)
                self.error_lines.clear()
                self.other_lines.clear()

    def update(
        self, op_code: int, cur_count: str | float, max_count: str | float | None = None, message: str = ""
    ) -> None:
        if self._on_received is not None and op_code & self.OP_MASK == self.RECEIVING:
            self._on_received(int(cur_count), int(max_count) if max_count else None)

    @staticmethod
    def _readable(raw: bytes) -> list[str]:
        """The line without control characters (a server may send them to a terminal) and credentials; none if blank."""
        line = re.sub(r"[\x00-\x1f\x7f-\x9f]", "", raw[:_LONGEST_LINE].decode("utf-8", "replace")).strip()
        return [masked(line)] if line else []
