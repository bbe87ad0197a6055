"""Calls to vendors: the only module that calls a vendor or reveals a key."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http.client import HTTPException
from typing import Any, Never

import requests
import urllib3

from providers import errors
from providers.text import KeyMask
from providers.transport import egress
from providers.transport.chunked import take_buffered
from providers.transport.connections import Door, door, opening
from providers.transport.decompression import Inflation
from providers.transport.dialing import Dialer
from providers.transport.key_placement import place
from providers.transport.network import Network
from providers.transport.sockets import PausingSocket, no_pause
from providers.transport.timeouts import CONCLUSION, SILENCE, TOTAL, WATCHDOG, Timer
from providers.types import Clocks, HttpRequest, Key

MAX_ERROR_BODY_BYTES = 64 * 1024
_READ_BYTES = 64 * 1024
# A Timer aborts the call long before; this timeout only frees the thread if the watchdog's thread has died.
_BACKSTOP_SECONDS = 30.0
_OWN_HEADERS = (("User-Agent", "chatsite"), ("Accept", "*/*"), ("Accept-Encoding", "identity"))


class HungUp(Exception):
    """The end of a call that this side aborted or closed."""


class Call:
    """One exchange with a vendor: `open` it, then read its `chunks`. Any thread may `abort` it at any time."""

    def __init__(self, clocks: Clocks, network: Network, pause: Callable[[], float] = no_pause) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.has_left = False
        """True once the whole request has been handed to the connection."""
        self.is_reused = False
        """True while the connection is one that an earlier call has used."""
        self.wants_fresh = False
        """True if this call must not use a kept connection."""
        self._network = network
        self._clocks = clocks
        self._backstop = max(clocks.total, clocks.first_token, clocks.silence) + _BACKSTOP_SECONDS
        self.dialer = Dialer(network, self._check, self._backstop)
        self._timer: Timer | None = None
        self._lock = threading.Lock()
        self._aborted = False
        self._response: requests.Response | None = None
        self._pause = pause
        self._socket: PausingSocket | None = None

    def open(self, request: HttpRequest, key: Key | None) -> None:
        """Send `request` with the key in its place and wait for the status. Raises VendorError or HungUp."""
        self._check()
        egress.check_url(request.url.partition("?")[0], self._network.private_hosts)
        prepared = _prepared(request, key)
        self._timer = Timer(self._clocks, self.abort)
        WATCHDOG.watch(self._timer)
        opening.call = self
        try:
            self._keep(self._send(prepared))
        finally:
            opening.call = None
            self.dialer.drop()

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it arrives, decompressed, within the byte limits. Raises VendorError or HungUp."""
        inflation = Inflation(self.headers.get("Content-Encoding", ""))
        while chunk := self._read():
            yield from inflation.feed(chunk)

    def error_body(self) -> bytes:
        """Return at most 64 KiB from the start of an error's body, or less if the vendor breaks off. Raises HungUp."""
        body = b""
        try:
            for chunk in self.chunks():
                body += chunk
                if len(body) >= MAX_ERROR_BODY_BYTES:
                    break
        except errors.VendorError:
            pass  # the status and what has come so far must do
        return body[:MAX_ERROR_BODY_BYTES]

    def hear(self) -> None:
        """Restart the silence clock after a meaningful event, and let the socket pause from now on.

        Before the first call of this method the first-token clock runs, and the socket does not pause.
        """
        if self._timer:
            self._timer.hear()
        self._let_pause(self._pause)

    def conclude(self, seconds: float) -> None:
        """Record that the reply is over. A body that the vendor leaves open ends after `seconds`, without an error."""
        if self._timer:
            self._timer.conclude(seconds)

    def abort(self) -> None:
        """Shut the connection down at once, while another thread waits for it too. Any thread may call it."""
        with self._lock:
            self._aborted = True
            self.dialer.cancel()
            if self._response is not None:
                _shut_down(self._response.raw)

    def close(self) -> None:
        """Release the connection. Only the thread that reads the reply may call it."""
        if self._timer:
            WATCHDOG.release(self._timer)
        self._let_pause(no_pause)  # another call may use the connection
        with self._lock:
            response, self._response, self._aborted = self._response, None, True
        if response is not None:
            response.close()

    def uses(self, connection: Any) -> None:
        """Store the socket over which the request goes out and the reply comes, if it is one that can pause."""
        self._socket = connection if isinstance(connection, PausingSocket) else None
        if self._socket is not None:
            self._socket.has_heard = False

    def _let_pause(self, pause: Callable[[], float]) -> None:
        if self._socket is not None:
            self._socket.pause = pause  # type: ignore[method-assign]

    def _send(self, prepared: requests.PreparedRequest) -> requests.Response:
        try:
            return self._door().send(prepared, stream=True, timeout=self._backstop)
        except (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as error:
            self._check()
            if self._was_closed_before():
                self.wants_fresh = True
                return self._send(prepared)
            raise _failure(error) from None

    def _was_closed_before(self) -> bool:
        """Return whether the vendor has closed a kept connection before it answered: another one may serve."""
        return self.is_reused and self._socket is not None and not self._socket.has_heard and not self.wants_fresh

    def _door(self) -> Door:
        try:
            return door(self._network)
        except OSError:  # ssl's own error is one
            raise errors.WayBlocked(because="The file of this site's CHATSITE_CA_FILE cannot be read.") from None

    def _keep(self, response: requests.Response) -> None:
        self.status, self.headers = response.status_code, response.headers
        with self._lock:
            aborted, self._response = self._aborted, response
        if aborted:
            self._raise_reason()

    def _read(self) -> bytes:
        response = self._response
        if response is None:
            raise HungUp
        try:
            original: Any = response.raw._original_response  # http.client's response, as requests itself finds it
            chunk: bytes = take_buffered(original)
            chunk = chunk or response.raw.read1(_READ_BYTES, decode_content=False) or b""
        except (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError, AttributeError):
            if not self._is_concluded():
                self._check()
                raise errors.CutOff from None
            return b""
        if not chunk and not self._is_concluded():
            self._check()
        return chunk

    def _check(self) -> None:
        if self._aborted:
            self._raise_reason()

    def _is_concluded(self) -> bool:
        return self._timer is not None and self._timer.expired == CONCLUSION

    def _raise_reason(self) -> Never:
        """Raise the error of the clock that aborted the call, or HungUp when no clock did."""
        expired = self._timer.expired if self._timer else ""
        if expired == SILENCE:
            raise errors.Stalled from None
        if expired == TOTAL:
            raise errors.VendorTimeout(because="The reply took longer than this site waits.") from None
        if expired:
            raise errors.VendorTimeout from None
        raise HungUp from None


def key_mask(key: Key | None) -> KeyMask:
    """Return a mask that hides `key` in text from the vendor."""
    return KeyMask(key.reveal() if key else "")


def _prepared(request: HttpRequest, key: Key | None) -> requests.PreparedRequest:
    """Return `request` with its key added. Raises BadRequest; the text of no exception holds the key."""
    egress.check_headers(pair for pair in request.headers if pair[0] != "Content-Type")
    url, headers = place(request, key.reveal() if key else "")
    try:
        everything = dict([*_OWN_HEADERS, *request.headers, *headers])
        return requests.Request(request.method, url, headers=everything, data=request.body).prepare()
    except (requests.RequestException, ValueError):
        raise errors.BadRequest(because="The vendor's address or headers cannot be sent.") from None


def _failure(error: Exception) -> errors.VendorDown:
    if isinstance(error, requests.exceptions.SSLError):
        return errors.VendorDown(because="The vendor's TLS certificate or connection cannot be trusted.")
    return errors.VendorDown(because="The vendor closed the connection without an answer.")


def _shut_down(connection: Any) -> None:
    with suppress(OSError, ValueError, RuntimeError):  # it may be closed already
        connection.shutdown()
