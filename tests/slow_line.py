"""A slow network to a site: so many bytes a second arrive, and each of them late."""

import socket
import threading
import time
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

STEP = 0.02
"""Seconds between two portions."""
BUFFER = 16_384
"""Bytes that wait in this end of the line, so that the site feels how slow it is."""


class SlowLine:
    """A forwarder of connections from `address` to the site."""

    def __init__(self, site: str, bytes_a_second: int, round_trip: float) -> None:
        self._site = ("127.0.0.1", urlsplit(site).port or 80)
        self._portion, self._delay = int(bytes_a_second * STEP), round_trip / 2
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._ends: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for end in (self._listener, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                site = socket.socket()
                site.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
                site.connect(self._site)
                self._ends += client, site
                threading.Thread(target=self._carry, args=(client, site), daemon=True).start()
                threading.Thread(target=self._carry, args=(site, client), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        """Read a portion at a time, and write it once it is late enough."""
        under_way: deque[tuple[float, bytes]] = deque()
        arrived = threading.Condition()

        def deliver() -> None:
            with suppress(OSError):
                while True:
                    with arrived:
                        arrived.wait_for(lambda: under_way)
                        at, portion = under_way.popleft()
                    if not portion:
                        break
                    threading.Event().wait(max(0.0, at - time.monotonic()))
                    target.sendall(portion)

        threading.Thread(target=deliver, daemon=True).start()
        portion = b"-"
        while portion:
            portion = b""
            with suppress(OSError):
                portion = source.recv(self._portion)
            with arrived:
                under_way.append((time.monotonic() + self._delay, portion))
                arrived.notify()
            threading.Event().wait(STEP)
