"""What a checkout gives: the paths of one commit, and the text of those files that were fetched."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import git

from ingest.checkout.export import export
from ingest.checkout.paths import Skipped
from ingest.tree import Unreadable, decode, select


class CommitTree:
    """The :class:`ingest.tree.Tree` of a commit: all its regular files by name, those that were fetched by text.

    Texts are read from the folder's repository one by one and not kept.
    """

    def __init__(
        self, *, listing: tuple[str, ...], blobs: Mapping[str, str], skipped: Iterable[Skipped], reader: git.Git
    ) -> None:
        self.listing = listing
        self._blobs = blobs
        self._reasons = {entry.path: entry.reason for entry in skipped}
        self._reader = reader
        self._reading = threading.Lock()  # git answers one question at a time

    def paths(self, *patterns: str) -> tuple[str, ...]:
        return select(self.listing, patterns)

    def text(self, path: str) -> str:
        return decode(path, self.content(path))

    def content(self, path: str) -> bytes:
        """The file's bytes. Raises :class:`ingest.tree.Unreadable` for one that was not fetched."""
        oid = self._blobs.get(path)
        if oid is None:
            raise Unreadable(path, self._reasons.get(path) or self._absence(path))
        with self._reading:
            return read_blob(self._reader, path, oid)

    def close(self) -> None:
        """End the git process that reads; a later text starts a new one."""
        with self._reading:
            self._reader.clear_cache()

    def _absence(self, path: str) -> str:
        index = bisect_left(self.listing, path)
        if index < len(self.listing) and self.listing[index] == path:
            return "it is outside the declared paths and was not fetched"
        return "no such file at this commit"


def read_blob(reader: git.Git, path: str, oid: str) -> bytes:
    """The content of a blob that is in the reader's repository; `path` is for :class:`ingest.tree.Unreadable`."""
    try:
        content: bytes = reader.get_object_data(oid)[3]
    except (ValueError, OSError) as error:
        raise Unreadable(path, f"the folder's repository does not give it ({error})") from None
    return content


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """The files of one upstream at one commit. Use it in a `with`: leaving ends the git process that reads texts.

    `commit` has 40 hex digits. `tree` lists all regular files of the commit and gives the text of `files`: those that
    match the patterns and were fetched. What matches and cannot be given is in `skipped`, as are all submodules and
    all paths that cannot be a file of ours. `unmatched` are the patterns that match no regular file of the commit.
    `bytes` is the size of the folder's repository on disk, `fetched_bytes` what this call added to it.
    """

    commit: str
    tree: CommitTree
    files: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    unmatched: tuple[str, ...]
    bytes: int
    fetched_bytes: int

    @property
    def listing(self) -> tuple[str, ...]:
        """All regular files of the commit, sorted; most of them were not fetched."""
        return self.tree.listing

    def export(self, folder: Path, paths: Iterable[str] | None = None) -> tuple[Skipped, ...]:
        """Write files, all unless told which, to a folder that is replaced as a whole: see :func:`export`."""
        return export(folder, self.files if paths is None else paths, self.tree.content)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.tree.close()
