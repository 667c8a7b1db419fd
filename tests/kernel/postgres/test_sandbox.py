"""Foreign SQL in the sandbox: what it may do, what it may not, and where it is cut off."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from azora.kernel.postgres import sandbox as sandboxes
from azora.kernel.postgres.account import Account
from azora.kernel.postgres.binaries import PROGRAMS
from azora.kernel.postgres.errors import ClusterError
from azora.kernel.postgres.sandbox import MIB, Database, Limits, Sandbox, SandboxExceeded, StatementFailed

TABLES = "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    limits = Limits(statement_seconds=20, total_seconds=200, disk_bytes=64 * MIB, memory_bytes=512 * MIB)
    with Sandbox(limits=limits) as opened:
        yield opened


@pytest.fixture
def database(sandbox: Sandbox) -> Iterator[Database]:
    with sandbox.database() as opened:
        yield opened


@pytest.fixture
def limit(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Narrows the limits that are watched from outside, for one test."""

    def narrow(**limits: float) -> None:
        given = {"disk_bytes": 64 * MIB, "memory_bytes": 512 * MIB, **limits}
        monkeypatch.setattr(sandbox, "limits", Limits(**given))

    return narrow


# -- What it may do ----------------------------------------------------------------------------------------------------


def test_migrations_are_replayed_and_read_back(database: Database) -> None:
    database.run("create extension pg_trgm")
    database.run("create extension btree_gin")
    database.run("create table a (id int primary key, name text); create table b (a int references a)")
    database.run("create index concurrently on a using gin (name gin_trgm_ops)")
    assert database.query(TABLES) == [("a",), ("b",)]
    keys = (
        "select conname::text from pg_constraint where conrelid::regclass::text = any(%s) and contype <> 'n' order by 1"
    )
    assert database.query(keys, [["public.a", "public.b"]]) == [("a_pkey",), ("b_a_fkey",)]


def test_each_database_is_empty_and_goes_away(sandbox: Sandbox) -> None:
    with sandbox.database() as one, sandbox.database() as two:
        one.run("create table only_here (i int)")
        assert one.query(TABLES) == [("only_here",)]
        assert two.query(TABLES) == []
        names = two.query("select datname::text from pg_database where datname like 'replay%%' order by 1")
        assert names == sorted([(one.name,), (two.name,)])
    with sandbox.database() as three:
        assert three.query("select datname::text from pg_database where datname like 'replay%%'") == [(three.name,)]


def test_transactions_and_session_settings_last_from_statement_to_statement(database: Database) -> None:
    database.run("begin")
    database.run("create table t (i int)")
    assert database.query(TABLES) == []
    database.run("commit")
    assert database.query(TABLES) == [("t",)]
    database.run("create schema other")
    database.run("set search_path = other")
    database.run("create table t (i int)")
    assert database.query("select count(*) from pg_class where relname = 't'") == [(2,)]


def test_a_refused_statement_says_why_where_and_undoes_its_text(database: Database) -> None:
    with pytest.raises(StatementFailed) as refusal:
        database.run("create table one (i int); create table two (i no_such_type)")
    assert refusal.value.message == 'type "no_such_type" does not exist'
    assert refusal.value.sqlstate == "42704"
    assert refusal.value.position == 47
    assert database.query(TABLES) == []


def test_rows_and_copies_are_thrown_away(database: Database) -> None:
    database.run("select generate_series(1, 10000); select 'é'")
    database.run("create table t as select generate_series(1, 10000) as i")
    database.run("copy t to stdout")
    with pytest.raises(StatementFailed, match="COPY has no data here"):
        database.run("copy t from stdin")
    database.run("select 1")


@pytest.mark.parametrize("text", ["select 1\0; drop table t", "select '\ud800'"])
def test_text_that_is_no_text_is_refused_not_cut(database: Database, text: str) -> None:
    with pytest.raises(StatementFailed) as refusal:
        database.run(text)
    assert refusal.value.sqlstate == "22021"
    assert text[refusal.value.position - 1] in "\0\ud800"


