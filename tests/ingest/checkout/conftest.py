"""Real git repositories, made by the test, and a real git transport on loopback."""

from __future__ import annotations

import os
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ingest.checkout.origin import Origin


@pytest.fixture
def make_origin(tmp_path: Path) -> Callable[..., Origin]:
    def make(name: str = "origin.git", *, bare: bool = True) -> Origin:
        return Origin(tmp_path / name, bare=bare)

    return make


@pytest.fixture
def origin(make_origin: Callable[..., Origin]) -> Origin:
    """A bare repository with two schema files and one other file."""
    made = make_origin()
    made.commit({"db/1.sql": "create table a ();\n", "db/2.sql": "create table b ();\n", "README": "read me\n"})
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "database-schemas" / "sample"


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Serve with `git daemon` on a free loopback port; gives the URL that the folder's repositories are below."""
    servers: list[socketserver.ThreadingTCPServer] = []

    def start(answer: Callable[[socketserver.BaseRequestHandler], None] | None = None) -> str:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                (answer or _daemon)(self)

        def _daemon(handler: socketserver.BaseRequestHandler) -> None:
            command = ["git", "daemon", "--inetd", "--export-all", f"--base-path={tmp_path}", str(tmp_path)]
            channel = handler.request.fileno()
            environment = dict(os.environ) | {"GIT_CONFIG_GLOBAL": os.devnull}
            subprocess.run(
                command, stdin=channel, stdout=channel, stderr=subprocess.DEVNULL, env=environment, check=False
            )

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"git://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
