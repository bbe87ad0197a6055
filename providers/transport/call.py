"""Calls to vendors: the only module that calls a vendor or reveals its key."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from typing import Any, Never

import requests
import urllib3

from providers import errors
from providers.text import KeyMask
from providers.transport import egress
from providers.transport.body.decompression import Inflation
from providers.transport.body.framing import Framing, framing_of
from providers.transport.body.waits import TURN, Data, Wait, waited_for
from providers.transport.connections import Door, door, opening
from providers.transport.dialing import Dialer
from providers.transport.key_placement import place
from providers.transport.network import Network
from providers.transport.sockets import CallSocket
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
    """One exchange with a vendor: `open` it, then read its body. Any thread may `abort` it at any time."""

    def __init__(self, clocks: Clocks, network: Network) -> None:
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
        self._socket: CallSocket | None = None
        self._wait: Data | None = None

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

    def chunks(self) -> Iterator[bytes | Wait]:
        """Yield the body as it arrives, decompressed, within the byte limits, and the waits between.

        Raises VendorError or HungUp.
        """
        inflation = Inflation(self.headers.get("Content-Encoding", ""))
        for came in self._contents():
            if isinstance(came, Wait):
                yield came
                continue
            for number, piece in enumerate(inflation.feed(came)):
                if number:
                    yield TURN
                yield piece

    def error_body(self) -> bytes:
        """Return at most 64 KiB from the start of an error's body, or less if the vendor breaks off. Raises HungUp."""
        body = b""
        try:
            for chunk in waited_for(self.chunks()):
                body += chunk
                if len(body) >= MAX_ERROR_BODY_BYTES:
                    break
        except errors.VendorError:
            pass  # the status and what has come so far must do
        return body[:MAX_ERROR_BODY_BYTES]

    def hear(self) -> None:
        """Restart the silence clock after a meaningful event. Before the first one the first-token clock runs."""
        if self._timer:
            self._timer.hear()

    def pause(self) -> None:
        """Let the clocks rest, but that of the whole reply, until the next `hear`."""
        if self._timer:
            self._timer.pause()

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
        if self._wait is not None:
            self._wait.leave()
        with self._lock:
            response, self._response, self._aborted = self._response, None, True
        if response is not None:
            response.close()

    def uses(self, connection: Any) -> None:
        """Store the socket over which the request goes out and the reply comes."""
        self._socket = connection
        if connection is not None:
            connection.has_heard = False

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

    def _contents(self) -> Iterator[bytes | Data]:
        """Yield what has come of the body whenever something has, else the wait for more."""
        response, connection = self._response, self._socket
        if response is None or connection is None:
            raise HungUp
        original: Any = response.raw._original_response  # http.client's, as requests itself finds it
        framing = framing_of(original)
        self._wait = Data(connection)
        try:
            connection.setblocking(False)
            came: bytes | None = _read_ahead(original)
            while not framing.is_complete:
                if came and (content := framing.feed(came)):
                    yield content
                if framing.is_broken:
                    self._check_end(None)
                    return
                if framing.is_complete:
                    break
                yield self._wait
                came = self._receive(connection)
                if came == b"":
                    self._check_end(framing)
                    return
        except (OSError, ValueError, AttributeError):
            self._check_end(None)
            return
        self._keep_connection(response, original, framing)

    def _receive(self, connection: CallSocket) -> bytes | None:
        """Return what has come, None if nothing has, or b"" at the end of the connection or of this call."""
        try:
            came = connection.recv(_READ_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError):
            came = None
        return b"" if self._aborted else came  # what comes over an aborted connection may be undeciphered

    def _check_end(self, framing: Framing | None) -> None:
        """Raise the reason of an end of the connection, unless the reply was over or the body may end there."""
        if not self._is_concluded():
            self._check()
            if framing is None or not framing.may_end():
                raise errors.CutOff from None

    def _keep_connection(self, response: requests.Response, original: HTTPResponse, framing: Framing) -> None:
        """Give the connection back for other calls, after the whole body."""
        if self._wait is not None:
            self._wait.leave()
        with self._lock:
            if self._aborted or framing.excess or self._socket is None:
                return
            self._socket.settimeout(self._backstop)
            original.close()
            response.raw.release_conn()

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
        everything = dict([*_OWN_HEADERS, *request.own_headers, *request.headers, *headers])
        return requests.Request(request.method, url, headers=everything, data=request.body).prepare()
    except (requests.RequestException, ValueError):
        raise errors.BadRequest(because="The vendor's address or headers cannot be sent.") from None


def _read_ahead(response: HTTPResponse) -> bytes:
    """Return what http.client has read beyond the headers; the connection must not block."""
    if response.fp is None:
        return b""
    try:
        ahead: bytes = response.fp.peek()
    except ssl.SSLWantReadError:
        return b""
    return response.fp.read(len(ahead)) if ahead else b""


def _failure(error: Exception) -> errors.VendorDown:
    if isinstance(error, requests.exceptions.SSLError):
        return errors.VendorDown(because="The vendor's TLS certificate or connection cannot be trusted.")
    return errors.VendorDown(because="The vendor closed the connection without an answer.")


def _shut_down(connection: Any) -> None:
    with suppress(OSError, ValueError, RuntimeError):  # it may be closed already
        connection.shutdown()
