"""The project's own cluster: made, started, shared, crashed, stopped; and what it refuses."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from azora.kernel.postgres import location
from azora.kernel.postgres import server as servers
from azora.kernel.postgres.cluster import Cluster
from azora.kernel.postgres.errors import ClusterError

ClusterIn = Callable[..., Cluster]


def ask(cluster: Cluster, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def snapshot(folder: Path) -> dict[str, str]:
    """What each path below the folder is: a folder, or the digest of a file (contents would make a failure's report
    grow beyond all bounds)."""
    return {str(path.relative_to(folder)): digest(path) for path in folder.rglob("*")}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 20
    while any(servers.process_name(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.02)


# -- Made, shared, stopped ---------------------------------------------------------------------------------------------


def test_a_fresh_cluster_is_local_safe_and_in_utf_8(new: Cluster) -> None:
    assert not new.status().running
    assert new.status().version is None
    new.start()
    rows = ask(
        new,
        "select name, setting from pg_settings where name in ('listen_addresses', 'fsync', 'data_checksums',"
        " 'server_encoding', 'TimeZone', 'max_connections', 'unix_socket_permissions')",
    )
    assert dict(rows) == {
        "listen_addresses": "",
        "fsync": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "max_connections": "20",
        "unix_socket_permissions": "0700",
    }
    assert ask(new, "select current_user::text, current_database()::text") == [("azora", "azora")]
    assert ask(new, "select lower('ÄÖ') ") == [("äö",)]
    assert new.socket_folder.stat().st_mode & 0o777 == 0o700
    assert new.home.stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in new.home.iterdir()) == ["data", "server.log", "socket"]


def test_starting_twice_is_one_server_and_stopping_keeps_the_rows(cluster: Cluster) -> None:
    cluster.start()
    first = cluster.status()
    assert first.running
    assert first.pid is not None
    cluster.start()
    assert cluster.status() == first
    ask(cluster, "create table kept as select 1 as one")
    assert cluster.stop() is True
    assert not cluster.status().running
    assert servers.process_name(first.pid) is None
    assert cluster.stop() is True
    cluster.start()
    assert ask(cluster, "select one from kept") == [(1,)]
    assert cluster.status().pid != first.pid


def test_a_used_cluster_is_left_running_when_asked(cluster: Cluster) -> None:
    assert cluster.stop(only_if_unused=True) is True
    cluster.start()
    with psycopg.connect(cluster.url()):
        assert cluster.stop(only_if_unused=True) is False
        assert cluster.status().running
    assert cluster.stop(only_if_unused=True) is True
    assert not cluster.status().running


def test_a_missing_database_is_made_again(cluster: Cluster) -> None:
    cluster.start()
    pid = cluster.status().pid
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        connection.execute("drop database azora")
    cluster.start()
    assert ask(cluster, "select current_database()::text") == [("azora",)]
    assert cluster.status().pid == pid


def test_eight_starters_at_once_are_one_server(new: Cluster, python: Callable[..., object]) -> None:
    script = "cluster.start(); print(cluster.status().pid)"
    starters = [python(script) for _ in range(8)]
    answers = [starter.communicate(timeout=60)[0].strip() for starter in starters]
    assert [starter.returncode for starter in starters] == [0] * 8, answers
    assert set(answers) == {str(new.status().pid)}


def test_a_server_outlives_the_interrupted_command_that_started_it(
    cluster: Cluster, python: Callable[..., object]
) -> None:
    command = python("cluster.start(); print('started', flush=True); sys.stdin.read()", process_group=0, stdin=-1)
    assert command.stdout.readline() == "started\n"
    os.killpg(command.pid, signal.SIGINT)
    command.wait(timeout=20)
    assert ask(cluster, "select 1") == [(1,)]


# -- Crashes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("victims", ["the postmaster", "every process"])
def test_committed_rows_survive_kill_9(cluster: Cluster, victims: str) -> None:
    cluster.start()
    postmaster = cluster.status().pid
    assert postmaster is not None
    ask(cluster, "create table kept as select generate_series(1, 2000)")
    children = [
        int(str(pid)) for [pid] in ask(cluster, "select pid from pg_stat_activity where pid <> pg_backend_pid()")
    ]
    assert children
    for pid in [postmaster, *(children if victims == "every process" else [])]:
        os.kill(pid, signal.SIGKILL)
    cluster.start()
    assert ask(cluster, "select count(*) from kept") == [(2000,)]
    assert cluster.status().pid != postmaster
    wait_until_gone(children)


def test_a_process_number_that_now_is_another_program_does_not_hinder(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n")
    (cluster.socket_folder / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    cluster.start()
    assert ask(cluster, "select 1") == [(1,)]


def test_an_interrupted_making_is_begun_again(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    cluster.data.rename(cluster.data.with_name("data.new"))
    (cluster.home / "data.new" / "PG_VERSION").write_text("")
    cluster.start()
    assert ask(cluster, "select 1") == [(1,)]
    assert not (cluster.home / "data.new").exists()


def test_a_server_that_lost_its_socket_gets_it_back(cluster: Cluster) -> None:
    cluster.start()
    ask(cluster, "create table kept as select 1 as one")
    shutil.rmtree(cluster.socket_folder)
    assert not cluster.status().running
    cluster.start()
    assert ask(cluster, "select one from kept") == [(1,)]


# -- Where it is -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["space and ü", 'quote\'s "$HOME" `id`', "comma,comma", "long/" * 20])
def test_any_folder_will_do(folder: Path, cluster_in: ClusterIn, name: str) -> None:
    project = folder / name
    project.mkdir(parents=True)
    cluster = cluster_in(project, made=True)
    cluster.start()
    assert cluster.socket_folder.stat().st_mode & 0o777 == 0o700
    assert ask(cluster, "select 1") == [(1,)]
    assert cluster_in(project) == cluster


def test_a_moved_project_finds_its_running_server(folder: Path, cluster_in: ClusterIn) -> None:
    (folder / "one").mkdir()
    before = cluster_in(folder / "one", made=True)
    before.start()
    pid = before.status().pid
    (folder / "one").rename(folder / "two")
    after = cluster_in(folder / "two")
    after.start()
    assert after.status().pid == pid


@pytest.fixture
def short_socket(folder: Path, cluster_in: ClusterIn) -> Iterator[Cluster]:
    """A cluster whose socket has to be outside, in a folder that is not made yet."""
    project = folder / "long" / ("x" * 100)
    project.mkdir(parents=True)
    cluster = cluster_in(project)
    assert not cluster.socket_folder.is_relative_to(project)
    yield cluster
    if os.path.lexists(cluster.socket_folder):
        cluster.socket_folder.unlink()


def test_a_short_socket_folder_that_is_not_ours_is_refused(short_socket: Cluster, folder: Path) -> None:
    short_socket.socket_folder.symlink_to(folder)
    with pytest.raises(ClusterError, match=f"belongs in {short_socket.socket_folder}, which is no folder of the acc"):
        short_socket.start()
    assert short_socket.socket_folder.readlink() == folder
    assert not short_socket.data.exists()


def test_root_makes_a_lasting_cluster_for_a_project_only_root_enters(folder: Path, cluster_in: ClusterIn) -> None:
    """An ordinary user owns such a project, and then the cluster is inside as always."""
    project = folder / "closed" / "azora"
    project.mkdir(parents=True)
    project.parent.chmod(0o700)
    cluster = cluster_in(project)
    cluster.start()
    assert ask(cluster, "select 1") == [(1,)]
    is_root = os.geteuid() == 0
    assert cluster.lasting is is_root
    assert cluster.status().lasting is is_root
    assert location.record_of(project).exists() is is_root
    if is_root:
        assert location.record_of(project).read_text() == f"{cluster.home}\n{project}\n"
        assert cluster.home.parent.parent == folder / "lasting"
        assert cluster.home.stat().st_uid != 0
        assert sorted(path.name for path in (project / "var").iterdir()) == ["pg.location"]
    assert project.parent.stat().st_mode & 0o777 == 0o700
    assert cluster_in(project) == cluster


# -- What is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "content", "sentence"),
    [
        ("var/pg/PG_VERSION", "18\n", "is not a cluster that this project made .it holds PG_VERSION."),
        ("var/pg/notes.txt", "mine", "is not a cluster that this project made .it holds notes.txt."),
        ("var/pg/data/notes.txt", "mine", "is not a cluster that this project made .it holds a data folder without"),
        ("var/pg", "a file", "is no folder, but the cluster's folder belongs there: move it away"),
        ("var/pg/data/PG_VERSION", "99\n", "was made by PostgreSQL 99, newer than the programs in"),
        ("var/pg/data/PG_VERSION", "9\n", "was made by PostgreSQL 9, older than the programs in"),
    ],
)
def test_a_foreign_folder_is_refused_and_left_alone(
    folder: Path, new: Cluster, path: str, content: str, sentence: str
) -> None:
    (folder / path).parent.mkdir(parents=True)
    (folder / path).write_text(content)
    before = snapshot(folder)
    with pytest.raises(ClusterError, match=sentence):
        new.start()
    assert not new.status().running
    assert snapshot(folder) == {**before, "var/pg.lock": hashlib.sha256().hexdigest()}


def test_another_server_on_the_socket_is_named(folder: Path, cluster_in: ClusterIn) -> None:
    for name in ("one", "two"):
        (folder / name).mkdir()
    one = cluster_in(folder / "one", made=True)
    one.start()
    two = replace(cluster_in(folder / "two"), socket_folder=one.socket_folder)
    with pytest.raises(ClusterError, match=r"A server of another data folder than .*two/var/pg/data answers"):
        two.start()
    assert not two.data.exists()
    assert one.status().running


def test_a_failed_start_quotes_the_log(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    with (cluster.data / "postgresql.conf").open("a") as conf:
        conf.write("shared_buffers = 'many'\n")
    with pytest.raises(ClusterError) as refusal:
        cluster.start()
    assert str(refusal.value).startswith(f"PostgreSQL did not start in {cluster.data}: ")
    assert "contains errors" in str(refusal.value)
    assert str(refusal.value).endswith(f"see {cluster.log}.")


def test_a_cluster_of_another_account_is_named(folder: Path, python: Callable[..., object]) -> None:
    """/etc stands for it: it is root's, and whoever runs this is not root."""
    script = """
try:
    replace(cluster, home=Path("/etc"))._refuse_strangers()
except ClusterError as error:
    print(error)
"""
    output = python(script, ordinary=True).communicate(timeout=30)[0]
    assert output.startswith("The cluster in /etc belongs to the account root: run the command as that account")