# -- What it may not do ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "copy (select 1) to program 'touch {target}'",
        "create table t (x text); copy t from program 'touch {target}'",
        "copy (select 1) to '{target}'",
        "create table t (x text); copy t from '/etc/passwd'",
        "select pg_read_file('/etc/passwd')",
        "select pg_ls_dir('/')",
        "select lo_export(lo_from_bytea(0, 'x'), '{target}')",
        "select lo_import('/etc/passwd')",
        "create extension dblink",
        "create extension postgres_fdw",
        "create extension file_fdw",
        "create extension adminpack",
        "alter system set fsync = on",
        "set log_min_messages = debug5",
        "set temp_file_limit = -1",
        "set role azora",
        "set role pg_read_server_files",
        "reset role; set role azora",
        "set session authorization azora",
        "reset session authorization; set session authorization azora",
        "create role another",
        "alter role current_user superuser",
        "create database another",
        "create tablespace away location '/tmp'",
        "load '{target}'",
        "create function f() returns int language c as '{target}', 'f'",
        "create function f() returns int language internal as 'pg_read_file'",
        "create event trigger t on ddl_command_start execute function f()",
        "create subscription s connection 'host=/tmp' publication p",
        "create server s foreign data wrapper postgres_fdw",
        "\\connect postgres",
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'azora'",
        "drop role reader",
        "drop database template1",
    ],
)
def test_it_does_not_get_out(database: Database, statement: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    target = tmp_path / "out"
    with pytest.raises(StatementFailed) as refusal:
        database.run(statement.format(target=target))
    assert refusal.value.sqlstate in {"42501", "42601", "42704", "42883", "0A000", "58P01", "2BP01"}
    assert not target.exists()
    assert database.query("select current_setting('fsync'), session_user::text") == [("off", "reader")]


def test_the_catalog_is_read_by_a_role_that_foreign_sql_cannot_steer(database: Database) -> None:
    database.run("create function public.lower(name) returns text language sql as 'select ''stolen'''")
    database.run("do $$ begin execute format('alter database %I set search_path = public', current_database()); end $$")
    assert database.query("select lower('ABC'::name::text), current_schemas(true)::text") == [("abc", "{pg_catalog}")]
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        database.query("create table t (i int)")


# -- Where it is cut off -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "select pg_sleep(1000)",
        "set statement_timeout = 0; select pg_sleep(1000)",
        "do $$ begin loop end loop; end $$",
        "do $$ begin loop begin perform pg_sleep(100); exception when query_canceled then null; end; end loop; end $$",
        "select * from generate_series(1, 1000000000000)",
        "copy (select * from generate_series(1, 1000000000000)) to stdout",
    ],
)
def test_an_endless_statement_is_cut_off_and_the_next_one_runs(
    database: Database, limit: Callable[..., None], statement: str
) -> None:
    database.run("create table before (i int)")
    limit(statement_seconds=0.3)
    with pytest.raises(SandboxExceeded, match=r"longer than 0\.3 s and was cut off") as cut:
        database.run(f"create table during (i int); {statement}")
    assert (cut.value.limit, cut.value.final) == ("time", False)
    limit(statement_seconds=20)
    database.run("create table after (i int)")
    assert database.query(TABLES) == [("after",), ("before",)]
    assert database.query("select count(*) from pg_stat_activity where usename = %s", [database.name]) == [(1,)]


def test_a_process_that_does_not_listen_is_killed(
    database: Database, limit: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandboxes, "GRACE_MILLISECONDS", 100)
    database.run("create table before (i int)")
    [[pid]] = database.query("select pid from pg_stat_activity where usename = %s", [database.name])
    limit(statement_seconds=0.3)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(SandboxExceeded, match="longer than"):
        database.run("select 1")
    limit(statement_seconds=20)
    database.run("create table after (i int)")
    assert database.query(TABLES) == [("after",), ("before",)]


def test_the_time_of_all_statements_is_limited(database: Database, limit: Callable[..., None]) -> None:
    limit(statement_seconds=20, total_seconds=0.5)
    with pytest.raises(SandboxExceeded, match=r"all statements together took longer than 0\.5 s") as cut:
        for _ in range(100):
            database.run("select pg_sleep(0.05)")
    assert (cut.value.limit, cut.value.final) == ("time", True)
    with pytest.raises(SandboxExceeded, match="all statements together"):
        database.run("select 1")
    assert database.query(TABLES) == []


