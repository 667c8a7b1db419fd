"""Bringing exactly the wanted files of one commit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.checkout import Checkout, Incomplete, Limits, NotFetched, Source, Stage, Unreachable, Unwritable, fetch
from ingest.tree import Unreadable
from tests.ingest.checkout.origin import Origin

SQL = ("db/*.sql",)


def texts(checkout: Checkout) -> dict[str, str]:
    with checkout:
        return {path: checkout.tree.text(path) for path in checkout.files}


def stages(told: list[tuple[Stage, int, int | None]]) -> list[Stage]:
    return list(dict.fromkeys(stage for stage, _, _ in told))


def test_only_the_wanted_files_come(origin: Origin, folder: Path) -> None:
    before = origin.state()
    with fetch(origin.source(), folder, SQL) as checkout:
        assert checkout.commit == origin.git("rev-parse", "main")
        assert checkout.files == ("db/1.sql", "db/2.sql")
        assert checkout.listing == ("README", "db/1.sql", "db/2.sql")
        assert checkout.tree.paths("**") == ("README", "db/1.sql", "db/2.sql")
        assert checkout.tree.paths("**", "!db/2*") == ("README", "db/1.sql")
        assert checkout.tree.text("db/1.sql") == "create table a ();\n"
        with pytest.raises(Unreadable, match="README: it is outside the declared paths and was not fetched"):
            checkout.tree.text("README")
        with pytest.raises(Unreadable, match=r"db/3.sql: no such file at this commit"):
            checkout.tree.text("db/3.sql")
        assert (checkout.skipped, checkout.unmatched) == ((), ())
        assert checkout.bytes == sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        assert checkout.fetched_bytes == checkout.bytes
    readme = origin.git("rev-parse", "main:README")
    stored = origin.git("--git-dir", str(folder / "repository"), "cat-file", "--batch-all-objects", "--batch-check")
    assert readme not in stored
    assert origin.state() == before


def test_patterns_that_leave_out_and_patterns_that_match_nothing(origin: Origin, folder: Path) -> None:
    patterns = ("db/*.sql", "!db/2.sql", "schema/*.sql", "!nothing/**", "db/2.sql")
    checkout = fetch(origin.source(), folder, patterns)
    assert texts(checkout) == {"db/1.sql": "create table a ();\n"}
    assert checkout.unmatched == ("schema/*.sql",)


def test_what_is_there_is_not_fetched_again(origin: Origin, folder: Path) -> None:
    told: list[tuple[Stage, int, int | None]] = []

    def progress(stage: Stage, done: int, total: int | None) -> None:
        told.append((stage, done, total))

    first = fetch(origin.source(), folder, SQL, progress=progress)
    assert stages(told) == [Stage.COMMIT, Stage.TREE, Stage.FILES]
    assert (Stage.FILES, 2, 2) in told
    told.clear()
    again = fetch(origin.source(), folder, SQL, progress=progress)
    assert stages(told) == [Stage.COMMIT]
    told.clear()
    gone = Source("/nonexistent/origin.git", first.commit)
    pinned = fetch(gone, folder, SQL, progress=progress)
    assert told == []
    assert (
        texts(first)
        == texts(again)
        == texts(pinned)
        == {"db/1.sql": "create table a ();\n", "db/2.sql": "create table b ();\n"}
    )


def test_more_paths_of_a_commit_that_is_there(origin: Origin, folder: Path) -> None:
    told: list[tuple[Stage, int, int | None]] = []
    commit = fetch(origin.source(), folder, SQL).commit
    more = fetch(origin.source(commit), folder, (*SQL, "README"), progress=lambda *said: told.append(said))
    assert stages(told) == [Stage.FILES]
    assert texts(more)["README"] == "read me\n"


def test_a_branch_that_moves_on(origin: Origin, folder: Path) -> None:
    old = fetch(origin.source("main"), folder, SQL)
    moved = origin.commit({"db/1.sql": "create table a (id int);\n", "db/3.sql": "create table c ();\n"})
    new = fetch(origin.source("main"), folder, SQL)
    assert new.commit == moved
    assert texts(new) == {"db/1.sql": "create table a (id int);\n", "db/3.sql": "create table c ();\n"}
    assert texts(fetch(origin.source(old.commit), folder, SQL)) == texts(old)


def test_offline(origin: Origin, folder: Path) -> None:
    with pytest.raises(NotFetched, match=r"this ref was not fetched before.*run it once without --offline"):
        fetch(origin.source("main"), folder, SQL, offline=True)
    online = fetch(origin.source("main"), folder, ("db/1.sql",))
    origin.commit({"db/1.sql": "changed"})
    elsewhere = Source("https://git.example.org/o/n", "main")
    for source in (origin.source("main"), elsewhere, origin.source(online.commit), origin.source(online.commit[:9])):
        offline = fetch(source, folder, ("db/1.sql",), offline=True)
        assert offline.commit == online.commit
        assert texts(offline) == {"db/1.sql": "create table a ();\n"}
    with pytest.raises(NotFetched, match="1 of 2 files was not fetched before"):
        fetch(origin.source("main"), folder, SQL, offline=True)
    with pytest.raises(NotFetched, match="this ref was not fetched before"):
        fetch(origin.source("f" * 40), folder, SQL, offline=True)


def test_offline_with_a_commit_whose_tree_never_came(origin: Origin, folder: Path) -> None:
    def stop(stage: Stage, done: int, total: int | None) -> None:
        if stage is Stage.TREE:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(origin.source("main"), folder, SQL, progress=stop)
    with pytest.raises(NotFetched, match="the tree of this commit was not fetched before"):
        fetch(origin.source("main"), folder, SQL, offline=True)


@pytest.mark.parametrize("bare", [True, False])
def test_local_repositories_of_any_name(make_origin: Callable[..., Origin], folder: Path, bare: bool) -> None:
    made = make_origin("it's a $HOME `repo` é;x", bare=bare)
    commit = made.commit({"db/ü b.sql": "select 'é';\n"})
    _, source = Source.parse(f"sample={made.path}@main")
    checkout = fetch(source, folder, SQL)
    assert (checkout.commit, texts(checkout)) == (commit, {"db/ü b.sql": "select 'é';\n"})


def test_a_folder_of_any_name(origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    checkout = fetch(origin.source(), Path("a b/é'$x"), SQL)
    assert checkout.files == ("db/1.sql", "db/2.sql")
    assert (tmp_path / "a b" / "é'$x" / "repository" / "HEAD").is_file()


def test_a_shallow_source(origin: Origin, tmp_path: Path, folder: Path) -> None:
    commit = origin.commit({"db/1.sql": "later\n"})
    shallow = tmp_path / "shallow.git"
    origin.git("clone", "--quiet", "--bare", "--depth=1", f"file://{origin.path}", str(shallow))
    assert (shallow / "shallow").read_text() == f"{commit}\n"
    assert texts(fetch(Source(str(shallow)), folder, SQL)) == {"db/1.sql": "later\n"}


def test_a_source_that_borrows_its_objects(origin: Origin, tmp_path: Path, folder: Path) -> None:
    borrowing = tmp_path / "borrowing.git"
    origin.git("clone", "--quiet", "--bare", "--shared", str(origin.path), str(borrowing))
    assert not list((borrowing / "objects").glob("??"))
    checkout = fetch(Source(str(borrowing)), folder, SQL)
    assert checkout.files == ("db/1.sql", "db/2.sql")
    assert not (folder / "repository/objects/info/alternates").exists()


def test_an_incomplete_mirror_serves_what_it_has(origin: Origin, folder: Path) -> None:
    origin.lose(origin.git("rev-parse", "main:README"))
    assert fetch(origin.source(), folder, SQL).files == ("db/1.sql", "db/2.sql")
    origin.lose(origin.git("rev-parse", "main:db/2.sql"))
    assert fetch(origin.source(), folder, SQL).files == ("db/1.sql", "db/2.sql")


def test_a_wanted_file_that_the_mirror_lacks_is_named(origin: Origin, folder: Path) -> None:
    origin.lose(origin.git("rev-parse", "main:db/2.sql"))
    with pytest.raises(Incomplete, match=r"db/2.sql is in the commit's tree, but the source does not hold the file"):
        fetch(origin.source(), folder, SQL)
    assert texts(fetch(origin.source(), folder, ("db/1.sql",))) == {"db/1.sql": "create table a ();\n"}


def test_no_repository_there(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "missing"):
        with pytest.raises(Unreachable, match=f"{path}: .*does not appear to be a git repository"):
            fetch(Source(str(path)), folder, SQL)


def test_a_folder_that_cannot_be_made(origin: Origin, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(Unwritable, match=r"file/sample.*make room or give rights there"):
        fetch(origin.source(), tmp_path / "file" / "sample", SQL)
    assert (tmp_path / "file").read_text() == "kept"


def test_texts_are_given_to_several_threads(make_origin: Callable[..., Origin], folder: Path) -> None:
    made = make_origin()
    files = {f"db/{number}.sql": f"{number}\n" * number for number in range(1, 60)}
    made.commit(files)
    read: list[dict[str, str]] = []
    with fetch(made.source(), folder, SQL) as checkout:

        def work() -> None:
            read.append({path: checkout.tree.text(path) for path in checkout.files})

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert read == [files] * 4


def test_what_is_no_text_is_unreadable(make_origin: Callable[..., Origin], folder: Path) -> None:
    made = make_origin()
    made.commit({"db/1.sql": b"\xef\xbb\xbfok", "db/2.sql": b"caf\xe9", "db/3.sql": b""})
    with fetch(made.source(), folder, SQL) as checkout:
        assert checkout.tree.text("db/1.sql") == "ok"
        assert checkout.tree.text("db/3.sql") == ""
        with pytest.raises(Unreadable, match=r"db/2.sql: not UTF-8 at byte 3"):
            checkout.tree.text("db/2.sql")


def test_a_folder_that_is_taken_away_while_reading(origin: Origin, folder: Path) -> None:
    with fetch(origin.source(), folder, SQL, limits=Limits()) as checkout:
        checkout.tree.close()
        for pack in (folder / "repository/objects/pack").iterdir():
            pack.unlink()
        with pytest.raises(Unreadable, match=r"db/1.sql: the folder's repository does not give it"):
            checkout.tree.text("db/1.sql")
