"""A proxy between browser and site that knows no websockets, in each of the ways in which proxies do not."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

Kind = Literal["passes", "denies", "strips", "hangs", "swallows"]


class OldProxy:
    """A forwarder of one request a connection, with handshakes as `kind` says.

    With `gathers`, it holds a response back until it is whole.
    """

    def __init__(self, site: str, kind: Kind = "passes", *, gathers: bool = False) -> None:
        self.kind, self.gathers = kind, gathers
        self.handshakes = 0
        self._site = ("127.0.0.1", urlsplit(site).port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: set[socket.socket] = set()
        self._over = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.end_connections()

    def end_connections(self) -> None:
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                browser, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(browser,), daemon=True).start()

    def _serve(self, browser: socket.socket) -> None:
        self._open.add(browser)
        with suppress(OSError), browser:
            head, rest = self._head(browser)
            if head:
                self._pass_on(browser, head, rest)
        self._open.discard(browser)

    def _head(self, browser: socket.socket) -> tuple[list[bytes], bytes]:
        told = b""
        while b"\r\n\r\n" not in told:
            if not (piece := browser.recv(65536)):
                return [], b""
            told += piece
        head, _, rest = told.partition(b"\r\n\r\n")
        return head.split(b"\r\n"), rest

    def _pass_on(self, browser: socket.socket, head: list[bytes], rest: bytes) -> None:
        is_handshake = any(line.lower().startswith(b"upgrade:") for line in head)
        self.handshakes += is_handshake
        kind = self.kind if is_handshake else "passes"
        if kind == "denies":
            browser.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        if kind == "hangs":
            self._over.wait(60)
            return
        if not is_handshake or kind == "strips":
            head = [line for line in head if not line.lower().startswith((b"connection:", b"upgrade:"))]
            head.append(b"Connection: close")
        with socket.create_connection(self._site) as site:
            self._open.add(site)
            site.sendall(b"\r\n".join([*head, b"", b""]) + rest)
            self._carry(browser, site, swallows=kind == "swallows", gathers=self.gathers and not is_handshake)
            self._open.discard(site)

    def _carry(self, browser: socket.socket, site: socket.socket, *, swallows: bool, gathers: bool) -> None:
        up = threading.Thread(target=self._up, args=(browser, site, swallows), daemon=True)
        up.start()
        held = b""
        while piece := site.recv(65536):
            if gathers:
                held += piece
            elif swallows:
                browser.sendall(piece.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
                self._over.wait(60)
                return
            else:
                browser.sendall(piece)
        browser.sendall(held)

    def _up(self, browser: socket.socket, site: socket.socket, swallows: bool) -> None:
        with suppress(OSError):
            while piece := browser.recv(65536):
                if not swallows:
                    site.sendall(piece)
            site.shutdown(socket.SHUT_RDWR)
