"""From what a person writes to one commit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.checkout import Source, Stage, UnknownRef, fetch
from tests.ingest.checkout.origin import Origin

SQL = ("db/*.sql",)


@pytest.fixture
def storied(make_origin: Callable[..., Origin]) -> tuple[Origin, list[str]]:
    """Three commits on main, the first with tags, and one on a branch of its own."""
    made = make_origin()
    commits = [made.commit({"db/1.sql": f"{number}\n"}) for number in range(3)]
    made.git("tag", "v1", commits[0])
    made.git("tag", "-a", "-m", "a", "v2.0", commits[1])
    made.git("tag", "-a", "-m", "a tag of a tag", "v2.0-signed", "v2.0")
    made.git("update-ref", "refs/pull/1/head", commits[1])
    commits.append(made.commit({"db/1.sql": "side\n"}, branch="topic/side"))
    return made, commits


@pytest.mark.parametrize(
    ("ref", "number"),
    [
        (None, 2),
        ("HEAD", 2),
        ("main", 2),
        ("heads/main", 2),
        ("refs/heads/main", 2),
        ("topic/side", 3),
        ("v1", 0),
        ("tags/v1", 0),
        ("v2.0", 1),
        ("refs/tags/v2.0", 1),
        ("v2.0-signed", 1),
        ("refs/pull/1/head", 1),
    ],
)
def test_names(storied: tuple[Origin, list[str]], folder: Path, ref: str | None, number: int) -> None:
    origin, commits = storied
    assert fetch(origin.source(ref), folder, SQL).commit == commits[number]
    assert fetch(origin.source(ref), folder, SQL, offline=True).commit == commits[number]


@pytest.mark.parametrize(("number", "digits"), [(0, 7), (1, 12), (2, 39), (3, 40), (0, 40)])
def test_commits(storied: tuple[Origin, list[str]], folder: Path, number: int, digits: int) -> None:
    origin, commits = storied
    told: list[Stage] = []
    ref = commits[number][:digits].upper()
    assert (
        fetch(origin.source(ref), folder, SQL, progress=lambda stage, *_: told.append(stage)).commit == commits[number]
    )
    assert Stage.HISTORY not in told  # each of these is where a branch or tag is
    told.clear()
    assert (
        fetch(origin.source(ref), folder, SQL, progress=lambda stage, *_: told.append(stage)).commit == commits[number]
    )
    assert told == []


def test_an_abbreviated_commit_in_the_middle_of_the_history(make_origin: Callable[..., Origin], folder: Path) -> None:
    made = make_origin()
    commits = [made.commit({"db/1.sql": f"{number}\n"}) for number in range(5)]
    told: list[Stage] = []
    source = made.source(commits[1][:8])
    with fetch(source, folder, SQL, progress=lambda stage, *_: told.append(stage)) as checkout:
        assert (checkout.commit, checkout.tree.text("db/1.sql")) == (commits[1], "1\n")
    assert Stage.HISTORY in told
    assert sorted(path.name for path in folder.iterdir()) == ["lock", "refs.json", "repository"]
    assert fetch(source, folder, SQL, offline=True).commit == commits[1]
    with pytest.raises(UnknownRef, match=r"there is no commit fffffff0, as far as this source shows.*example main"):
        fetch(made.source("fffffff0"), folder, SQL)


def test_a_tag_object_names_its_commit(storied: tuple[Origin, list[str]], folder: Path) -> None:
    origin, commits = storied
    tag = origin.git("rev-parse", "v2.0-signed")
    assert tag != commits[1]
    assert fetch(origin.source(tag), folder, SQL).commit == commits[1]
    assert fetch(origin.source(tag), folder, SQL, offline=True).commit == commits[1]


def test_a_tag_comes_before_a_branch_and_a_name_before_an_abbreviation(
    storied: tuple[Origin, list[str]], folder: Path
) -> None:
    origin, commits = storied
    origin.git("update-ref", "refs/heads/both", commits[2])
    origin.git("tag", "both", commits[0])
    assert fetch(origin.source("both"), folder, SQL).commit == commits[0]
    assert fetch(origin.source("heads/both"), folder, SQL).commit == commits[2]
    origin.git("tag", "20240101", commits[1])
    assert fetch(origin.source("20240101"), folder, SQL).commit == commits[1]
    origin.git("update-ref", "refs/heads/deadbeef", commits[3])
    assert fetch(origin.source("deadbeef"), folder, SQL).commit == commits[3]


def test_a_name_that_git_reads_as_a_word_of_its_own(storied: tuple[Origin, list[str]], folder: Path) -> None:
    origin, commits = storied
    origin.git("tag", "tag", commits[0])
    assert fetch(origin.source("tag"), folder, SQL).commit == commits[0]
    origin.git("update-ref", "refs/heads/größe#1;$(x)", commits[1])
    assert fetch(origin.source("größe#1;$(x)"), folder, SQL).commit == commits[1]


def test_several_commits_that_begin_so(make_origin: Callable[..., Origin], folder: Path) -> None:
    made = make_origin()
    made.commit({"db/1.sql": "x"})
    tree = made.git("rev-parse", "main^{tree}")
    assert tree == "5c07dd6530f59ad14f9e5155c99ca080cd6f4da8"
    person = "A <a@example.org> 1700000000 +0000"
    twins = [  # two messages, found by trying, that give commits with the same first seven digits
        made.git(
            *("hash-object", "-t", "commit", "-w", "--stdin"),
            stdin=f"tree {tree}\nauthor {person}\ncommitter {person}\n\n{message}\n".encode(),
        )
        for message in (18353, 20450)
    ]
    assert {twin[:7] for twin in twins} == {"2abf433"}
    made.git("update-ref", "refs/heads/one", twins[0])
    made.git("update-ref", "refs/heads/two", twins[1])
    with pytest.raises(UnknownRef, match=r"2 commits begin so .*give more digits"):
        fetch(made.source("2abf433"), folder, SQL)
    for twin in twins:
        assert fetch(made.source(twin[:9]), folder, SQL).commit == twin
    with pytest.raises(UnknownRef, match=r"2 commits begin so .*give more digits"):
        fetch(made.source("2abf433"), folder, SQL, offline=True)


def test_unknown_names_get_the_nearest(storied: tuple[Origin, list[str]], folder: Path) -> None:
    origin, _ = storied
    with pytest.raises(
        UnknownRef, match=r"there is no branch, tag or ref 'v2'; give another ref, for example v2.0, v1"
    ):
        fetch(origin.source("v2"), folder, SQL)
    with pytest.raises(UnknownRef, match=r"no branch, tag or ref 'zzz'.*for example main, v2.0, v2.0-signed, v1\."):
        fetch(origin.source("zzz"), folder, SQL)
    with pytest.raises(UnknownRef, match=r"there is no commit f{40}, as far as this source shows.*example main"):
        fetch(origin.source("f" * 40), folder, SQL)
    assert fetch(origin.source("main"), folder, SQL).files == ("db/1.sql",)


def test_an_object_that_is_no_commit(storied: tuple[Origin, list[str]], folder: Path) -> None:
    origin, _ = storied
    for what in ("main:db/1.sql", "main^{tree}"):
        oid = origin.git("rev-parse", what)
        with pytest.raises(UnknownRef, match=f"{oid} is no commit; give a branch"):
            fetch(origin.source(oid), folder, SQL)


def test_an_empty_repository(make_origin: Callable[..., Origin], folder: Path) -> None:
    made = make_origin()
    for ref in (None, "main", "abcdef12", "f" * 40):
        with pytest.raises(UnknownRef, match="the repository has no branch and no tag"):
            fetch(made.source(ref), folder, SQL)


def test_a_head_that_is_not_born(make_origin: Callable[..., Origin], folder: Path) -> None:
    made = make_origin()
    commit = made.commit({"db/1.sql": "x"}, branch="trunk")
    with pytest.raises(UnknownRef, match="its HEAD names no commit; give another ref, for example trunk"):
        fetch(made.source(), folder, SQL)
    assert fetch(made.source("trunk"), folder, SQL).commit == commit


def test_a_ref_file_that_was_cut_short(origin: Origin, folder: Path) -> None:
    commit = fetch(origin.source("main"), folder, SQL).commit
    for content in ("", '{"main": ', "[]", '{"main": 1}'):
        (folder / "refs.json").write_text(content)
        assert fetch(origin.source("main"), folder, SQL).commit == commit
        assert fetch(Source("/nonexistent", "main"), folder, SQL, offline=True).commit == commit
