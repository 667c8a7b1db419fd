"""clone_schemas from end to end, on small git repositories."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest import cloning
from ingest.catalog import dump, load
from ingest.models import Column, Note, Snapshot, Table, Upstream
from ingest.queries import with_presence
from ingest.storage import catalog_of
from tests.ingest.checkout.origin import Origin
from tests.ingest.commands.conftest import Folders, Said
from tests.ingest.samples import declare, install_xml

pytestmark = pytest.mark.django_db

Run = Callable[..., Said]


def from_(name: str, origin: Origin, ref: str = "") -> str:
    return f"--source={name}={origin.path}{'@' + ref if ref else ''}"


def commit_of(origin: Origin) -> str:
    return origin.git("rev-parse", "refs/heads/main")


def extracts(folders: Folders, name: str) -> dict[str, bytes]:
    folder = folders.extracts / name
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_one_upstream_from_its_repository_to_the_database(folders: Folders, tiny: Origin, run: Run) -> None:
    said = run("clone_schemas", "tiny", from_("tiny", tiny))
    assert said.code == 0, said.err
    snapshot = Snapshot.objects.get()
    assert (snapshot.commit, snapshot.origin, snapshot.file_count) == (commit_of(tiny), "repository", 1)
    assert Upstream.objects.get().current == snapshot
    assert list(Table.objects.values_list("name", flat=True)) == ["category", "course"]
    assert list(Column.objects.filter(table__name="course").values_list("name", "file", "line")) == [
        ("id", "mod/db/install.xml", 6),
        ("category", "mod/db/install.xml", 7),
    ]
    written = extracts(folders, "tiny")
    assert sorted(written) == ["catalog.json", "files/mod/db/install.xml", "schema.prisma", "schema.sql"]
    assert written["files/mod/db/install.xml"].decode() == install_xml(course=("category",), category=("parent",))
    assert load(written["catalog.json"].decode()) == catalog_of(snapshot)
    assert b"create table" in written["schema.sql"].lower()
    assert b"model " in written["schema.prisma"]


def test_it_ends_with_a_row_an_upstream_and_the_totals(folders: Folders, tiny: Origin, small: Origin, run: Run) -> None:
    said = run("clone_schemas", from_("tiny", tiny), from_("small", small), "--jobs=2")
    assert said.code == 0, said.err
    lines = [re.split(r"\s{2,}", line) for line in said.out.splitlines()]
    assert lines[0] == [
        "upstream", "commit", "files", "tables", "columns", "relationships", "indexes", "constraints", "enums",
        "problems", "seconds", "bytes", "source",
    ]  # fmt: skip
    rows = {line[0]: line for line in lines[2:4]}
    counts = {name: rows[name][1:10] for name in rows}
    assert counts == {
        "small": [commit_of(small)[:10], "1", "1", "3", "0", "0", "1", "0", "0"],
        "tiny": [commit_of(tiny)[:10], "1", "2", "4", "0", "0", "2", "0", "0"],
    }
    assert all(re.fullmatch(r"\d+\.\d\d", row[10]) for row in rows.values())
    assert {row[12] for row in rows.values()} == {"read from the repository"}
    bytes_read = {row[11] for row in rows.values()}
    assert bytes_read == {f"{count:,}" for count in Snapshot.objects.values_list("byte_count", flat=True)}
    assert lines[5][:9] == ["2 upstreams", "2", "3", "7", "0", "0", "3", "0", "0"]


def test_the_summary_is_had_as_json(folders: Folders, tiny: Origin, run: Run) -> None:
    said = run("clone_schemas", from_("tiny", tiny), "--format=json")
    (row,) = json.loads(said.out)["upstreams"]
    assert (row["upstream"], row["commit"], row["tables"], row["files"]) == ("tiny", commit_of(tiny), 2, 1)


def test_the_same_commit_twice_changes_nothing(folders: Folders, tiny: Origin, run: Run) -> None:
    run("clone_schemas", from_("tiny", tiny))
    rows = [list(model.objects.order_by("pk").values()) for model in (Snapshot, Table, Column)]
    files = extracts(folders, "tiny")
    assert run("clone_schemas", from_("tiny", tiny)).code == 0
    assert [list(model.objects.order_by("pk").values()) for model in (Snapshot, Table, Column)] == rows
    assert extracts(folders, "tiny") == files


def test_a_newer_commit_becomes_current_and_the_older_stays(folders: Folders, tiny: Origin, run: Run) -> None:
    run("clone_schemas", from_("tiny", tiny))
    old = Snapshot.objects.get()
    Note.objects.create(upstream=old.upstream, table_name="category", text="a tree")
    tiny.commit({"mod/db/install.xml": install_xml(course=("category", "title"))})
    assert run("clone_schemas", from_("tiny", tiny)).code == 0
    new = Snapshot.objects.exclude(pk=old.pk).get()
    assert Upstream.objects.get().current == new
    assert [table.name for table in catalog_of(old).tables] == ["category", "course"]
    assert [table.name for table in catalog_of(new).tables] == ["course"]
    assert [note.is_gone for note in with_presence(Note.objects.all())] == [True]
    written = load(extracts(folders, "tiny")["catalog.json"].decode())
    assert written == catalog_of(new)


def test_a_ref_may_be_a_branch_a_tag_or_part_of_a_commit(folders: Folders, tiny: Origin, run: Run) -> None:
    first = commit_of(tiny)
    tiny.git("tag", "v1", first)
    second = tiny.commit({"db/install.xml": install_xml(user=())}, branch="next")
    for ref, commit in (("v1", first), ("next", second), (first[:8], first), ("refs/heads/next", second)):
        assert run("clone_schemas", from_("tiny", tiny, ref)).code == 0
        assert Upstream.objects.get().current.commit == commit  # type: ignore[union-attr]
    assert Snapshot.objects.count() == 2


def test_a_mirror_serves_all_at_their_pins_or_at_their_latest(
    folders: Folders, tiny: Origin, small: Origin, run: Run
) -> None:
    pinned = commit_of(tiny)
    latest = tiny.commit({"db/install.xml": install_xml(user=())})
    mirror = f"--mirror={folders.origins}/{{name}}.git"
    assert run("clone_schemas", mirror).code == 0
    assert sorted(Snapshot.objects.values_list("commit", flat=True)) == sorted([pinned, commit_of(small)])
    assert run("clone_schemas", "tiny", mirror, "--latest").code == 0
    assert Upstream.objects.get(name="tiny").current.commit == latest  # type: ignore[union-attr]


def test_an_upstream_that_fails_leaves_the_others_and_what_was_stored(
    folders: Folders, tiny: Origin, small: Origin, run: Run
) -> None:
    run("clone_schemas", from_("tiny", tiny))
    stored, files = Snapshot.objects.get(), extracts(folders, "tiny")
    said = run("clone_schemas", f"--source=tiny={folders.origins}/none.git", from_("small", small))
    assert said.code == 1
    assert f"tiny: {folders.origins}/none.git: git says" in said.err
    assert said.err.endswith("1 of 2 upstreams failed; what was stored before stays.\n")
    upstream = Upstream.objects.get(name="tiny")
    assert upstream.current == stored
    assert upstream.attempt_error.startswith(f"{folders.origins}/none.git: git says")
    assert extracts(folders, "tiny") == files
    assert Upstream.objects.get(name="small").current is not None
    assert "small" in said.out


def test_a_ref_that_there_is_not(folders: Folders, tiny: Origin, run: Run) -> None:
    said = run("clone_schemas", from_("tiny", tiny, "v9"))
    assert said.code == 1
    assert re.search(r"tiny: .*tiny\.git@v9: .*v9", said.err)
    assert not Snapshot.objects.exists()
    assert not (folders.extracts / "tiny").exists()


def test_a_path_that_the_tree_does_not_have(folders: Folders, tiny: Origin, run: Run) -> None:
    commit = tiny.commit({"lib/tables.xml": install_xml(user=())})
    said = run("clone_schemas", from_("tiny", tiny))
    assert said.code == 1
    assert (
        f"\ntiny: the path '**/db/install.xml' matches no file of example/tiny at {commit[:12]}; "
        "put the path of this version into tiny/upstream.toml" in said.err
    )
    assert not Snapshot.objects.exists()


def test_a_file_that_is_left_out_is_told(folders: Folders, tiny: Origin, run: Run) -> None:
    tiny.commit({"db/install.xml": install_xml(user=())}, links={"more/db/install.xml": ("120000", "/etc/passwd")})
    said = run("clone_schemas", from_("tiny", tiny))
    assert said.code == 0
    assert "tiny: more/db/install.xml is left out: it is a symlink" in said.err
    assert sorted(extracts(folders, "tiny")) == [
        "catalog.json", "files/db/install.xml", "schema.prisma", "schema.sql",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tony"], "No upstream 'tony' (declared: small, tiny); did you mean 'tiny'?"),
        (["--source=tony=/tmp"], "No upstream 'tony' (declared: small, tiny); did you mean 'tiny'?"),
        (["small", "--source=tiny=/tmp"], "--source is given for tiny, which is not asked for."),
        (["--source=tiny=/tmp", "--source=tiny=/var"], "--source names tiny twice."),
        (["--source=tiny"], "write it as NAME=URL-or-path[@REF]"),
        (["--source=tiny=ext::sh -c true"], "transport helpers (ext:: and the like) run commands"),
        (["--source=tiny=https://example.org/tiny@--upload-pack=x"], "cannot be a ref"),
        (["--mirror=https://example.org/all.git"], "a mirror's template needs {name}"),
        (["--jobs=0"], "--jobs must be 1 or more."),
    ],
)
def test_what_is_wrongly_asked_is_refused_and_nothing_is_done(
    folders: Folders, tiny: Origin, small: Origin, run: Run, arguments: list[str], said: str
) -> None:
    ended = run("clone_schemas", *arguments)
    assert ended.code == 2
    assert said in ended.err
    assert not Upstream.objects.exists()
    assert not folders.checkouts.exists()
    assert not folders.extracts.exists()


def test_a_declaration_that_is_wrong_is_named(folders: Folders, tiny: Origin, run: Run) -> None:
    file = folders.declarations / "tiny" / "upstream.toml"
    file.write_text(file.read_text().replace('"example/tiny"', '"ext::sh -c true"', 1))
    said = run("clone_schemas", "tiny")
    assert said.code == 1
    assert f"{file}: repository: 'ext::sh -c true' is not a repository as 'owner/name'" in said.err
    assert not Upstream.objects.exists()


def test_no_network_is_noticed_once_and_what_was_fetched_is_read(
    folders: Folders, tiny: Origin, small: Origin, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []

    def absent(host: str, *, port: int, seconds: float) -> bool:
        asked.append((host, port))
        assert seconds < 5
        return False

    monkeypatch.setattr(cloning, "reachable", absent)
    assert run("clone_schemas", from_("tiny", tiny)).code == 0
    assert asked == []
    said = run("clone_schemas")
    assert asked == [("github.com", 443)]
    assert said.err.count("github.com cannot be reached: only what was fetched from it before is read.\n") == 1
    assert said.code == 1
    assert "tiny: failed" not in said.err
    where = re.escape(f"small: https://github.com/example/small.git@{commit_of(small)}")
    assert re.search(
        rf"^{where}: github.com cannot be reached, and not all of it was fetched before; "
        r"check the network, or read from a mirror \(--source, --mirror\)\.$",
        said.err,
        re.MULTILINE,
    ), said.err
    assert Upstream.objects.get(name="small").attempt_error.startswith("https://github.com/example/small.git@")


def test_offline_asks_nobody(folders: Folders, tiny: Origin, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cloning, "reachable")
    assert run("clone_schemas", from_("tiny", tiny)).code == 0
    tiny.commit({"db/install.xml": install_xml(user=())})
    assert run("clone_schemas", "--offline").code == 0
    assert Snapshot.objects.count() == 1
    said = run("clone_schemas", from_("tiny", tiny, "next"), "--offline")
    assert said.code == 1
    assert "run it once without --offline" in said.err


@pytest.mark.parametrize("which", ["checkouts", "extracts"])
def test_a_folder_that_cannot_be_written_is_a_sentence(folders: Folders, tiny: Origin, run: Run, which: str) -> None:
    folder: Path = getattr(folders, which)
    folder.write_text("a file in the folder's place")
    said = run("clone_schemas", from_("tiny", tiny))
    assert said.code == 1
    assert re.search(rf"tiny: {re.escape(str(folder))}\S*: \w.*; make room or give rights there\.", said.err), said.err
    assert not Snapshot.objects.exists()


def test_a_catalog_that_no_row_can_hold_fails_alone(folders: Folders, tiny: Origin, small: Origin, run: Run) -> None:
    tiny.commit({"db/install.xml": install_xml(**{"t" * 301: ()})})
    said = run("clone_schemas", from_("tiny", tiny), from_("small", small))
    assert said.code == 1
    reason = "the name 'tttttttttttttttttttt'… has over 300 characters"
    assert f"\ntiny: What db/install.xml:4 says cannot be stored: {reason}.\n" in said.err
    assert list(Snapshot.objects.values_list("upstream__name", flat=True)) == ["small"]


def test_a_database_without_our_tables_is_a_sentence(
    folders: Folders, tiny: Origin, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.management.command.MigrationExecutor.migration_plan", lambda *_: ["one"])
    said = run("clone_schemas", from_("tiny", tiny))
    assert (said.code, said.err) == (1, "The database lacks the catalog's tables: run `manage.py migrate`.\n")
    assert not folders.checkouts.exists()


def test_sql_migrations_are_replayed_on_the_way(folders: Folders, run: Run) -> None:
    origin = Origin(folders.origins / "sql.git")
    commit = origin.commit({"db/1_a.sql": "create table a (id int primary key, b text);\nselect pg_sleep(0);\n"})
    declare(folders.declarations, "sql", commit=commit)
    file = folders.declarations / "sql" / "upstream.toml"
    text = file.read_text().replace('"xmldb"', '"sql_migrations"').replace("**/db/install.xml", "db/*.sql")
    file.write_text(f"{text}\n[readers.options]\nname = '(?P<version>\\d+)_\\w+\\.sql'\norder = \"number\"\n")
    said = run("clone_schemas", from_("sql", origin))
    assert said.code == 0, said.err
    assert list(Column.objects.values_list("name", "type")) == [("id", "integer"), ("b", "text")]
    written = json.loads(extracts(folders, "sql")["catalog.json"])
    assert written["statements"]["seen"] == 2
    assert dump(catalog_of(Snapshot.objects.get())) == extracts(folders, "sql")["catalog.json"].decode()


def test_help_teaches(run: Run, capsys: Any) -> None:
    with pytest.raises(SystemExit):
        run("clone_schemas", "--help")
    said = capsys.readouterr().out
    assert "manage.py clone_schemas --source fider=../fider" in said
    assert "exit codes: 0 all that was asked succeeded" in said