@pytest.mark.parametrize(
    "statement",
    [
        "create table bomb as select repeat(md5(i::text), 30) from generate_series(1, 100000000) i",
        (
            "do $$ begin loop execute 'create table t' || nextval('n') || ' as select repeat(md5(''x''), 60) from"
            " generate_series(1, 10000)'; end loop; end $$"
        ),
        "select * from generate_series(1, 100000000) a order by md5(a::text)",
    ],
)
def test_a_disk_bomb_is_cut_off(database: Database, sandbox: Sandbox, statement: str) -> None:
    database.run("create sequence n")
    with pytest.raises(SandboxExceeded, match="wrote more than 64 MiB") as cut:
        database.run(statement)
    assert cut.value.limit == "disk"
    assert database.query(TABLES) == []
    assert sandbox.used_bytes() < 400 * MIB


def test_disk_is_limited_over_all_statements(database: Database, limit: Callable[..., None]) -> None:
    limit(disk_bytes=20 * MIB)
    with pytest.raises(SandboxExceeded, match="the statements wrote more than 20 MiB") as cut:
        for number in range(100):
            database.run(f"create table t{number} as select repeat(md5('x'), 50) from generate_series(1, 2000) i")
            time.sleep(0.02)
    assert cut.value.final
    with pytest.raises(SandboxExceeded, match="the statements wrote more than 20 MiB"):
        database.run("select 1")


def test_a_memory_bomb_is_cut_off(database: Database) -> None:
    with pytest.raises(SandboxExceeded, match="needed more than 512 MiB of memory") as cut:
        database.run("select length(repeat('x', 500000000) || repeat('y', 500000000))")
    assert (cut.value.limit, cut.value.final) == ("memory", False)
    database.run("create table after (i int)")
    assert database.query(TABLES) == [("after",)]


def test_a_statement_that_ends_its_own_connection_is_a_failed_statement(database: Database) -> None:
    with pytest.raises(StatementFailed, match="the connection was lost") as refusal:
        database.run("select pg_terminate_backend(pg_backend_pid())")
    assert refusal.value.sqlstate == "08006"
    database.run("select 1")


# -- Beginning and end -------------------------------------------------------------------------------------------------


def test_nothing_is_left_at_the_end() -> None:
    with Sandbox() as sandbox:
        folder = sandbox.server.socket_folder
        assert folder.is_dir()
        assert sandbox.is_running
    assert not folder.exists()
    assert not sandbox.is_running
    with pytest.raises(ClusterError, match="This sandbox is closed"), sandbox.database():
        pass
    sandbox.close()


def test_programs_that_have_to_be_copied_are_gone_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Account, "reaches", lambda self, path: path.name not in PROGRAMS)
    with Sandbox() as sandbox, sandbox.database() as database:
        folder = sandbox.server.socket_folder
        assert sandbox.server.binaries.bin.is_relative_to(folder)
        database.run("create extension pg_trgm")
    assert not folder.exists()


def test_nothing_is_left_when_its_process_is_killed(python: Callable[..., object]) -> None:
    script = "sandbox = Sandbox().__enter__(); print(sandbox.server.socket_folder, flush=True); sys.stdin.read()"
    process = python(script, stdin=-1)
    folder = Path(process.stdout.readline().strip())
    assert folder.is_dir()
    process.kill()
    deadline = time.monotonic() + 20
    while folder.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_threads_share_one_sandbox_which_is_replaced_when_it_dies() -> None:
    opened: list[Sandbox] = []

    def use() -> None:
        sandbox = sandboxes.shared_sandbox()
        opened.append(sandbox)
        with sandbox.database() as database:
            database.run("create table t (i int)")
            assert database.query(TABLES) == [("t",)]

    threads = [threading.Thread(target=use) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 3
    assert len({id(sandbox) for sandbox in opened}) == 1
    opened[0].close()
    again = sandboxes.shared_sandbox()
    assert again is not opened[0]
    assert again.is_running
    again.close()
