"""Repositories that want to do harm: nothing of them acts, and all of it is named."""

from __future__ import annotations

import random
import socketserver
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.checkout import Incomplete, Limits, Refused, Skipped, Source, TimedOut, TooLarge, Unreachable, fetch
from ingest.checkout.limits import MEGABYTE
from ingest.tree import Unreadable
from tests.ingest.checkout.origin import Origin

SQL = ("db/*.sql",)
_POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12345\n"


def plant(path: Path, marker: Path) -> str:
    """A program that leaves a mark when anybody runs it; gives the command line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho ran >> '{marker}'\nexit 0\n")
    path.chmod(0o755)
    return str(path)


def test_programs_named_by_a_local_source_do_not_run(origin: Origin, tmp_path: Path, folder: Path) -> None:
    marker = tmp_path / "marker"
    evil = plant(tmp_path / "evil", marker)
    origin.commit({".gitattributes": "*.sql filter=evil diff=evil\n", "db/1.sql": "as it is\n"})
    hooks = ("post-checkout", "post-merge", "pre-auto-gc", "reference-transaction", "post-upload-pack", "pre-receive")
    for hook in hooks:
        plant(origin.path / "hooks" / hook, marker)
    settings = {
        "core.hooksPath": str(origin.path / "hooks"),
        "core.fsmonitor": evil,
        "core.sshCommand": evil,
        "core.pager": evil,
        "core.editor": evil,
        "core.askPass": evil,
        "core.gitProxy": evil,
        "core.alternateRefsCommand": evil,
        "credential.helper": evil,
        "uploadpack.packObjectsHook": evil,
        "filter.evil.smudge": evil,
        "filter.evil.clean": evil,
        "filter.evil.process": evil,
        "diff.external": evil,
        "gpg.program": evil,
        "include.path": str(tmp_path / "included"),
    }
    (tmp_path / "included").write_text(f"[uploadpack]\n\tpackObjectsHook = {evil}\n")
    for name, value in settings.items():
        origin.git("config", name, value)
    before = origin.state()
    with fetch(origin.source(), folder, ("**",)) as checkout:
        assert checkout.tree.text("db/1.sql") == "as it is\n"
    assert not marker.exists()
    assert origin.state() == before


def test_a_source_does_not_fetch_what_it_lacks_by_its_own_commands(
    origin: Origin, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "marker"
    evil = plant(tmp_path / "evil", marker)
    monkeypatch.setenv("GIT_NO_LAZY_FETCH", "0")
    for name, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": str(tmp_path / "elsewhere.git"),
        "remote.origin.uploadpack": evil,
    }.items():
        origin.git("config", name, value)
    origin.lose(origin.git("rev-parse", "main:db/2.sql"))
    with pytest.raises(Incomplete, match=r"db/2.sql"):
        fetch(origin.source(), folder, SQL)
    assert not marker.exists()


def test_the_configuration_of_the_person_does_not_count(
    origin: Origin, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "marker"
    evil = plant(tmp_path / "home/hooks/reference-transaction", marker)
    plant(tmp_path / "home/template/hooks/reference-transaction", marker)
    (tmp_path / "home/.gitconfig").write_text(
        f"[core]\n\thooksPath = {tmp_path}/home/hooks\n\tfsmonitor = {evil}\n"
        f"[init]\n\ttemplateDir = {tmp_path}/home/template\n\tdefaultObjectFormat = sha256\n"
        f'[url "ext::{evil} "]\n\tinsteadOf = {origin.path}\n[protocol]\n\tallow = always\n'
        f"[uploadpack]\n\tpackObjectsHook = {evil}\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.hooksPath")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(tmp_path / "home/hooks"))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", f"'uploadpack.packobjectshook={evil}'")
    assert fetch(origin.source(), folder, SQL).files == ("db/1.sql", "db/2.sql")
    assert not marker.exists()
    assert not (folder / "repository/hooks").exists()


def test_another_repository_in_the_environment_is_left_alone(
    origin: Origin, make_origin: Callable[..., Origin], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoy = make_origin("decoy", bare=False)
    decoy.commit({"kept": "kept"})
    before = decoy.state()
    monkeypatch.setenv("GIT_DIR", str(decoy.git_dir))
    monkeypatch.setenv("GIT_WORK_TREE", str(decoy.path))
    monkeypatch.setenv("GIT_INDEX_FILE", str(decoy.git_dir / "index"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(decoy.git_dir / "objects"))
    monkeypatch.setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", str(decoy.git_dir / "objects"))
    monkeypatch.setenv("GIT_NAMESPACE", "other")
    monkeypatch.setenv("GIT_PREFIX", "db/")
    monkeypatch.chdir(decoy.path)
    assert fetch(origin.source(), folder, SQL).files == ("db/1.sql", "db/2.sql")
    assert decoy.state() == before


def test_symlinks_submodules_and_lfs_pointers_are_skipped(make_origin: Callable[..., Origin], folder: Path) -> None:
    made = make_origin()
    made.commit(
        {
            ".gitmodules": '[submodule "x"]\n\tpath = db/sub.sql\n\turl = ../other\n\tupdate = none\n',
            "db/1.sql": "create table a ();\n",
            "db/large.sql": _POINTER,
            "db/about.sql": f"-- {_POINTER}",
        },
        links={
            "db/passwd.sql": ("120000", "/etc/passwd"),
            "other/link": ("120000", "../db"),
            "db/sub.sql": ("160000", "b" * 40),
        },
    )
    with fetch(made.source(), folder, SQL) as checkout:
        assert checkout.files == ("db/1.sql", "db/about.sql")
        assert checkout.listing == (".gitmodules", "db/1.sql", "db/about.sql", "db/large.sql")
        assert checkout.skipped == (
            Skipped("db/large.sql", "it is a Git LFS pointer: the file itself is elsewhere"),
            Skipped("db/passwd.sql", "it is a symlink"),
            Skipped("db/sub.sql", "it is a submodule: another repository"),
        )
        for path, reason in (("db/passwd.sql", "symlink"), ("db/large.sql", "LFS"), ("db/sub.sql", "submodule")):
            with pytest.raises(Unreadable, match=f"{path}: .*{reason}"):
                checkout.tree.text(path)


def test_paths_that_leave_the_repository_are_refused(make_origin: Callable[..., Origin], folder: Path) -> None:
    made = make_origin()
    blob = made.blob(b"x")
    inner = made.tree(("100644", b"1.sql", blob))
    for name, word in ((b"..", "hasDotdot"), (b".git", "hasDotgit"), (b".", "hasDot"), (b"a/b", "fullPathname")):
        made.commit_tree(made.tree(("40000", name, inner)))
        with pytest.raises(Refused, match=f"{word}.*malformed: take another mirror"):
            fetch(made.source(), folder, ("**",))
    assert not list(folder.parent.parent.glob("**/1.sql"))


def test_odd_names_are_skipped_and_shown_safely(make_origin: Callable[..., Origin], folder: Path) -> None:
    made = make_origin()
    blob = made.blob(b"x")
    names = (b"a\\b.sql", b"bell\x07.sql", b"c\n.sql", b"caf\xe9.sql", b"fine.sql", b"x" * 251 + b".sql")
    made.commit_tree(made.tree(*(("100644", name, blob) for name in names)))
    checkout = fetch(made.source(), folder, ("*.sql",))
    assert checkout.files == checkout.listing == ("fine.sql", "x" * 251 + ".sql")
    assert checkout.skipped == (
        Skipped("a\\b.sql", "it has a backslash"),
        Skipped("bell\\x07.sql", "it has control characters"),
        Skipped("c\\x0a.sql", "it has control characters"),
        Skipped("caf\\xe9.sql", "it is not UTF-8"),
    )


def test_a_slip_of_an_old_git_is_forgiven(make_origin: Callable[..., Origin], folder: Path) -> None:
    made = make_origin()
    inner = made.tree(("100644", b"1.sql", made.blob(b"x")))
    made.commit_tree(made.tree(("040000", b"db", inner)))
    assert fetch(made.source(), folder, SQL).files == ("db/1.sql",)


def test_a_large_file_is_skipped(make_origin: Callable[..., Origin], folder: Path) -> None:
    made = make_origin()
    made.commit({"db/1.sql": "x", "db/zeros.sql": bytes(3 * MEGABYTE)})
    checkout = fetch(made.source(), folder, SQL, limits=Limits(file_bytes=2 * MEGABYTE))
    assert checkout.files == ("db/1.sql",)
    assert checkout.skipped == (Skipped("db/zeros.sql", "it has 3145728 bytes, over the limit of 2.0 MB"),)
    with pytest.raises(Unreadable, match="over the limit"):
        checkout.tree.text("db/zeros.sql")


def test_a_fetch_that_outgrows_its_limit_is_cut_off_and_dropped(
    make_origin: Callable[..., Origin], folder: Path
) -> None:
    made = make_origin()
    noise = random.Random(1).randbytes(3 * MEGABYTE)
    small = made.commit({"db/1.sql": "x"})
    made.commit({"db/1.sql": "y", "db/noise.sql": noise})
    assert fetch(made.source(small), folder, SQL).files == ("db/1.sql",)
    packs = sorted((folder / "repository/objects/pack").iterdir())
    with pytest.raises(TooLarge, match=r"this fetch passed 1.0 MB on disk and was cut off; declare narrower paths"):
        fetch(made.source(), folder, SQL, limits=Limits(fetch_bytes=MEGABYTE))
    assert sorted((folder / "repository/objects/pack").iterdir()) == packs
    assert fetch(Source("/nonexistent", small), folder, SQL).files == ("db/1.sql",)
    with fetch(made.source(), folder, SQL) as checkout:
        assert checkout.tree.content("db/noise.sql") == noise


def test_one_piece_of_memory_is_limited(make_origin: Callable[..., Origin], folder: Path) -> None:
    made = make_origin()
    blob = made.blob(b"x")
    made.commit_tree(made.tree(*(("100644", b"%0200d" % number, blob) for number in range(10_000))))
    with pytest.raises(TooLarge, match="an object there is too large"):
        fetch(made.source(), folder, SQL, limits=Limits(allocation_bytes=MEGABYTE))


def test_too_many_paths_and_too_many_files(origin: Origin, folder: Path) -> None:
    with pytest.raises(TooLarge, match="the commit lists over 2 paths; declare narrower paths, or raise the limit"):
        fetch(origin.source(), folder, SQL, limits=Limits(paths=2))
    with pytest.raises(TooLarge, match="over 1 files match the declared paths"):
        fetch(origin.source(), folder, SQL, limits=Limits(files=1))
    assert fetch(origin.source(), folder, SQL, limits=Limits(paths=3, files=2)).files == ("db/1.sql", "db/2.sql")


def test_a_tree_that_unfolds_without_end_is_cut_off(make_origin: Callable[..., Origin], folder: Path) -> None:
    made = make_origin()
    tree = made.tree(*(("100644", b"f%d" % number, made.blob(b"x")) for number in range(10)))
    for _ in range(11):
        tree = made.tree(*(("40000", b"d%d" % number, tree) for number in range(10)))
    made.commit_tree(tree)
    with pytest.raises(TooLarge, match="the commit lists over 20000 paths"):
        fetch(made.source(), folder, ("**/f1",), limits=Limits(paths=20_000, files=50_000))


def test_a_source_that_holds_git_up_is_left(origin: Origin, folder: Path, serve: Callable[..., str]) -> None:
    ended: list[bytes] = []

    def say_nothing(handler: socketserver.BaseRequestHandler) -> None:
        while said := handler.request.recv(4096):
            ended.append(said)
        ended.append(b"")

    url = serve(say_nothing)
    with pytest.raises(TimedOut, match=r"git took longer than 0.5 seconds; try again, or from a nearer mirror"):
        fetch(Source(f"{url}/origin.git"), folder, SQL, limits=Limits(step_seconds=0.5))
    deadline = time.monotonic() + 20
    while (not ended or ended[-1]) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert ended[-1] == b""  # git and its children are gone: they have closed the connection


def test_messages_of_a_server_cannot_drive_a_terminal(folder: Path, serve: Callable[..., str]) -> None:
    def answer(handler: socketserver.BaseRequestHandler) -> None:
        text = b"ERR \x1b[31mred\x07 https://me:secret@host/x"
        handler.request.recv(4096)
        handler.request.sendall(b"%04x" % (len(text) + 4) + text)
        handler.request.recv(4096)

    with pytest.raises(Unreachable) as trouble:
        fetch(Source(f"{serve(answer)}/origin.git"), folder, SQL)
    assert "https://***@host/x" in str(trouble.value)
    assert "\x1b" not in str(trouble.value)
