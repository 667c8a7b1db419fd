"""bootstrap.py: one installation, taken for whole only when it is; real virtual environments, no packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
THERE = "1/6 Dependencies: already there\n"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in a folder with a space whose lock is empty, installed once; `manage.py` shows what it is given."""
    project = tmp_path_factory.mktemp("project") / "my prö ject"
    (project / "requirements").mkdir(parents=True)
    (project / "requirements" / "run.txt").write_text("# nothing\n")
    (project / "requirements" / "dev.txt").write_text("# nothing more\n")
    shutil.copy(ROOT / "bootstrap.py", project)
    shutil.copy(ROOT / "Makefile", project)
    show = "import os, sys\nprint(sys.argv[1:], sys.prefix, os.environ.get('DEMO'))\n"
    (project / "manage.py").write_text(show)
    first = bootstrap(project, "setup")
    assert first.returncode == 0, first.stdout
    assert first.stdout.startswith("1/6 Dependencies: installing (half a minute the first time) ...\n")
    assert first.stdout.endswith(f"['run', '--setup-only'] {project / '.venv'} None\n")
    return project


@pytest.fixture
def project(installed: Path) -> Path:
    """The same, with the installation whole whatever the last test did."""
    (installed / "requirements" / "run.txt").write_text("# nothing\n")
    (installed / ".venv" / "unfinished").unlink(missing_ok=True)
    bootstrap(installed, "setup")
    return installed


def environment(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"DEMO", "PYTHONPATH", "MAKEFLAGS"}}
    return {**kept, **variables}


def bootstrap(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(project / "bootstrap.py"), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd="/",
        env=environment(**variables),
    )


def test_nothing_is_done_twice_and_arguments_go_through(project: Path) -> None:
    before = (project / ".venv" / "pyvenv.cfg").stat().st_ctime_ns
    again = bootstrap(project, "run", "--port", "80")
    assert (again.returncode, again.stdout) == (0, f"{THERE}['run', '--port', '80'] {project / '.venv'} None\n")
    assert (project / ".venv" / "pyvenv.cfg").stat().st_ctime_ns == before


def test_make_passes_port_and_demo(project: Path) -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", f"PYTHON={sys.executable}", "run", "PORT=8123", "DEMO=0"],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{THERE}['run', '--port', '8123'] {project / '.venv'} 0\n"


def test_a_changed_lock_is_installed_into_the_same_environment(project: Path) -> None:
    before = (project / ".venv" / "pyvenv.cfg").stat().st_ctime_ns
    (project / "requirements" / "run.txt").write_text("# another nothing\n")
    changed = bootstrap(project, "setup")
    assert changed.stdout.splitlines()[0].startswith("1/6 Dependencies: installing")
    assert (project / ".venv" / "pyvenv.cfg").stat().st_ctime_ns == before
    assert bootstrap(project, "setup").stdout.startswith(THERE)


def test_an_interrupted_installation_is_not_taken_for_whole(project: Path) -> None:
    (project / ".venv" / "unfinished").write_text("")
    (project / ".venv" / "half").write_text("written before the interruption")
    resumed = bootstrap(project, "setup")
    assert resumed.returncode == 0
    assert resumed.stdout.splitlines()[0].startswith("1/6 Dependencies: installing")
    assert not (project / ".venv" / "half").exists()
    assert not (project / ".venv" / "unfinished").exists()


def test_a_registry_out_of_reach_is_one_sentence(project: Path) -> None:
    (project / "requirements" / "run.txt").write_text(f"no-such-package==1.0 --hash=sha256:{'0' * 64}\n")
    failed = bootstrap(project, "setup", PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_CONFIG_FILE="/dev/null")
    assert failed.returncode == 1
    assert failed.stdout.splitlines()[1:] == [
        (
            "bootstrap.py: The packages of requirements/run.txt could not be installed: the package registry cannot be "
            "reached: see the network, the proxy (HTTPS_PROXY) and `pip config list`."
        )
    ]


def test_development_dependencies_come_quietly(project: Path) -> None:
    bootstrap(project, "dev", "-c", "pass")
    done = bootstrap(project, "dev", "-c", "import sys; print(sys.prefix); sys.exit(7)")
    assert (done.returncode, done.stdout) == (7, f"{project / '.venv'}\n")


def test_checks_stop_at_the_first_that_fails(project: Path) -> None:
    bootstrap(project, "dev", "-c", "pass")
    failed = bootstrap(project, "check")
    assert failed.returncode == 1
    assert failed.stdout.startswith("1/6 Lint: failed after")
    assert failed.stdout.endswith("No module named ruff\n")


def test_a_python_that_is_too_old_says_so(tmp_path: Path) -> None:
    source = (ROOT / "bootstrap.py").read_text()
    assert "OLDEST = (3, 11)" in source
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "run.txt").write_text("# nothing\n")
    (tmp_path / "bootstrap.py").write_text(source.replace("OLDEST = (3, 11)", "OLDEST = (99, 0)"))
    (tmp_path / "empty").mkdir()
    refused = bootstrap(tmp_path, "setup", PATH=str(tmp_path / "empty"))
    assert refused.returncode == 1
    assert refused.stdout.splitlines()[-1].startswith("bootstrap.py: Azora needs Python 99.0 or newer; this one (")
    assert not (tmp_path / ".venv").exists()


def test_no_word_is_help(project: Path) -> None:
    helped = bootstrap(project)
    assert helped.returncode == 0
    assert helped.stdout.startswith("From a clone to a running platform")
    assert bootstrap(project, "fly").returncode == 2
