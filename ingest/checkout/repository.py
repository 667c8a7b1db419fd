"""The partial repository that one upstream's folder holds: bare, without refs, hooks or remotes of its own.

What git may do is said anew with each run, through its environment: no configuration of this machine or of the person
counts, and nothing is written that a later run would obey.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import git

from ingest.checkout.process import GitFailed, Watch, reader, run, stream
from ingest.checkout.source import Source

Received = Callable[[int, int | None], None]

# All that a repository has to say about itself (gitrepository-layout); `git init` would also heed the environment.
_HEAD = "ref: refs/heads/none\n"
_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"

# Slips of old versions of git that are harmless; some repositories keep them for ever. (git 2.39 cannot be told.)
_FORGIVEN = re.compile(r"\b(?:zeroPaddedFilemode|badTimezone|missingSpaceBeforeDate|missingSpaceBeforeEmail):")

# For each run that reaches a source.
_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.bigFileThreshold": "1m",
    "credential.helper": "",
    "fetch.negotiationAlgorithm": "noop",
    "fetch.unpackLimit": "1",
    "fetch.writeCommitGraph": "false",
    "gc.auto": "0",
    "http.followRedirects": "initial",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    "maintenance.auto": "false",
    "protocol.version": "2",
    "remote.origin.promisor": "true",
    "submodule.recurse": "false",
    "transfer.fsckObjects": "true",
}

# A local source is served by an upload-pack on this machine, which reads the source's own configuration. It runs no
# hook and takes pack-objects hooks from nowhere else; forbidding it every transport keeps it from fetching what the
# source lacks with commands that the source names.
_UPLOAD_PACK = (
    "GIT_ALLOW_PROTOCOL=none git -c safe.directory='*' -c uploadpack.allowFilter=true"
    " -c uploadpack.allowAnySHA1InWant=true -c core.bigFileThreshold=1m upload-pack"
)


@dataclass(frozen=True, slots=True)
class Stored:
    """One git object that is in the folder; `size` is in bytes, unpacked."""

    type: str
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a commit's tree; `mode` as git writes it (100644, 100755, 120000 symlink, 160000 submodule)."""

    mode: str
    oid: str
    path: bytes


