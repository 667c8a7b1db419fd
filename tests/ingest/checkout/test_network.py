"""Whether a host can be reached: asked of real sockets on loopback."""

from __future__ import annotations

import base64
import socket
import socketserver
import threading
from collections.abc import Callable

import pytest

from ingest.checkout import reachable


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_host_that_answers_and_one_that_does_not(serve: Callable[..., str]) -> None:
    assert reachable("127.0.0.1", port=port_of(serve(lambda handler: None)))
    assert not reachable("127.0.0.1", port=closed_port())
    assert not reachable("no such host.invalid")
    assert not reachable("")


def test_a_look_up_that_hangs_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        let_go.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    assert not reachable("git.example.org", seconds=0.05)
    let_go.set()


def proxy(asked: list[bytes], answer: bytes) -> Callable[[socketserver.BaseRequestHandler], None]:
    def handle(handler: socketserver.BaseRequestHandler) -> None:
        asked.append(handler.request.recv(4096))
        handler.request.sendall(answer)

    return handle


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 200 Connection established\r\n\r\n", True),
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", False),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", False),
        (b"SSH-2.0\r\n", False),
        (b"", False),
    ],
)
def test_a_proxy_is_asked(
    serve: Callable[..., str], monkeypatch: pytest.MonkeyPatch, answer: bytes, expected: bool
) -> None:
    asked: list[bytes] = []
    address = f"127.0.0.1:{port_of(serve(proxy(asked, answer)))}"
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:p%40ss@{address}")
    assert reachable("git.example.org") is expected
    user = base64.b64encode(b"me:p@ss")
    assert asked == [
        b"CONNECT git.example.org:443 HTTP/1.1\r\nHost: git.example.org:443\r\n"
        b"Proxy-Authorization: Basic " + user + b"\r\n\r\n"
    ]


def test_a_proxy_is_not_asked_for_hosts_that_do_without(
    serve: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []
    monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{port_of(serve(proxy(asked, b'HTTP/1.1 502 no')))}")
    assert not reachable("git.example.org")
    assert len(asked) == 1
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert reachable("127.0.0.1", port=port_of(serve(lambda handler: None)))
    assert len(asked) == 1
