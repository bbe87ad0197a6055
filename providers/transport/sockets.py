"""Sockets that know whether a call has heard anything over them."""

from __future__ import annotations

import socket
import ssl
from typing import Any


class CallSocket(socket.socket):
    """A socket to a vendor, which calls may use one after the other."""

    has_heard = False
    """True once something has been read since a call began to use the socket."""

    def recv_into(self, *args: Any, **options: Any) -> int:
        count = super().recv_into(*args, **options)
        self.has_heard = self.has_heard or count > 0
        return count


class TlsCallSocket(CallSocket, ssl.SSLSocket):
    """The same socket under TLS."""
