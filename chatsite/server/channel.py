"""One HTTP connection before its requests are known: Twisted's channel, with strict syntax and short timeouts."""

# ruff: noqa: N802  (the names of Twisted)
import asyncio
from http import HTTPStatus
from typing import Any

from twisted.web.http import HTTPChannel

from chatsite.clients.connections import NOBODY
from chatsite.server import file_sending
from chatsite.server.refusals import refusal

HEAD_SECONDS = 10.0
"""Time for a whole request head."""

_MAX_LENGTH_HEADER = 40
"""Characters of a Content-Length."""


class Channel(HTTPChannel):
    """A connection whose lines end with CR and LF; a bare LF is answered with 400 at once.

    The connection is aborted if a head takes longer than HEAD_SECONDS, or if the client takes no data for
    STALL_SECONDS.
    """

    opened_by = NOBODY
    _clock: Any = None
    _stall: Any = None
    _tail: Any = None
    _drained: "asyncio.Future[None] | None" = None

    def connectionMade(self) -> None:
        super().connectionMade()
        self.factory.connections.open(self.transport, self.opened_by)
        self._await_head()

    def dataReceived(self, data: bytes) -> None:
        if self.line_mode and self._clock is None:
            self._await_head()
        super().dataReceived(data)
        if self.line_mode and b"\n" in self._buffer:
            self._respondToBadRequestAndDisconnect()

    def headerReceived(self, line: bytes) -> bool:
        """Refuse a Content-Length of over 40 characters, then proceed as Twisted does.

        Python reads no number of more than 4,300 digits, and the exception would be logged as a traceback.
        """
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length" and len(value) > _MAX_LENGTH_HEADER:
            self._respondToBadRequestAndDisconnect()
            return False
        return bool(super().headerReceived(line))

    def allHeadersReceived(self) -> None:
        _end(self._clock)
        _end(self._tail)
        self._clock = None
        super().allHeadersReceived()

    def pauseProducing(self) -> None:
        """Start the stall timer. Twisted calls this when too much data waits for the client."""
        super().pauseProducing()
        if self._stall is None:
            self._stall = self.callLater(file_sending.STALL_SECONDS, self._abort)

    def resumeProducing(self) -> None:
        super().resumeProducing()
        _end(self._stall)
        self._stall = None
        self._tell_drained()

    def drained(self) -> "asyncio.Future[None] | None":
        """Return a future that is done once the client has taken all data, or has left; None if none waits."""
        if self._waitingForTransport and self._drained is None:
            self._drained = asyncio.get_running_loop().create_future()
        return self._drained

    def requestDone(self, request: Any) -> None:
        """End the request as Twisted does, and abort the connection later if the client takes no data."""
        _end(self._tail)
        self._tail = self.callLater(file_sending.STALL_SECONDS, self._give_up_unless_taken)
        super().requestDone(request)

    def connectionLost(self, reason: Any) -> None:
        self.factory.connections.close(self.transport)
        for clock in (self._clock, self._stall, self._tail):
            _end(clock)
        self._tell_drained()
        super().connectionLost(reason)

    def _await_head(self) -> None:
        self._clock = self.callLater(HEAD_SECONDS, self._abort)

    def _abort(self) -> None:
        self.transport.abortConnection()

    def _give_up_unless_taken(self) -> None:
        if self.transport.dataBuffer or self.transport._tempDataBuffer:
            self._abort()

    def _tell_drained(self) -> None:
        if self._drained and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    def _respondToBadRequestAndDisconnect(self) -> None:
        self.clearLineBuffer()
        self.transport.write(refusal(HTTPStatus.BAD_REQUEST))
        self.loseConnection()


def _end(clock: Any) -> None:
    if clock is not None and clock.active():
        clock.cancel()