class Repository:
    """The repository of one folder; whoever makes one holds the folder's lock."""

    def __init__(self, path: Path, watch: Watch) -> None:
        self.path = path
        self._fresh = path.with_name(f"{path.name}.new")
        self._watch = watch

    @property
    def exists(self) -> bool:
        return self.path.is_dir()

    def make(self) -> None:
        """Make it anew, under another name until it is whole; what was there before goes."""
        self.remove()
        for folder in ("objects", "refs"):
            (self._fresh / folder).mkdir(parents=True)
        (self._fresh / "HEAD").write_text(_HEAD, encoding="ascii")
        (self._fresh / "config").write_text(_CONFIG, encoding="ascii")
        self._fresh.rename(self.path)

    def remove(self) -> None:
        """Remove it, whole or half-made, or whatever is in its place."""
        for path in (self.path, self._fresh):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what a run that was killed left half-written: git's lock files and packs that are not whole."""
        if self._fresh.exists():
            shutil.rmtree(self._fresh)
        for leftover in (*self.path.glob("*.lock"), *self.path.glob("objects/**/tmp_*")):
            leftover.unlink(missing_ok=True)

    def packs(self) -> set[Path]:
        """The files that hold the objects."""
        return set(self.path.glob("objects/pack/*"))

    def objects(self) -> dict[str, Stored]:
        """All objects that are here. Asking git for a single one could make it fetch what is missing.

        Raises :class:`GitFailed` where one is here and cannot be read.
        """
        form = "--batch-check=%(objectname) %(objecttype) %(objectsize)"
        said = self._read("cat-file", "--batch-all-objects", "--unordered", form).decode("ascii")
        stored = {}
        for line in said.splitlines():
            oid, kind, *size = line.split(" ")
            if len(size) != 1:
                raise GitFailed([line])
            stored[oid] = Stored(sys.intern(kind), int(size[0]))
        return stored

    def peel(self, oid: str) -> str:
        """The commit that an object is or, as an annotated tag, points to. Fails where it is neither."""
        return self._read("rev-parse", "--verify", "--quiet", f"{oid}^{{commit}}").decode().strip()

    def beginning_with(self, abbreviation: str) -> list[str]:
        """The commits that are here and begin so, sorted."""
        stored = self.objects().items()
        return sorted(oid for oid, kept in stored if kept.type == "commit" and oid.startswith(abbreviation))

    def entries(self, commit: str) -> Generator[Entry, None, None]:
        """All entries of a commit's tree, folders gone into, as git lists them."""
        rest = b""
        arguments = ["ls-tree", "-r", "-z", "--full-tree", commit]
        for chunk in stream(arguments, environment=_environment(self.path, {}, "none"), watch=self._watch):
            *lines, rest = (rest + chunk).split(b"\0")
            for line in lines:
                about, _, path = line.partition(b"\t")
                mode, _, oid = about.decode("ascii").split(" ")
                yield Entry(mode, oid, path)

    def refs(self, source: Source) -> dict[str, str]:
        """All refs that the source shows, with the objects they name; `NAME^{}` is an annotated tag's commit."""
        said = self._reach(source, ["ls-remote", "origin"], filter_spec="blob:none").decode("utf-8", "replace")
        return {name: oid for oid, _, name in (line.partition("\t") for line in said.splitlines())}

    def fetch(self, source: Source, wanted: str, *, filter_spec: str, received: Received) -> str:
        """Fetch one ref or commit without its history, and give the object it names."""
        arguments = ["fetch", "--progress", "--depth=1", "--no-tags", "--stdin", "origin"]
        self._reach(source, arguments, filter_spec=filter_spec, stdin=wanted.encode(), received=received)
        return (self.path / "FETCH_HEAD").read_text(encoding="utf-8")[:40]

    def fetch_blobs(self, source: Source, oids: Iterable[str], received: Received) -> None:
        """Fetch these very blobs, all at once."""
        arguments = ["fetch", "--progress", "--no-tags", "--no-write-fetch-head", "--stdin", "origin"]
        self._reach(source, arguments, filter_spec="blob:none", stdin="\n".join(oids).encode(), received=received)

    def fetch_history(self, source: Source, received: Received) -> None:
        """Fetch the commits of all branches and tags, and no trees."""
        arguments = ["fetch", "--progress", "--no-tags", "--no-write-fetch-head", "--stdin", "origin"]
        wanted = b"+refs/heads/*:refs/heads/*\n+refs/tags/*:refs/tags/*\n"
        self._reach(source, arguments, filter_spec="tree:0", stdin=wanted, received=received)

    def reader(self) -> git.Git:
        """A GitPython command object for reading blobs one by one."""
        return reader(self.path, _environment(self.path, {}, "none"))

    def _read(self, *arguments: str) -> bytes:
        return run(arguments, environment=_environment(self.path, {}, "none"), watch=self._watch)

    def _reach(
        self,
        source: Source,
        arguments: list[str],
        *,
        filter_spec: str,
        stdin: bytes = b"",
        received: Received | None = None,
    ) -> bytes:
        settings = _SETTINGS | {"remote.origin.url": source.location, "remote.origin.partialclonefilter": filter_spec}
        if source.transport == "file":
            settings["remote.origin.uploadpack"] = _UPLOAD_PACK
        try:
            return self._run(source, settings, arguments, stdin, received)
        except GitFailed as failure:
            if not _FORGIVEN.search(failure.message):
                raise
        return self._run(source, settings | {"transfer.fsckObjects": "false"}, arguments, stdin, received)

    def _run(
        self,
        source: Source,
        settings: Mapping[str, str],
        arguments: list[str],
        stdin: bytes,
        received: Received | None,
    ) -> bytes:
        environment = _environment(self.path, settings, source.transport)
        environment["GIT_ALLOC_LIMIT"] = str(self._watch.limits.allocation_bytes)
        return run(arguments, environment=environment, watch=self._watch, stdin=stdin, on_received=received)


def _environment(repository: Path, settings: Mapping[str, str], transport: str) -> dict[str, str]:
    """What git sees beside the machine's own environment. Settings go this way because a URL in the arguments, where
    other users see it, or in a file, where it stays, may hold a password."""
    environment = {
        "GIT_DIR": str(repository),
        "GIT_OBJECT_DIRECTORY": str(repository / "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": "",
        "GIT_NAMESPACE": "",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_PARAMETERS": "",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": transport,
        "GIT_PROTOCOL_FROM_USER": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "false",
        "SSH_ASKPASS": "false",
        "GIT_SSH_COMMAND": os.environ.get("GIT_SSH_COMMAND", "ssh -o BatchMode=yes"),
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for number, (name, value) in enumerate(settings.items()):
        environment[f"GIT_CONFIG_KEY_{number}"] = name
        environment[f"GIT_CONFIG_VALUE_{number}"] = value
    return environment
