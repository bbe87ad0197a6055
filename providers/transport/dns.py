"""Name look-ups that can be cancelled.

The system's own look-up cannot be interrupted, so each runs in a thread of its own.
"""

from __future__ import annotations

import socket
import threading
from queue import Empty, SimpleQueue
from typing import Any

Addresses = list[tuple[int, tuple[Any, ...]]]


class Lookup:
    """One name look-up. `cancel` ends the waiting at once, from any thread, even before it has begun."""

    def __init__(self) -> None:
        self._answers: SimpleQueue[Addresses] = SimpleQueue()

    def addresses(self, host: str, port: int, seconds: float) -> Addresses:
        """Return the family and socket address of each address of `host`.

        Returns an empty list when the name is unknown, when `seconds` have passed, or after `cancel`.
        """
        threading.Thread(target=self._ask, args=(host, port), name="name-lookup", daemon=True).start()
        try:
            return self._answers.get(timeout=seconds)
        except Empty:
            return []

    def cancel(self) -> None:
        """Make the look-up return no addresses, now or later."""
        self._answers.put([])

    def _ask(self, host: str, port: int) -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found = []
        self._answers.put([(family, address) for family, _, _, _, address in found])
