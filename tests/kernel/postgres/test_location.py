"""Where a cluster and its socket are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from azora.kernel.postgres import location
from azora.kernel.postgres.account import Account


def test_the_cluster_is_in_the_project_where_the_account_can_enter_it(folder: Path) -> None:
    assert location.home(folder, folder / "lasting") == folder / "var" / "pg"
    assert list(folder.iterdir()) == []


def test_root_uses_a_lasting_folder_where_its_server_could_not_enter(folder: Path) -> None:
    project = folder / "closed" / "azora"
    project.mkdir(parents=True)
    project.parent.chmod(0o700)
    lasting = location.lasting_folder(project, folder / "lasting") / "pg"
    expected = lasting if os.geteuid() == 0 else project / "var" / "pg"
    assert location.home(project, folder / "lasting") == expected
    assert list(project.iterdir()) == []


def test_a_recorded_folder_follows_a_moved_project_but_not_a_copy(folder: Path) -> None:
    project, other = folder / "one", folder / "two"
    recorded = folder / "lasting" / "0123456789abcdef" / "pg"
    for place in (project, other):
        (place / "var").mkdir(parents=True)
        location.record_of(place).write_text(f"{recorded}\n{project}\n")
    assert location.home(project, folder / "lasting") == recorded
    assert location.home(other, folder / "lasting") == location.lasting_folder(other, folder / "lasting") / "pg"
    location.record_of(project).unlink()
    assert location.home(other, folder / "lasting") == recorded


@pytest.mark.parametrize(
    ("name", "inside"),
    [("short", True), ("with space and ü", True), ("x" * 70, True), ("x" * 90, False), ("a,b", False), ("a\nb", False)],
)
def test_the_socket_is_inside_where_its_path_can_be_used(name: str, inside: bool) -> None:
    home = Path("/p") / name
    folder = location.socket_folder(home)
    assert (folder == home / "socket") is inside
    assert location.holds_socket(folder)
    assert folder == location.socket_folder(home)


def test_permission_bits_decide_what_an_account_reaches(folder: Path) -> None:
    inner = folder / "a" / "b"
    inner.mkdir(parents=True)
    stranger = Account(uid=65534, gid=65534)
    assert stranger.reaches(inner)
    assert stranger.reaches(inner / "not" / "yet")
    (folder / "a").chmod(0o750)
    assert not stranger.reaches(inner)
    owner = (folder / "a").stat()
    assert Account(uid=65534, gid=owner.st_gid).reaches(inner)
    assert Account(uid=owner.st_uid, gid=65534).reaches(inner)
