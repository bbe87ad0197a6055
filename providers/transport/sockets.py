"""Sockets that wait a moment before they wait: under load, what comes in small pieces is read in larger ones.

Hundreds of threads that wake for every word of their reply spend more on waking than on reading. A thread that rests
first finds several words, and wakes once for all of them.
"""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

from urllib3.util import wait_for_read


def no_pause() -> float:
    """The rest of a socket that nobody has told to rest."""
    return 0.0


class PausingSocket(socket.socket):
    """A socket that, as long as nothing has come, sleeps for `rest()` seconds before it waits; 0 while load is low."""

    rest: Callable[[], float] = staticmethod(no_pause)
    is_drained = False
    """There was nothing more to read just now."""

    def recv_into(self, *args: Any, **options: Any) -> int:
        while pause := self.rest():
            if self.is_drained:
                time.sleep(pause)
            try:
                return self._read_now(*args, **options)
            except BlockingIOError:
                self.is_drained = True
        return super().recv_into(*args, **options)

    def _read_now(self, buffer: Any, *_: Any) -> int:
        """What is there; raises BlockingIOError where that is nothing.

        A socket with a timeout does not block, and one system call tells as much as the two that Python makes of it.
        """
        count = os.readv(self.fileno(), [buffer])
        self.is_drained = count < len(buffer)
        return count


class PausingTlsSocket(PausingSocket, ssl.SSLSocket):
    """The same under TLS, which hands out one record at a time."""

    def _read_now(self, buffer: Any, *args: Any) -> int:
        if not self.pending() and not wait_for_read(self, timeout=0):
            raise BlockingIOError
        self.is_drained = False
        return ssl.SSLSocket.recv_into(self, buffer, *args)
