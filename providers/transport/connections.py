"""Connections to vendors, made by the call that opens and kept for later ones.

requests' own Session is not used: it reads proxies and `.netrc` from the environment and keeps cookies. It also follows
redirects with the key. Its adapter alone does none of that.
"""

from __future__ import annotations

import queue
import socket
import threading
from functools import lru_cache
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_ import create_urllib3_context

from providers.transport.network import Network
from providers.transport.sockets import TlsCallSocket

_MAX_CONNECTIONS = 512
opening = threading.local()
"""The call that opens in this thread, as `call`."""


class _Dialing(HTTPConnection):
    """A connection that the call opening in this thread makes, to an address judged at that moment."""

    _is_secure = False

    def _new_conn(self) -> socket.socket:
        connection: socket.socket = opening.call.dialer.dial(self._dns_host, self.port, is_secure=self._is_secure)
        return connection

    def request(self, *args: Any, **kwargs: Any) -> None:
        call = opening.call
        if self.sock is not None:
            call.dialer.hold(self.sock)
            call.uses(self.sock)
        super().request(*args, **kwargs)
        call.has_left = True
        call.uses(self.sock)


class _DialingSecurely(_Dialing, HTTPSConnection):
    """The same connection under TLS.

    Name and certificate are checked against the host, inside a proxy's tunnel too.
    """

    _is_secure = True


class _Kept(urllib3.HTTPConnectionPool):
    """Kept connections; the call that opens is told whether it gets one of them."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)
        if opening.call.wants_fresh:
            connection.close()
        opening.call.is_reused = not connection.is_closed
        return connection

    def _put_conn(self, conn: Any) -> None:
        """Keep this connection, or close it if enough are kept: urllib3 would log a warning for each of a crowd."""
        pool = self.pool
        try:
            if pool is not None:  # as it is once the pool is closed
                pool.put(conn, block=False)
                return
        except queue.Full:
            pass
        if conn is not None:
            conn.close()


class _Plain(_Kept):
    ConnectionCls = _Dialing


class _Secure(_Kept, urllib3.HTTPSConnectionPool):
    ConnectionCls = _DialingSecurely


class Door(HTTPAdapter):
    """requests' adapter over our own connections."""

    def __init__(self, authorities: str) -> None:
        self._authorities = authorities
        super().__init__(pool_connections=64, pool_maxsize=_MAX_CONNECTIONS)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        tls = create_urllib3_context()
        tls.sslsocket_class = TlsCallSocket
        if self._authorities:
            tls.load_verify_locations(self._authorities)  # requests adds the usual authorities
        super().init_poolmanager(*args, ssl_context=tls, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Plain, "https": _Secure}


@lru_cache(maxsize=8)
def door(network: Network) -> Door:
    """Return the adapter of `network`, with its pool of kept connections.

    Calls share a connection only if they may reach the same hosts by the same proxy and authorities.
    """
    return Door(network.authorities)
