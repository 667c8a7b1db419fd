"""Real clusters in a folder that a lower account may enter (pytest's own folders let only their owner in)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from azora.kernel.postgres import server as servers
from azora.kernel.postgres.cluster import Cluster

SMALL = {"shared_buffers": "8MB", "max_connections": "20", "min_wal_size": "32MB", "max_wal_size": "64MB"}

PREAMBLE = """
import os, sys
from dataclasses import replace
from pathlib import Path
from azora.kernel.postgres.cluster import Cluster
from azora.kernel.postgres.errors import ClusterError
from azora.kernel.postgres.sandbox import Sandbox
SMALL = %r
folder = Path(sys.argv[1])
cluster = Cluster.for_project(folder, settings=SMALL)
""" % (SMALL,)  # noqa: UP031 - the text is full of braces elsewhere

DROP = """
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
"""

Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A new folder that everybody may enter."""
    path = Path(tempfile.mkdtemp(prefix="azora-test-")).resolve()
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def template() -> Iterator[Path]:
    """The folder of a cluster that was made once, started and stopped; copying it is quicker than making one."""
    path = Path(tempfile.mkdtemp(prefix="azora-test-")).resolve()
    path.chmod(0o755)
    cluster = Cluster.for_project(path, settings=SMALL)
    cluster.start()
    cluster.stop()
    yield cluster.home
    shutil.rmtree(path)


@pytest.fixture
def cluster_in(folder: Path, template: Path) -> Iterator[Callable[..., Cluster]]:
    """Gives the small cluster of a project below `folder`, with `made` as one that ran before; stops it at the end."""
    given = []

    def give(project: Path, *, made: bool = False) -> Cluster:
        cluster = Cluster.for_project(project, lasting_root=folder / "lasting", settings=SMALL)
        if made:
            cluster.home.parent.mkdir()
            subprocess.run(["cp", "-a", template, cluster.home], check=True)
        given.append(cluster)
        return cluster

    yield give
    for cluster in given:
        servers.stop(cluster.data)
        if not cluster.socket_folder.is_relative_to(folder) and cluster.socket_folder.is_dir():
            shutil.rmtree(cluster.socket_folder)


@pytest.fixture
def new(folder: Path, cluster_in: Callable[..., Cluster]) -> Cluster:
    """The cluster of a project in `folder`; nothing of it is there yet."""
    return cluster_in(folder)


@pytest.fixture
def cluster(folder: Path, cluster_in: Callable[..., Cluster]) -> Cluster:
    """The cluster of a project in `folder`, made but not running."""
    return cluster_in(folder, made=True)


@pytest.fixture
def python(folder: Path) -> Iterator[Run]:
    """Runs Python in other processes, with `cluster` and `folder` at hand; `ordinary` ones are never root."""
    running = []

    def run(script: str, *, ordinary: bool = False, **options: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PREAMBLE + (DROP if ordinary else "") + script, str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            **options,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()
