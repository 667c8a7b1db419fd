"""A real transport: a git server on loopback, with and without the filters that a partial fetch needs."""

from __future__ import annotations

import os
import socketserver
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.checkout import CheckoutError, GitMissing, Limits, Refused, Source, TooLarge, UnknownRef, Unreachable, fetch
from ingest.checkout.errors import Unwritable
from ingest.checkout.process import GitFailed
from ingest.checkout.trouble import named
from ingest.tree import Unreadable
from tests.ingest.checkout.origin import Origin

SQL = ("db/*.sql",)


@pytest.mark.parametrize("filters", [True, False])
def test_a_server(origin: Origin, folder: Path, serve: Callable[..., str], filters: bool) -> None:
    origin.git("config", "uploadpack.allowFilter", str(filters).lower())
    first = origin.git("rev-parse", "main")
    latest = origin.commit({"db/1.sql": "later\n", "README": "read me\n"})
    url = f"{serve()}/origin.git"
    for ref, commit in ((None, latest), (first, first), ("main", latest), (latest[:9], latest), (first[:9], first)):
        with fetch(Source(url, ref), folder, SQL) as checkout:
            assert checkout.commit == commit
            assert checkout.tree.text("db/1.sql") == ("later\n" if commit == latest else "create table a ();\n")
            with pytest.raises(Unreadable, match="README: it is outside the declared paths"):
                checkout.tree.text("README")
    readme = origin.git("rev-parse", "main:README")
    stored = origin.git("--git-dir", str(folder / "repository"), "cat-file", "--batch-all-objects", "--batch-check")
    assert (readme in stored) is not filters  # without filters the server sends the whole commit
    with pytest.raises(UnknownRef, match="no branch, tag or ref 'mein'; give another ref, for example main"):
        fetch(Source(url, "mein"), folder, SQL)
    with pytest.raises(UnknownRef, match=r"there is no commit f{40}"):
        fetch(Source(url, "f" * 40), folder, SQL)


def test_a_server_without_filters_is_limited(origin: Origin, folder: Path, serve: Callable[..., str]) -> None:
    origin.commit({"db/1.sql": "x", "film": os.urandom(300_000)})
    with pytest.raises(TooLarge, match=r"this fetch passed 0.1 MB on disk and was cut off"):
        fetch(Source(f"{serve()}/origin.git"), folder, SQL, limits=Limits(fetch_bytes=100_000))
    assert list((folder / "repository/objects/pack").iterdir()) == []


def test_a_repository_that_a_server_does_not_have(folder: Path, serve: Callable[..., str]) -> None:
    with pytest.raises(
        Unreachable, match=r"git://127.0.0.1:\d+/none.git: git says .*check the network and the location"
    ):
        fetch(Source(f"{serve()}/none.git"), folder, SQL)


def test_servers_that_end_early(folder: Path, serve: Callable[..., str]) -> None:
    def hang_up(handler: socketserver.BaseRequestHandler) -> None:
        handler.request.recv(4096)

    def talk_nonsense(handler: socketserver.BaseRequestHandler) -> None:
        handler.request.recv(4096)
        handler.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with pytest.raises(Unreachable, match="check the network and the location, or read from a mirror"):
        fetch(Source(f"{serve(hang_up)}/origin.git"), folder, SQL)
    with pytest.raises(CheckoutError, match="git says 'fatal: protocol error"):
        fetch(Source(f"{serve(talk_nonsense)}/origin.git"), folder, SQL)


def test_http_that_redirects_elsewhere_is_not_followed(origin: Origin, folder: Path, serve: Callable[..., str]) -> None:
    def redirect(handler: socketserver.BaseRequestHandler) -> None:
        handler.request.recv(4096)
        place = f"file://{origin.path}/info/refs"
        handler.request.sendall(f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode())

    url = serve(redirect).replace("git://", "http://me:secret@")
    with pytest.raises(CheckoutError) as trouble:
        fetch(Source(f"{url}/origin.git"), folder, SQL)
    assert type(trouble.value) in (Unreachable, Refused)
    assert "secret" not in str(trouble.value)
    assert not [file for file in folder.rglob("*") if file.is_file() and b"secret" in file.read_bytes()]


def test_no_git_and_an_old_git(origin: Origin, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = origin.source()
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(GitMissing, match=r"git: there is no git program on this machine; install git 2.38 or newer"):
        fetch(source, folder, SQL)
    old = tmp_path / "bin" / "git"
    old.write_text("#!/bin/sh\necho git version 2.20.1\n")
    old.chmod(0o755)
    with pytest.raises(GitMissing, match=r"git version 2.20.1 is too old; install git 2.38 or newer"):
        fetch(source, folder, SQL)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("fatal: unable to access 'https://host/o/n/': Could not resolve host: host", Unreachable),
        ("fatal: unable to access 'https://host/o/n/': Failed to connect to host port 443: refused", Unreachable),
        ("fatal: unable to access 'https://host/o/n/': SSL certificate problem: expired", Unreachable),
        ("fatal: repository 'https://host/o/n/' not found", Unreachable),
        ("fatal: could not read Username for 'https://host': terminal prompts disabled", Unreachable),
        ("fatal: Authentication failed for 'https://host/o/n/'", Unreachable),
        ("fatal: fetch-pack: unexpected disconnect while reading sideband packet", Unreachable),
        ("error: Server does not allow request for unadvertised object abc", UnknownRef),
        ("fatal: couldn't find remote ref x", UnknownRef),
        ("fatal: transport 'file' not allowed", Refused),
        ("error: object abc: hasDotdot: contains '..'", CheckoutError),
        ("fatal: fsck error in packed object", Refused),
        ("fatal: sha1 file '/x' write error: No space left on device", Unwritable),
        ("fatal: cannot mkdir objects: Read-only file system", Unwritable),
        ("fatal: attempting to allocate 12 over limit 11", TooLarge),
        ("fatal: something new", CheckoutError),
    ],
)
def test_what_git_says_has_a_name(line: str, kind: type[CheckoutError]) -> None:
    error = named(GitFailed(["hint: x", line]), "https://host/o/n")
    assert type(error) is kind
    assert str(error).startswith(f"https://host/o/n: git says {line!r}; ")


def test_a_git_that_says_nothing() -> None:
    assert str(named(GitFailed([]), "x")).startswith("x: git says 'git ended without a word'; ")
