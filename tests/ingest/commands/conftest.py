"""Declared upstreams of the test's own, their repositories, and folders to work in."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ingest.models import Upstream
from tests.ingest.checkout.origin import Origin
from tests.ingest.samples import declare, install_xml


@dataclass(frozen=True)
class Folders:
    declarations: Path
    checkouts: Path
    extracts: Path
    origins: Path


@dataclass(frozen=True)
class Said:
    """What a command wrote, and the exit code it would end with."""

    out: str
    err: str
    code: int


@pytest.fixture
def folders(tmp_path: Path, settings: Any) -> Folders:
    made = Folders(
        tmp_path / "upstreams", tmp_path / "database-schemas", tmp_path / "extracted-schemas", tmp_path / "origins"
    )
    made.declarations.mkdir()
    settings.DECLARATIONS_DIR = made.declarations
    settings.CHECKOUTS_DIR = made.checkouts
    settings.EXTRACTS_DIR = made.extracts
    return made


@pytest.fixture
def tiny(folders: Folders) -> Origin:
    """A declared upstream, and its repository with two tables."""
    origin = Origin(folders.origins / "tiny.git")
    commit = origin.commit(
        {
            "mod/db/install.xml": install_xml(course=("category",), category=("parent",)),
            "mod/version.php": "<?php $version = 1;\n",
        }
    )
    declare(folders.declarations, "tiny", commit=commit)
    return origin


@pytest.fixture
def small(folders: Folders) -> Origin:
    """A second declared upstream, and its repository with one table."""
    origin = Origin(folders.origins / "small.git")
    commit = origin.commit({"db/install.xml": install_xml(user=("age", "height"))})
    declare(folders.declarations, "small", commit=commit)
    return origin


@pytest.fixture
def run() -> Callable[..., Said]:
    def call(*arguments: str) -> Said:
        out, err = io.StringIO(), io.StringIO()
        code = 0
        try:
            call_command(*arguments, stdout=out, stderr=err)
        except CommandError as error:
            code = error.returncode
            err.write(f"{error}\n")
        return Said(out.getvalue(), err.getvalue(), code)

    return call


@pytest.fixture
def committed_upstreams(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Rows are committed, so that other processes see them; the upstreams go when the test ends."""
    with django_db_blocker.unblock():
        Upstream.objects.all().delete()
        yield
        Upstream.objects.all().delete()
