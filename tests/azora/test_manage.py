"""What manage.py says where a person has to mend something."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DATABASE_URL": "mysql://host/name"}, "DATABASE_URL must begin with postgres://"),
        ({"AZORA_LOG_LEVEL": "loud"}, "AZORA_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not 'LOUD'."),
        ({"DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}, "Connection refused"),
    ],
)
def test_wrong_settings_and_a_missing_server_get_a_sentence(variables: dict[str, str], sentence: str) -> None:
    done = manage("summarize_schemas", **variables)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_the_whole_story_is_told_on_request() -> None:
    done = manage("summarize_schemas", "--traceback", DATABASE_URL="mysql://host/name")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_help_needs_no_database() -> None:
    done = manage("help", "clone_schemas", DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing")
    assert done.returncode == 0
    assert "exit codes" in done.stdout
