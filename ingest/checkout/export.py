"""Files of a checkout as plain files in a folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from ingest.checkout.errors import Refused
from ingest.checkout.limits import Limits
from ingest.checkout.lock import locked, unwritable
from ingest.checkout.paths import Skipped, collisions, oddness
from ingest.checkout.progress import silent


def export(folder: Path, paths: Iterable[str], content: Callable[[str], bytes]) -> tuple[Skipped, ...]:
    """Write the files to a folder that is replaced as a whole: written beside it first, then renamed.

    Gives what was left out: a path that differs from an earlier one by case only, so that the folder is the same on
    every system. Raises :class:`Refused` for a path that would leave the folder, or a folder that is a symlink,
    before anything is written; :class:`Unwritable`; and what `content` raises. In all of them the folder stays as it
    was.
    """
    wanted = sorted(set(paths))
    for path in wanted:
        if reason := oddness(os.fsencode(path)):
            raise Refused(where=str(folder), what=f"{path!r} cannot be written there: {reason}", mend="leave it out")
    if folder.is_symlink():
        raise Refused(where=str(folder), what="the folder is a symlink", mend="put a real folder in its place")
    clashes = collisions(wanted)
    hidden = folder.parent / f".{folder.name}"
    fresh, previous = (hidden.with_name(f"{hidden.name}.{end}") for end in ("new", "old"))
    with locked(hidden.with_name(f"{hidden.name}.lock"), seconds=Limits().wait_seconds, progress=silent):
        try:
            _clear(fresh, previous)
            fresh.mkdir()
            for path in wanted:
                if path not in clashes:
                    _write(fresh / path, content(path))
            if folder.exists():
                folder.rename(previous)
            fresh.rename(folder)
            _clear(previous)
        except OSError as error:
            raise unwritable(folder, error) from None
        finally:
            _clear(fresh)
    return tuple(
        Skipped(path, f"it differs from {earlier} only by case, and not every system can hold both")
        for path, earlier in clashes.items()
    )


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        file.write(content)


def _clear(*folders: Path) -> None:
    for folder in folders:
        if folder.exists():
            shutil.rmtree(folder)