def test_a_folder_that_cannot_be_written_gets_a_sentence(folder: Path, python: Callable[..., object]) -> None:
    folder.chmod(0o555)
    script = """
try:
    cluster.start()
except ClusterError as error:
    print(error)
"""
    output = python(script, ordinary=True).communicate(timeout=30)[0]
    folder.chmod(0o755)
    assert output.startswith(f"The cluster in {folder}/var/pg cannot be used: Permission denied")
    assert output.rstrip().endswith("or name another server in DATABASE_URL.")
    assert list(folder.iterdir()) == []


def test_an_ordinary_user_needs_nothing_special(folder: Path, python: Callable[..., object]) -> None:
    folder.chmod(0o777)
    script = """
cluster.start()
print(cluster.status().running, cluster.lasting, cluster.home.stat().st_uid == os.geteuid() != 0)
cluster.stop()
print(cluster.status().running)
with Sandbox() as sandbox, sandbox.database() as database:
    database.run("create table t (i int)")
    print(database.query("select relname from pg_class where relname = 't'"))
"""
    output = python(script, ordinary=True).communicate(timeout=60)[0]
    assert output.splitlines() == ["True False True", "False", "[('t',)]"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("FATAL:  too bad.\nHINT: none\n", "It failed: FATAL:  too bad; see /log."),
        ("LOG: first\nlast\n", "It failed: last; see /log."),
        ("", "It failed: it gave no reason; see /log."),
        (
            "initdb: error: could not write: No space left on device\n",
            (
                "It failed: initdb: error: could not write: No space left on device; "
                "free some disk space (about 200 MB), then start again; see /log."
            ),
        ),
        (
            "FATAL:  could not open: Read-only file system\n",
            (
                "It failed: FATAL:  could not open: Read-only file system; "
                "make the folder writable for the account that runs the server; see /log."
            ),
        ),
    ],
)
def test_a_programs_words_become_one_sentence(words: str, sentence: str) -> None:
    assert servers.explain("It failed", words, Path("/log")) == sentence
