"""How much one checkout may take."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Watched from outside git. A limit that is passed ends the checkout, save `file_bytes`, which skips the file.

    `step_seconds`: one run of git. `wait_seconds`: waiting for another run on the same folder. `fetch_bytes`: what the
    folder may grow by on disk. `file_bytes`: one file, unpacked. `files`: those that match the declared paths.
    `paths`: all entries of the commit. `allocation_bytes`: one piece of memory that git may ask for.
    """

    step_seconds: float = 120
    wait_seconds: float = 600
    fetch_bytes: int = 256 * MEGABYTE
    file_bytes: int = 16 * MEGABYTE
    files: int = 50_000
    paths: int = 1_000_000
    allocation_bytes: int = 512 * MEGABYTE
