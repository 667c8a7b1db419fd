"""The backend starts the project's own cluster when a connection finds it stopped."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.db.utils import OperationalError

from azora.kernel.database.base import DatabaseWrapper
from azora.kernel.postgres.cluster import Cluster


@pytest.fixture
def cluster(folder: Path, cluster_in: Callable[..., Cluster]) -> Cluster:
    return cluster_in(folder)


@pytest.fixture
def wrapper_for() -> Iterator[Callable[..., DatabaseWrapper]]:
    """Connections under the alias `own`: what acts on new connections looks them up by their alias."""

    def make(cluster: Cluster, **options: Any) -> DatabaseWrapper:
        place = {"NAME": cluster.database, "USER": cluster.user, "HOST": str(cluster.socket_folder), "PORT": ""}
        connections.settings["own"] = {**settings.DATABASES["default"], **place, "PASSWORD": "", "OPTIONS": options}
        return connections["own"]

    yield make
    connections["own"].close()
    connections["own"].close_pool()
    del connections["own"]
    del connections.settings["own"]


def answer(wrapper: DatabaseWrapper) -> int:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT 42")
        return cursor.fetchone()[0]


def test_the_first_connection_starts_it_and_a_later_one_starts_it_again(
    cluster: Cluster, wrapper_for: Any, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> None:
    monkeypatch.setattr(settings, "CLUSTER", cluster)
    with django_db_blocker.unblock():
        wrapper = wrapper_for(cluster)
        assert not cluster.status().running
        assert answer(wrapper) == 42
        wrapper.close()
        assert cluster.stop()
        assert answer(wrapper) == 42
        assert cluster.status().running
        wrapper.close()


def test_a_pool_finds_it_started(
    cluster: Cluster, wrapper_for: Any, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> None:
    monkeypatch.setattr(settings, "CLUSTER", cluster)
    with django_db_blocker.unblock():
        wrapper = wrapper_for(cluster, pool={"min_size": 1, "max_size": 2, "timeout": 5})
        assert answer(wrapper) == 42


def test_a_server_of_somebody_else_is_never_started(
    cluster: Cluster, wrapper_for: Any, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> None:
    monkeypatch.setattr(settings, "CLUSTER", None)
    with django_db_blocker.unblock(), pytest.raises(OperationalError):
        answer(wrapper_for(cluster))
    assert not cluster.status().running
