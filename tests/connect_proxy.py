"""A company's HTTP proxy: it supports CONNECT only, and resolves names by a table of its own.

    with ConnectProxy({"vendor.example": "127.0.0.1"}, user="ann", password="pw") as proxy:
        proxy.url                       # http://ann:pw@127.0.0.1:…
        proxy.asked                     # the heads that came, as text
        proxy.script = [b"HTTP/1.1 …", proxy.gate]      its answer instead: bytes, and events that it waits for

`open_tunnels` counts the open tunnels.
"""

from __future__ import annotations

import select
import socket
import threading
from base64 import b64encode
from collections.abc import Mapping, Sequence
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote


class ConnectProxy:
    """The server; use it in a `with`."""

    def __init__(self, names: Mapping[str, str], user: str = "", password: str = "") -> None:
        self.asked: list[str] = []
        self.script: Sequence[bytes | threading.Event] = ()
        self.gate = threading.Event()
        self.open_tunnels = 0
        self.names, self._user, self._password = names, user, password
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Return the value of CHATSITE_PROXY for this proxy."""
        pair = f"{quote(self._user, safe='')}:{quote(self._password, safe='')}@" if self._user else ""
        return f"http://{pair}127.0.0.1:{self.port}"

    def lets_in(self, head: str) -> bool:
        """Return whether the request has the right user and password, if the proxy wants one."""
        pair = b64encode(f"{self._user}:{self._password}".encode()).decode()
        return not self._user or f"proxy-authorization: basic {pair}".lower() in head.lower()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    proxy: ConnectProxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up: some tests do that on purpose."""


class _Handler(StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        proxy, head = self.server.proxy, self._head()
        if not head:
            return  # a check whether the port is open
        proxy.asked.append(head)
        if proxy.script:
            for step in proxy.script:
                step.wait() if isinstance(step, threading.Event) else self.wfile.write(step)
            return
        if not proxy.lets_in(head):
            self.wfile.write(b'HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n')
            return
        host, _, port = head.split(" ")[1].rpartition(":")
        try:
            onward = socket.create_connection((proxy.names[host], int(port)), 5)
        except (KeyError, OSError):
            self.wfile.write(b"HTTP/1.1 503 Unknown\r\nContent-Length: 3\r\n\r\nno\n")
            return
        proxy.open_tunnels += 1
        try:
            with onward:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self._pump(onward)
        finally:
            proxy.open_tunnels -= 1

    def _head(self) -> str:
        lines = []
        while (line := self.rfile.readline()) not in (b"", b"\r\n"):
            lines.append(line.decode("latin-1"))
        return "".join(lines)

    def _pump(self, onward: socket.socket) -> None:
        """Forward both directions until one side ends."""
        other = {self.connection: onward, onward: self.connection}
        while True:
            for ready in select.select(list(other), [], [])[0]:
                piece = ready.recv(65536)
                if not piece:
                    return
                other[ready].sendall(piece)
