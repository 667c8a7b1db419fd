"""A real git repository, made by the test."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ingest.checkout import Source

_IDENTITY = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_COUNT": "1",  # no waiting for the disk
    "GIT_CONFIG_KEY_0": "core.fsync",
    "GIT_CONFIG_VALUE_0": "none",
    "LC_ALL": "C",
}


class Origin:
    """A source repository; commits are written straight into it, without a work tree."""

    def __init__(self, path: Path, *, bare: bool = True) -> None:
        self.path = path
        self.git_dir = path if bare else path / ".git"
        path.mkdir(parents=True)
        self._run(["git", "init", "--quiet", "-b", "main", *(["--bare"] if bare else []), str(path)])

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        return self._run(["git", f"--git-dir={self.git_dir}", *arguments], stdin).decode().strip()

    def commit(
        self,
        files: Mapping[str, str | bytes],
        *,
        branch: str = "main",
        links: Mapping[str, tuple[str, str]] | None = None,
    ) -> str:
        """A commit with exactly these files; `links` are entries by path: mode, and target or commit."""
        ref = f"refs/heads/{branch}"
        before = self.git("for-each-ref", "--format=%(objectname)", ref)
        number = int(self.git("rev-list", "--count", before)) if before else 0
        out = [f"commit {ref}\ncommitter A <a@example.org> {1700000000 + number} +0000\ndata 1\nc\n".encode()]
        out += [f"from {before}\n".encode()] if before else []
        out.append(b"deleteall\n")
        for path, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            out.append(f"M 100644 inline {_quoted(path)}\ndata {len(data)}\n".encode() + data + b"\n")
        for path, (mode, target) in (links or {}).items():
            if mode == "160000":
                out.append(f"M 160000 {target} {_quoted(path)}\n".encode())
            else:
                out.append(f"M {mode} inline {_quoted(path)}\ndata {len(target.encode())}\n{target}\n".encode())
        self.git("fast-import", "--quiet", stdin=b"".join(out))
        return self.git("rev-parse", ref)

    def commit_tree(self, tree: str, *, branch: str = "main") -> str:
        """A commit of a tree that already is in the repository."""
        commit = self.git("commit-tree", tree, "-m", "crafted")
        self.git("update-ref", f"refs/heads/{branch}", commit)
        return commit

    def blob(self, content: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", stdin=content)

    def tree(self, *entries: tuple[str, bytes, str]) -> str:
        """A tree of entries (mode, name, object id) that git itself would refuse to make."""
        raw = b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in entries)
        return self.git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=raw)

    def lose(self, oid: str) -> None:
        """Take one object away, as an incomplete mirror lacks it."""
        (self.git_dir / "objects" / oid[:2] / oid[2:]).unlink()

    def state(self) -> dict[str, bytes]:
        """All files of the source, to show that nothing changed."""
        return {str(file.relative_to(self.path)): file.read_bytes() for file in self.path.rglob("*") if file.is_file()}

    def source(self, ref: str | None = None) -> Source:
        return Source(str(self.path), ref)

    @staticmethod
    def _run(command: list[str], stdin: bytes = b"") -> bytes:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | _IDENTITY
        done = subprocess.run(command, input=stdin, capture_output=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout


def _quoted(path: str) -> str:
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
