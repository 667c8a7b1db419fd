"""The worker's reading of all upstreams."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import JobAborted

from ingest import cloning, jobs
from ingest.models import Snapshot, Upstream
from tests.ingest.checkout.origin import Origin
from tests.ingest.commands.conftest import Folders, Said

pytestmark = pytest.mark.django_db


def context(*, stop: bool = False) -> Any:
    return SimpleNamespace(should_abort=lambda: stop)


def test_it_is_queued_once() -> None:
    assert (
        jobs.queue_reading()
        == "The worker reads the catalogs from their repositories now, as far as the network allows."
    )
    assert jobs.queue_reading() == "Reading the catalogs from their repositories waits in the queue already."
    assert list(ProcrastinateJob.objects.values_list("task_name", "queueing_lock")) == [
        ("ingest.read_upstreams", "read_upstreams")
    ]


def test_without_a_network_one_line_is_logged_and_the_upstreams_say_why(
    folders: Folders,
    tiny: Origin,
    small: Origin,
    run: Callable[..., Said],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert run("clone_schemas", f"--source=tiny={tiny.path}").code == 0
    monkeypatch.setattr(cloning, "reachable", lambda *_, **__: False)
    with caplog.at_level(logging.INFO, logger="azora.ingest"):
        jobs.read_upstreams(context())
    assert [(record.levelname, record.facts) for record in caplog.records] == [  # type: ignore[attr-defined]
        ("WARNING", {"host": "github.com"}),
        ("INFO", {"read": ["tiny"], "failed": ["small"]}),
    ]
    assert "github.com cannot be reached" in Upstream.objects.get(name="small").attempt_error
    assert Upstream.objects.get(name="tiny").attempt_error == ""
    assert Snapshot.objects.count() == 1


def test_it_stops_when_the_worker_stops(folders: Folders, tiny: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloning, "reachable", lambda *_, **__: False)
    with pytest.raises(JobAborted):
        jobs.read_upstreams(context(stop=True))
    assert not Snapshot.objects.exists()
