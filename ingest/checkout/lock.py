"""One run at a time on one folder."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.checkout.errors import Busy, Unwritable
from ingest.checkout.progress import Progress, Stage


@contextmanager
def locked(path: Path, *, seconds: float, progress: Progress) -> Iterator[int]:
    """Hold an exclusive lock on a file; gives its descriptor, which children inherit to hold it as long as they live.

    The lock goes with its last holder, so a run that was killed leaves none. Says that it waits, and raises
    :class:`Busy` after `seconds`, :class:`Unwritable` where the file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise unwritable(path, error) from None
    try:
        _wait(descriptor, path, seconds, progress)
        yield descriptor
    finally:
        os.close(descriptor)


def unwritable(path: Path, error: OSError) -> Unwritable:
    """The sentence for a folder or file that the system does not let us write."""
    return Unwritable(where=str(path), what=error.strerror or str(error), mend="make room or give rights there")


def _wait(descriptor: int, path: Path, seconds: float, progress: Progress) -> None:
    deadline = time.monotonic() + seconds
    told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not told:
                progress(Stage.WAITING, 0, None)
                told = True
            if time.monotonic() >= deadline:
                raise Busy(
                    where=str(path.parent),
                    what=f"another run has held this folder for over {seconds:g} seconds",
                    mend="let it end, or end it, and try again",
                ) from None
            time.sleep(0.05)
        else:
            return
