"""Whether a host can be reached at all, asked before work that needs it."""

from __future__ import annotations

import base64
import socket
import threading
import time
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass


def reachable(host: str, *, port: int = 443, seconds: float = 5) -> bool:
    """Whether a TCP connection to the host comes about within `seconds`, looking up its name included.

    Where the environment names a proxy for https (HTTPS_PROXY, ALL_PROXY, NO_PROXY), the proxy is asked to connect.
    """
    answers: list[bool] = []

    def ask() -> None:
        answers.append(_connects(host, port, time.monotonic() + seconds))

    # A look-up of a name has no limit of time of its own, so it may outlive this call, in a thread nobody waits for.
    asking = threading.Thread(target=ask, name=f"reachable {host}", daemon=True)
    asking.start()
    asking.join(seconds)
    return bool(answers and answers[0])


def _connects(host: str, port: int, deadline: float) -> bool:
    proxy = _proxy(host)
    address = (proxy.hostname or "", proxy.port or 80) if proxy else (host, port)
    try:
        with socket.create_connection(address, timeout=max(0.01, deadline - time.monotonic())) as connection:
            return proxy is None or proxy.scheme != "http" or _lets_through(connection, proxy, f"{host}:{port}")
    except (OSError, UnicodeError):
        return False


def _proxy(host: str) -> SplitResult | None:
    proxies = getproxies()
    named = proxies.get("https") or proxies.get("all")
    if not named or proxy_bypass(host):
        return None
    return urlsplit(named if "://" in named else f"http://{named}")


def _lets_through(connection: socket.socket, proxy: SplitResult, target: str) -> bool:
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.username is not None:
        user = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(user).decode()}")
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    answer = connection.makefile("rb").readline(200).split()
    return len(answer) > 1 and answer[0].startswith(b"HTTP/") and answer[1] == b"200"
