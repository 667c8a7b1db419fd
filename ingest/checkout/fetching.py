"""Bringing the wanted files of one commit into a folder, and no others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import git

from ingest.checkout.contents import Checkout, CommitTree, read_blob
from ingest.checkout.errors import CheckoutError, Incomplete, NotFetched, TooLarge
from ingest.checkout.limits import MEGABYTE, Limits
from ingest.checkout.lock import locked, unwritable
from ingest.checkout.paths import Skipped, oddness, shown
from ingest.checkout.process import GitFailed, Watch, folder_bytes, require_git
from ingest.checkout.progress import Progress, Stage, silent
from ingest.checkout.repository import Entry, Repository
from ingest.checkout.resolving import resolve
from ingest.checkout.source import Source
from ingest.checkout.trouble import named
from ingest.tree import Unreadable, matches, select

_REGULAR = ("100644", "100755", "100664")
_SYMLINK = "120000"
_POINTER = b"version https://git-lfs.github.com/spec/"
_LARGEST_POINTER = 1024  # bytes, by the specification of Git LFS
_CHUNK = 5000  # entries looked at together


def fetch(
    source: Source,
    folder: Path,
    patterns: Sequence[str],
    *,
    limits: Limits | None = None,
    offline: bool = False,
    progress: Progress = silent,
) -> Checkout:
    """The files of `source` that match the patterns (see :func:`ingest.tree.matches`; a leading `!` leaves out).

    `folder` keeps what was fetched: what is there already is not fetched again, and nothing at all is asked of the
    source where the ref is a full commit that is there. With `offline` nothing is asked of it in any case, and a
    branch or tag means what it meant when it was last fetched. A folder that an earlier run left in any state is gone
    on with, or made anew. Raises :class:`ingest.checkout.errors.CheckoutError` in one of its kinds.
    """
    require_git()
    limits = limits or Limits()
    folder = folder.absolute()
    with locked(folder / "lock", seconds=limits.wait_seconds, progress=progress) as lock:
        before = folder_bytes(folder)
        watch = Watch(
            where=str(source), folder=folder, folder_bytes=before + limits.fetch_bytes, limits=limits, lock=lock
        )
        try:
            return _Run(source, watch, tuple(patterns), offline, progress, before).checkout()
        except OSError as error:
            raise unwritable(folder, error) from None


@dataclass(slots=True)
class _Listing:
    """A commit's tree as far as it was read: regular paths, the blobs of the wanted ones, what is left out."""

    entries: int = 0
    paths: list[str] = field(default_factory=list)
    blobs: dict[str, str] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)


