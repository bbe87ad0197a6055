"""Sockets that wait a moment before they wait: under load, what comes in small pieces is read in larger ones.

Hundreds of threads that wake for every word of their reply spend more on waking than on reading. A thread that rests
first finds several words, and wakes once for all of them.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

from urllib3.util import wait_for_read


def never() -> float:
    """The rest of a socket that nobody has told to rest."""
    return 0.0


class Resting(socket.socket):
    """A socket that, as long as nothing has come, sleeps for `rest()` seconds before it waits; 0 while load is low."""

    rest: Callable[[], float] = staticmethod(never)

    def recv_into(self, *args: Any, **options: Any) -> int:
        pause = self.rest()
        # What has come is read at once: a TLS socket hands out one record at a time.
        if pause and not wait_for_read(self, timeout=0):
            time.sleep(pause)
        return super().recv_into(*args, **options)


class RestingTls(Resting, ssl.SSLSocket):
    """The same under TLS."""
