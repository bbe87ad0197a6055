"""The making of connections to vendors: judges names, pins addresses, asks a proxy, and can be cancelled.

Directly, the address that was judged is the address that is called. Through a proxy the proxy's own resolver decides.
Our look-up may know nothing then: inside a company there is often no resolver for the outside world. So a name that we
can resolve is judged by its addresses. One that we cannot resolve goes to the proxy only if it can belong to the open
internet. The proxy is given the name and not an address, as its rules are written for names. A resolver that lies to
the proxy gains nothing. The request is sent only inside TLS, to a host that proves to have this name.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from time import monotonic
from typing import Any

from providers import errors
from providers.transport import egress, proxy
from providers.transport.dns import Addresses, Lookup
from providers.transport.network import Network
from providers.transport.proxy import Proxy
from providers.transport.sockets import CallSocket

CONNECT_SECONDS = 5.0
PROXIED_LOOKUP_SECONDS = 1.0
"""Longer than a resolver takes for a name that it knows.

In a network that drops DNS questions, every new connection waits this long.
"""
PROXY_SECONDS = 15.0
"""Time for a proxy to connect to the vendor and to answer."""
_PIECE = 4096


class Dialer:
    """The connection of one call while it is being made; `cancel`, from any thread, ends that at once.

    `check` raises the reason once the call has been aborted. `backstop` is the timeout of finished connections:
    seconds.
    """

    def __init__(self, network: Network, check: Callable[[], None], backstop: float) -> None:
        self._network, self._check, self._backstop = network, check, backstop
        self._lock = threading.Lock()
        self._is_cancelled = False
        self._lookup: Lookup | None = None
        self._handle: socket.socket | None = None

    def dial(self, host: str, port: int, *, is_secure: bool) -> socket.socket:
        """Return a connection to `host`. Raises VendorError.

        With `is_secure`, the connection goes through the network's proxy if there is one.
        """
        way = self._network.proxy if is_secure else None
        if way is None:
            addresses = self._addresses(host, port, CONNECT_SECONDS)
            if not addresses:
                raise errors.Unreachable(because="The vendor's host name is not known.")
            self._refuse_private(host, port, addresses)
            return self._first_that_answers(addresses, errors.Unreachable())
        self._judge_from_afar(host, port)
        unreachable = errors.WayBlocked(because="This site's proxy could not be reached.")
        connection = self._first_that_answers(self._addresses(way.host, way.port, CONNECT_SECONDS), unreachable)
        with ExitStack() as unless_made:
            unless_made.callback(connection.close)
            self._ask_for_tunnel(connection, way, f"{_as_written(host)}:{port}")
            unless_made.pop_all()
        return connection

    def hold(self, connection: socket.socket) -> None:
        """Keep a second handle of a connection, so that `cancel` can end it before there is a response."""
        self.drop()
        with self._lock:
            if not self._is_cancelled:
                # TLS detaches the handle from its socket object, so keep a duplicate.
                self._handle = socket.socket(fileno=os.dup(connection.fileno()))
                return
        self._check()

    def drop(self) -> None:
        """Close the second handle."""
        with self._lock:
            handle, self._handle = self._handle, None
        if handle:
            handle.close()

    def cancel(self) -> None:
        """End the look-up and the connection that are being made, and all later ones."""
        with self._lock:
            self._is_cancelled = True
            if self._lookup:
                self._lookup.cancel()
            if self._handle:
                _shut_down(self._handle)

    def _addresses(self, host: str, port: int, seconds: float) -> Addresses:
        lookup = Lookup()
        with self._lock:
            self._lookup = lookup
            if self._is_cancelled:
                lookup.cancel()
        addresses = lookup.addresses(host, port, seconds)
        self._check()
        return addresses

    def _refuse_private(self, host: str, port: int, addresses: Addresses) -> None:
        if egress.is_listed(_as_written(host), port, self._network.private_hosts):
            return
        for _, address in addresses:
            if not egress.is_public(address[0]):
                raise errors.AddressRefused(because="%(host)s leads to a private address.", about={"host": host})

    def _judge_from_afar(self, host: str, port: int) -> None:
        """Refuse a host that the proxy will resolve and that may be private. Raises AddressRefused."""
        addresses = self._addresses(host, port, PROXIED_LOOKUP_SECONDS)
        self._refuse_private(host, port, addresses)
        is_listed = egress.is_listed(_as_written(host), port, self._network.private_hosts)
        if not (addresses or is_listed or egress.may_be_public(host)):
            raise errors.AddressRefused(
                because="%(host)s is not known here, and no name of the open internet.", about={"host": host}
            )

    def _first_that_answers(self, addresses: Addresses, otherwise: errors.VendorError) -> socket.socket:
        until = monotonic() + CONNECT_SECONDS
        for family, address in addresses:
            connection = CallSocket(family, socket.SOCK_STREAM)
            with ExitStack() as unless_made, suppress(OSError):
                unless_made.callback(connection.close)
                self._connect(connection, address, until)
                unless_made.pop_all()
                return connection
            self._check()
        raise otherwise

    def _connect(self, connection: socket.socket, address: tuple[Any, ...], until: float) -> None:
        connection.settimeout(max(0.1, until - monotonic()))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.hold(connection)
        connection.connect(address)
        # An abort just before the connection was made could not shut it down, so check again.
        self._check()
        connection.settimeout(self._backstop)

    def _ask_for_tunnel(self, connection: socket.socket, way: Proxy, target: str) -> None:
        try:
            connection.settimeout(PROXY_SECONDS)
            connection.sendall(way.request(target))
            head, behind = self._head(connection, monotonic() + PROXY_SECONDS)
            connection.settimeout(self._backstop)
        except TimeoutError:
            self._check()
            raise errors.WayBlocked(because="This site's proxy did not answer in time.") from None
        except OSError:
            self._check()
            raise errors.WayBlocked(because="This site's proxy closed the connection without an answer.") from None
        if error := proxy.refusal(head, behind):
            raise error

    def _head(self, connection: socket.socket, until: float) -> tuple[bytes, bytes]:
        """Return an answer's head, including its empty line, and the bytes after it.

        Returns two empty strings if the head is longer than 16 KiB. Raises OSError when the connection ends or the time
        runs out earlier.
        """
        came = b""
        while b"\r\n\r\n" not in came and len(came) <= proxy.MAX_HEAD_BYTES:
            if (left := until - monotonic()) <= 0:
                raise TimeoutError
            connection.settimeout(left)
            piece = connection.recv(_PIECE)
            self._check()
            if not piece:
                raise ConnectionError
            came += piece
        head, end, behind = came.partition(b"\r\n\r\n")
        return head + end if end else b"", behind


def _as_written(host: str) -> str:
    """Return `host` as an address writes it: urllib3 strips the brackets of IPv6."""
    return f"[{host}]" if ":" in host else host


def _shut_down(connection: socket.socket) -> None:
    with suppress(OSError):  # it may be closed already
        connection.shutdown(socket.SHUT_RDWR)
