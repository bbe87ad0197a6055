"""Sockets that sleep before reading under load, so that small packets are read together.

Hundreds of threads that wake for every word of their reply spend more time on waking than on reading. A thread that
sleeps first finds several words, and wakes once for all of them.
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
    """Return 0: the pause of a socket until a caller sets another one."""
    return 0.0


class PausingSocket(socket.socket):
    """A socket that sleeps for `pause()` seconds when it is empty, before it reads again.

    `pause` returns 0 while load is low; then reading blocks as usual.
    """

    pause: Callable[[], float] = staticmethod(no_pause)
    is_drained = False
    """True when the last read emptied the socket."""
    has_heard = False
    """True once something has been read since a call began to use the socket."""

    def recv_into(self, *args: Any, **options: Any) -> int:
        while seconds := self.pause():
            if self.is_drained:
                time.sleep(seconds)
            try:
                return self._read_now(*args, **options)
            except BlockingIOError:
                self.is_drained = True
        count = super().recv_into(*args, **options)
        self.has_heard = self.has_heard or count > 0
        return count

    def _read_now(self, buffer: Any, *_: Any) -> int:
        """Read the bytes that have arrived into `buffer` and return their number.

        Raises BlockingIOError when there are none. A socket with a timeout is non-blocking underneath, so one system
        call does what Python does with two.
        """
        count = os.readv(self.fileno(), [buffer])
        self.is_drained = count < len(buffer)
        return count


class PausingTlsSocket(PausingSocket, ssl.SSLSocket):
    """The same socket under TLS, which returns one record at a time."""

    def _read_now(self, buffer: Any, *args: Any) -> int:
        if not self.pending() and not wait_for_read(self, timeout=0):
            raise BlockingIOError
        self.is_drained = False
        return ssl.SSLSocket.recv_into(self, buffer, *args)
