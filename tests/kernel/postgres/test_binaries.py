"""Finding PostgreSQL's programs: the order of places, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from azora.kernel.postgres import binaries
from azora.kernel.postgres.account import Account
from azora.kernel.postgres.binaries import Binaries
from azora.kernel.postgres.errors import ClusterError

STRANGER = Account(uid=65534, gid=65534)


def install(folder: Path, version: str) -> Path:
    """A folder of programs that only say which version they are."""
    folder.mkdir(parents=True)
    for name in binaries.PROGRAMS:
        program = folder / name
        program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        program.chmod(0o755)
    return folder


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without PostgreSQL; `PATH` is the folder `path`."""
    monkeypatch.delenv(binaries.VARIABLE, raising=False)
    monkeypatch.setattr(binaries, "WHEEL", "no_such_wheel")
    monkeypatch.setattr(binaries, "INSTALLED", (f"{str(tmp_path).lstrip('/')}/installed/*/bin",))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    (tmp_path / "path").mkdir()
    return tmp_path


def test_the_wheel_or_the_machine_has_programs_with_the_extensions_the_project_uses() -> None:
    found = binaries.find()
    assert found.version >= 15
    assert found.program("initdb").is_file()
    assert {"pg_trgm", "btree_gin", "postgres_fdw", "plpgsql"} <= found.extensions()


def test_the_folder_named_by_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named = install(tmp_path / "named folder" / "bin", "17.2")
    monkeypatch.setenv(binaries.VARIABLE, str(named))
    assert binaries.find() == Binaries(named, 17, binaries.VARIABLE)


def test_the_folder_named_by_the_environment_is_never_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(binaries.VARIABLE, str(tmp_path))
    with pytest.raises(ClusterError, match=rf"{tmp_path} \(AZORA_PG_BIN\) has no initdb and no postgres and no pg_ctl"):
        binaries.find()


def test_path_is_resolved_to_the_real_folder(bare_machine: Path) -> None:
    real = install(bare_machine / "real" / "bin", "16.1")
    install(bare_machine / "installed" / "18" / "bin", "18.0")
    (bare_machine / "path" / "pg_ctl").symlink_to(real / "pg_ctl")
    assert binaries.find() == Binaries(real, 16, "PATH")


def test_the_newest_installed_one_comes_last(bare_machine: Path) -> None:
    for version in ("9", "15", "18"):
        install(bare_machine / "installed" / version / "bin", f"{version}.3")
    assert binaries.find() == Binaries(bare_machine / "installed" / "18" / "bin", 18, "installed on this machine")


def test_the_wheel_is_used_without_importing_it(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "WHEEL", "fake_wheel")
    monkeypatch.syspath_prepend(bare_machine)
    programs = install(bare_machine / "fake_wheel" / "pginstall" / "bin", "18.6")
    (bare_machine / "fake_wheel" / "__init__.py").write_text("raise AssertionError('imported')\n")
    assert binaries.find() == Binaries(programs, 18, "wheel fake_wheel")


def test_an_old_or_broken_one_is_passed_over_and_named_when_there_is_no_other(bare_machine: Path) -> None:
    old = install(bare_machine / "installed" / "14" / "bin", "14.9")
    broken = install(bare_machine / "installed" / "16" / "bin", "16.0")
    (broken / "postgres").write_text("#!/bin/sh\necho 'no such library' >&2; exit 127\n")
    with pytest.raises(ClusterError) as refusal:
        binaries.find()
    assert f"{old} (installed on this machine) is PostgreSQL 14, older than 15" in str(refusal.value)
    assert f"{broken / 'postgres'} (installed on this machine) cannot be executed: no such library" in str(
        refusal.value
    )
    assert "name the folder of its programs in AZORA_PG_BIN" in str(refusal.value)


def test_a_machine_without_any_gets_a_sentence(bare_machine: Path) -> None:
    with pytest.raises(ClusterError, match=r"No usable PostgreSQL 15 or newer was found .*make setup"):
        binaries.find()


def test_programs_an_account_cannot_enter_are_copied_for_it_with_their_libraries(tmp_path: Path, folder: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    programs = install(closed / "wheel" / "pginstall" / "bin", "18.6")
    (closed / "wheel.libs").mkdir(mode=0o700)
    (closed / "wheel.libs" / "libpq.so").write_text("library")
    original = Binaries(programs, 18, "test")
    copy = original.reachable_by(STRANGER, folder)
    assert copy == Binaries(folder / "binaries" / "wheel" / "pginstall" / "bin", 18, f"copy of {programs}")
    assert STRANGER.reaches(copy.program("postgres"))
    assert (folder / "binaries" / "wheel.libs" / "libpq.so").read_text() == "library"

    (copy.bin / "mark").write_text("kept while nothing changes")
    assert original.reachable_by(STRANGER, folder) == copy
    assert (copy.bin / "mark").exists()
    (programs / "postgres").write_text("#!/bin/sh\necho another version\n")
    assert original.reachable_by(STRANGER, folder) == copy
    assert not (copy.bin / "mark").exists()
    assert copy.program("postgres").read_text() == "#!/bin/sh\necho another version\n"


def test_programs_an_account_can_enter_are_used_where_they_are(folder: Path) -> None:
    original = Binaries(install(folder / "pg" / "bin", "18.6"), 18, "test")
    assert original.reachable_by(STRANGER, folder / "unused") is original
    assert not (folder / "unused").exists()