class _Run:
    """One call of :func:`fetch`, which holds the folder's lock."""

    def __init__(
        self, source: Source, watch: Watch, patterns: tuple[str, ...], offline: bool, progress: Progress, before: int
    ) -> None:
        self._source = source
        self._watch = watch
        self._limits = watch.limits
        self._patterns = patterns
        self._offline = offline
        self._progress = progress
        self._before = before
        self._repository = Repository(watch.folder / "repository", watch)
        self._history = Repository(watch.folder / "history", watch)

    def checkout(self) -> Checkout:
        """Fetch and list. Where git fails in a way without a name on a repository that was there, it is made anew."""
        used = self._repository.exists
        packs = self._repository.packs()
        try:
            self._history.remove()
            if not used:
                self._repository.make()
            self._repository.sweep()
            try:
                return self._checkout()
            except CheckoutError as trouble:
                if type(trouble) is not CheckoutError or self._offline or not used:
                    raise
            self._repository.make()
            return self._checkout()
        except TooLarge:
            for pack in self._repository.packs() - packs:
                pack.unlink(missing_ok=True)
            raise
        finally:
            self._repository.sweep()

    def _checkout(self) -> Checkout:
        try:
            commit = resolve(
                self._source,
                self._repository,
                self._history,
                self._watch.folder / "refs.json",
                offline=self._offline,
                progress=self._progress,
            )
            listing = self._listing(commit)
            sizes = self._sizes(listing)
            reader = self._repository.reader()
            blobs = self._readable(listing, sizes, reader)
        except (GitFailed, Unreadable) as damage:
            raise CheckoutError(
                where=str(self._watch.folder),
                what=f"its repository does not give what it should hold ({damage})",
                mend="remove this folder and try again",
            ) from None
        skipped = tuple(sorted(listing.skipped))
        size = folder_bytes(self._watch.folder)
        tree = CommitTree(listing=tuple(sorted(listing.paths)), blobs=blobs, skipped=skipped, reader=reader)
        return Checkout(
            commit=commit,
            tree=tree,
            files=tuple(sorted(blobs)),
            skipped=skipped,
            unmatched=tuple(
                pattern
                for pattern in self._patterns
                if not pattern.startswith("!") and not any(matches(path, pattern) for path in tree.listing)
            ),
            bytes=size,
            fetched_bytes=max(0, size - self._before),
        )

    def _listing(self, commit: str) -> _Listing:
        """The commit's tree, fetched first where it is not here as a whole."""
        try:
            return self._read(commit)
        except GitFailed:
            if self._offline:
                raise self._not_fetched("the tree of this commit") from None
        with self._asking(_Listing()):
            self._progress(Stage.TREE, 0, None)
            self._repository.fetch(self._source, commit, filter_spec="blob:none", received=self._received(Stage.TREE))
        return self._read(commit)

    def _read(self, commit: str) -> _Listing:
        listing = _Listing()
        with closing(self._repository.entries(commit)) as entries:
            while chunk := list(islice(entries, _CHUNK)):
                self._take(chunk, listing)
                if listing.entries > self._limits.paths:
                    raise self._too_many(f"the commit lists over {self._limits.paths} paths")
                if len(listing.blobs) > self._limits.files:
                    raise self._too_many(f"over {self._limits.files} files match the declared paths")
        return listing

    def _take(self, chunk: list[Entry], listing: _Listing) -> None:
        regular: dict[str, str] = {}
        symlinks: list[str] = []
        for entry in chunk:
            path = shown(entry.path)
            if reason := oddness(entry.path):
                listing.skipped.append(Skipped(path, reason))
            elif entry.mode in _REGULAR:
                regular[path] = entry.oid
            elif entry.mode == _SYMLINK:
                symlinks.append(path)
            else:
                listing.skipped.append(Skipped(path, "it is a submodule: another repository"))
        listing.entries += len(chunk)
        listing.paths += regular
        listing.blobs.update((path, regular[path]) for path in select(regular, self._patterns))
        listing.skipped += [Skipped(path, "it is a symlink") for path in select(symlinks, self._patterns)]

    def _sizes(self, listing: _Listing) -> dict[str, int]:
        """The size of each wanted blob, in bytes; those that are not here are fetched."""
        stored = self._repository.objects()
        missing = sorted(set(listing.blobs.values()) - stored.keys())
        if missing and self._offline:
            raise self._not_fetched(f"{len(missing)} of {len(listing.blobs)} files")
        if missing:
            with self._asking(listing):
                self._progress(Stage.FILES, 0, len(missing))
                self._repository.fetch_blobs(self._source, missing, self._received(Stage.FILES))
            stored = self._repository.objects()
        for path, oid in listing.blobs.items():
            if oid not in stored:
                raise self._incomplete(path)
        return {oid: stored[oid].size for oid in listing.blobs.values()}

    def _readable(self, listing: _Listing, sizes: dict[str, int], reader: git.Git) -> dict[str, str]:
        """The wanted blobs that are not too large and hold a file's own text; the others are skipped."""
        blobs = {}
        for path, oid in listing.blobs.items():
            size = sizes[oid]
            if size > self._limits.file_bytes:
                limit = self._limits.file_bytes / MEGABYTE
                listing.skipped.append(Skipped(path, f"it has {size} bytes, over the limit of {limit:.1f} MB"))
            elif size <= _LARGEST_POINTER and read_blob(reader, path, oid).startswith(_POINTER):
                listing.skipped.append(Skipped(path, "it is a Git LFS pointer: the file itself is elsewhere"))
            else:
                blobs[path] = oid
        return blobs

    @contextmanager
    def _asking(self, listing: _Listing) -> Iterator[None]:
        """Give a failure to fetch its name; git tells a missing blob by its object id."""
        try:
            yield
        except GitFailed as failure:
            told = set(re.findall(r"\b[0-9a-f]{40}\b", "\n".join(failure.lines)))
            lost = next((path for path, oid in listing.blobs.items() if oid in told), None)
            raise self._incomplete(lost) if lost else named(failure, str(self._source)) from None

    def _received(self, stage: Stage) -> Callable[[int, int | None], None]:
        return lambda done, total: self._progress(stage, done, total)

    def _incomplete(self, path: str) -> Incomplete:
        return Incomplete(
            where=str(self._source),
            what=f"{path} is in the commit's tree, but the source does not hold the file",
            mend="read from a complete repository, or leave this path out",
        )

    def _not_fetched(self, what: str) -> NotFetched:
        return NotFetched(
            where=str(self._source), what=f"{what} was not fetched before", mend="run it once without --offline"
        )

    def _too_many(self, what: str) -> TooLarge:
        return TooLarge(where=str(self._source), what=what, mend="declare narrower paths, or raise the limit")
