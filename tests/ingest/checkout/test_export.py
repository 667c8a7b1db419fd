"""Files of a checkout as files of a folder, replaced as a whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ingest.checkout import Refused, Skipped, Unwritable, fetch
from ingest.checkout.export import export
from ingest.tree import Unreadable
from tests.ingest.checkout.origin import Origin


def written(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def same(path: str) -> bytes:
    return path.encode()


def test_the_files_of_a_checkout(origin: Origin, folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "extracted-schemas" / "sample" / "files"
    with fetch(origin.source(), folder, ("db/*.sql",)) as checkout:
        assert checkout.export(target) == ()
        assert written(target) == {"db/1.sql": b"create table a ();\n", "db/2.sql": b"create table b ();\n"}
        assert checkout.export(target, ["db/2.sql"]) == ()
        assert written(target) == {"db/2.sql": b"create table b ();\n"}
        with pytest.raises(Unreadable, match="README: it is outside the declared paths"):
            checkout.export(target, ["db/1.sql", "README"])
    assert written(target) == {"db/2.sql": b"create table b ();\n"}
    assert sorted(path.name for path in target.parent.iterdir()) == [".files.lock", "files"]
    assert not (target / "db/2.sql").stat().st_mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/../../x",
        "/etc/x",
        "C:/x",
        "c:x",
        "a\\..\\x",
        "a/./x",
        "a//x",
        "a/",
        "",
        ".git/config",
        "a/.GIT/x",
        "a\0b",
        "a\nb",
        "\x1b[2J",
        "x" * 256,
        "a/" * 500 + "x",
    ],
)
def test_paths_that_would_leave_the_folder(tmp_path: Path, path: str) -> None:
    target = tmp_path / "out" / "files"
    export(target, ["kept"], same)
    before = written(tmp_path)
    with pytest.raises(Refused, match=r"cannot be written there.*leave it out") as refusal:
        export(target, ["fine", path], same)
    assert written(tmp_path) == before
    assert not set(str(refusal.value)) & set("\0\n\x1b")


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    target = tmp_path / "out" / "files"
    target.mkdir(parents=True)
    (target / "db").symlink_to(outside)
    export(target, ["db/1.sql"], same)
    assert list(outside.iterdir()) == []
    assert written(target) == {"db/1.sql": b"db/1.sql"}
    link = tmp_path / "out" / "link"
    link.symlink_to(outside)
    with pytest.raises(Refused, match="the folder is a symlink; put a real folder in its place"):
        export(link, ["1.sql"], same)
    assert list(outside.iterdir()) == []


def test_names_that_not_every_system_can_hold_side_by_side(tmp_path: Path) -> None:
    paths = ["A.sql", "a.sql", "db/x", "DB/x", "Up", "up/1.sql", "é.sql", "e\u0301.sql", "lib/1", "LIB/2"]
    skipped = export(tmp_path / "files", paths, same)
    reason = "it differs from {} only by case, and not every system can hold both"
    assert skipped == (
        Skipped("a.sql", reason.format("A.sql")),
        Skipped("db/x", reason.format("DB/x")),
        Skipped("up/1.sql", reason.format("Up")),
        Skipped("é.sql", reason.format("e\u0301.sql")),
    )
    assert sorted(written(tmp_path / "files")) == ["A.sql", "DB/x", "LIB/2", "Up", "e\u0301.sql", "lib/1"]


def test_a_failure_in_the_middle_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "files"
    export(target, ["1.sql"], same)

    def fail(path: str) -> bytes:
        if path == "2.sql":
            raise Unreadable(path, "lost")
        return b"new"

    with pytest.raises(Unreadable, match=r"2.sql: lost"):
        export(target, ["1.sql", "2.sql"], fail)
    assert written(target) == {"1.sql": b"1.sql"}
    assert sorted(path.name for path in tmp_path.iterdir()) == [".files.lock", "files"]


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    for leftover in (".files.new", ".files.old"):
        (tmp_path / leftover).mkdir()
        (tmp_path / leftover / "half").write_text("half")
    export(tmp_path / "files", ["1.sql"], same)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".files.lock", "files"]
    assert written(tmp_path / "files") == {"1.sql": b"1.sql"}


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(Unwritable, match="make room or give rights there"):
        export(tmp_path / "file" / "files", ["1.sql"], same)
    assert written(tmp_path) == {"file": b"kept"}
