"""One HTTP connection before its requests are known: Twisted's, which refuses what is no HTTP."""

# ruff: noqa: N802  (the names of Twisted)
from http import HTTPStatus

from twisted.web.http import HTTPChannel

from chatsite.refusals import refusal

_LONGEST_LENGTH = 40
"""Characters of a Content-Length."""


class Channel(HTTPChannel):
    """A connection whose lines end with CR and LF; a bare LF is answered with 400 at once, not waited on."""

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)
        if self.line_mode and b"\n" in self._buffer:
            self._respondToBadRequestAndDisconnect()

    def headerReceived(self, line: bytes) -> bool:
        """Twisted's, but Python reads no number of more than 4,300 digits, and the exception would be a traceback."""
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length" and len(value) > _LONGEST_LENGTH:
            self._respondToBadRequestAndDisconnect()
            return False
        return bool(super().headerReceived(line))

    def _respondToBadRequestAndDisconnect(self) -> None:
        self.clearLineBuffer()
        self.transport.write(refusal(HTTPStatus.BAD_REQUEST))
        self.loseConnection()
