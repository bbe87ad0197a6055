"""A name look-up that can be given up: the system's own cannot be interrupted, so it runs in a thread of its own."""

from __future__ import annotations

import socket
import threading
from queue import Empty, SimpleQueue
from typing import Any

Addresses = list[tuple[int, tuple[Any, ...]]]


class Lookup:
    """One look-up; `cancel` ends the waiting at once, from any thread, also before it has begun."""

    def __init__(self) -> None:
        self._answers: SimpleQueue[Addresses] = SimpleQueue()

    def addresses(self, host: str, port: int, seconds: float) -> Addresses:
        """Family and socket address of each address of `host`; none when it is unknown, late or cancelled."""
        threading.Thread(target=self._ask, args=(host, port), name="name-lookup", daemon=True).start()
        try:
            return self._answers.get(timeout=seconds)
        except Empty:
            return []

    def cancel(self) -> None:
        """Whoever waits, or will wait, gets no addresses."""
        self._answers.put([])

    def _ask(self, host: str, port: int) -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found = []
        self._answers.put([(family, address) for family, _, _, _, address in found])
