"""What one connection may send us, for HTTP and for websockets: Daphne's protocols, with limits."""

# ruff: noqa: N802, N803  (the names of Twisted and autobahn)
import logging
from http import HTTPStatus
from pathlib import Path
from typing import Any

import daphne.server  # noqa: F401  (first: it chooses the reactor)
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from django.conf import settings
from twisted.internet import reactor

from chatsite.backlog import Backlog
from chatsite.channel import Channel
from chatsite.progress import Progress
from chatsite.refusals import SECURITY, Headers, refusal
from chatsite.sending import FileSending

PATHSEND = "http.response.pathsend"  # ASGI's extension: an application names a file, and the server sends it

BODY_LIMIT = 1280 * 1024  # bytes; somewhat more than what Django takes, whose refusal says more than ours
UPLOAD_LIMIT = 30 * 1024 * 1024  # bytes; an upload of 25 MB and its multipart frame
BODIES_LIMIT = 512 * 1024 * 1024  # bytes of all bodies whose requests are under way, each from UNCOUNTED on
UNCOUNTED = 64 * 1024  # bytes; who signs in or writes finds room however many uploads there are
PACE_SECONDS, PACE_BYTES = 30.0, 30 * 4 * 1024  # a body that brings less in that time is given up; trains are slow
MESSAGE_LIMIT = 1024 * 1024  # bytes of one websocket message
MOST_UNHEARD = 4  # messages of one websocket that wait for the application; the rest wait in the network
LISTEN_EVERY = 0.02  # seconds
LINGER_SECONDS = 5.0  # for a client to take in why its connection ends

_SERVICE_RESTART = 1012  # IANA registry of websocket close codes
_READS_TOO_SLOWLY = 4408
_TOO_LARGE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
_NO_ROOM = HTTPStatus.SERVICE_UNAVAILABLE
_SOCKETS = b"/ws/"
_UPLOADS = b"/api/v1/files"
_ROOT_PATH = b"Daphne-Root-Path"
_SUBPROTOCOLS = b"Sec-WebSocket-Protocol"  # Daphne reads it as ASCII, or fails
_EMPTY = ((b"Content-Length", b"0"),)
_TOLD = 60  # characters of a path in the log

_logger = logging.getLogger(__name__)


class LimitedRequest(WebRequest):
    """A request whose body is refused with 413 where it is too long, with 503 where all bodies together are.

    Daphne alone would spool any size to disk before asking, and wait for ever for the rest. A refused client may go on
    sending for LINGER_SECONDS: a connection reset at once would cost it the answer.
    """

    refused = False
    received = 0
    held = 0  # of `received`, what counts towards BODIES_LIMIT
    limit = BODY_LIMIT
    progress: Progress | None = None

    def gotLength(self, length: int | None) -> None:
        self.limit = self._limit()
        is_fair = length is None or length <= self.limit
        super().gotLength(length if is_fair else 0)
        if not is_fair:
            self._refuse(_TOO_LARGE)
        elif length != 0:
            self.progress = Progress(PACE_SECONDS, PACE_BYTES, self.channel.transport.abortConnection)

    def handleContentChunk(self, chunk: bytes) -> None:
        self.received += len(chunk)
        if self.refused:
            return
        if self.received > self.limit:
            self._refuse(_TOO_LARGE)
        elif not self._find_room():
            self._refuse(_NO_ROOM)
        else:
            super().handleContentChunk(chunk)
            if self.progress:
                self.progress.count(len(chunk))

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        self._end_progress()
        if self.refused:
            self.channel.loseConnection()
        else:
            super().requestReceived(command, path, version)

    def process(self) -> Any:
        """Daphne's, less the header that it takes for a proxy's word on where the site lies."""
        self.requestHeaders.removeHeader(_ROOT_PATH)
        refused = self._is_handshake() and self._why_no_handshake()
        return self.basic_error(refused, b"", "") if refused else super().process()

    def _why_no_handshake(self) -> HTTPStatus | None:
        if self.path != _SOCKETS:
            _logger.warning("No websocket is at %s.", self.path.decode("ascii", "replace")[:_TOLD])
            return HTTPStatus.NOT_FOUND
        named = b"".join(self.requestHeaders.getRawHeaders(_SUBPROTOCOLS, []))
        return None if named.isascii() else HTTPStatus.BAD_REQUEST

    def basic_error(self, status: int, _phrase: bytes, _words: str) -> None:
        """An answer of the server's own; the page that Daphne would send names it."""
        if self._response_started:
            self.channel.transport.abortConnection()
            return
        self.handle_reply({"type": "http.response.start", "status": int(status), "headers": _EMPTY})
        self.handle_reply({"type": "http.response.body"})

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Daphne's, and a file instead of a body."""
        if message["type"] == "http.response.start" and message["status"] >= HTTPStatus.BAD_REQUEST:
            message = {**message, "headers": [*message.get("headers", ()), *_missing(message.get("headers", ()))]}
        if message["type"] != PATHSEND:
            super().handle_reply(message)
        elif self.method == b"HEAD":
            super().handle_reply({"type": "http.response.body"})
        elif self.channel and not self.finished:
            self._send_file(Path(message["path"]))

    def finish(self) -> None:
        self._give_up_room()
        super().finish()

    def connectionLost(self, reason: Any) -> None:
        self._end_progress()
        self._give_up_room()
        super().connectionLost(reason)

    def _limit(self) -> int:
        """Of the body. Who asks for a websocket sends none, and we hear nothing of the request's end."""
        if self._is_handshake():
            return 0
        is_upload = self.channel._command == b"POST" and self.channel._path.partition(b"?")[0] == _UPLOADS
        cookie = self.getCookie(settings.SESSION_COOKIE_NAME.encode())
        is_somebody = self.requestHeaders.hasHeader(b"Authorization") or cookie
        return UPLOAD_LIMIT if is_upload and is_somebody else BODY_LIMIT

    def _is_handshake(self) -> bool:
        return bool(self.requestHeaders.getRawHeaders(b"Upgrade", [b""])[0].lower() == b"websocket")

    def _refuse(self, status: HTTPStatus) -> None:
        self.refused = True
        self._end_progress()
        self._give_up_room()
        self.content.close()
        connection = self.channel.transport
        connection.write(refusal(status))
        connection.loseWriteConnection()
        reactor.callLater(LINGER_SECONDS, connection.abortConnection)

    def _find_room(self) -> bool:
        """Count what has come; whether there was room for it."""
        held = max(0, self.received - UNCOUNTED)
        total = self.channel.factory.held + held - self.held
        if total > BODIES_LIMIT:
            return False
        self.channel.factory.held, self.held = total, held
        return True

    def _end_progress(self) -> None:
        if self.progress:
            self.progress.end()

    def _send_file(self, path: Path) -> None:
        try:
            FileSending(self, path).begin()
        except OSError:  # removed since the application saw it
            self.channel.transport.abortConnection()

    def _give_up_room(self) -> None:
        if self.held:
            self.channel.factory.held -= self.held
            self.held = 0


def _missing(headers: Any) -> Headers:
    """Return the security headers that an answer lacks: Django's own to what it cannot read has none."""
    there = {name.lower() for name, _ in headers}
    return tuple((name, value) for name, value in SECURITY if name.lower() not in there)


class HttpFactory(HTTPFactory):
    """Makes our connections and requests; `held` is what the bodies of those under way count for."""

    held = 0
    protocol = Channel

    def buildProtocol(self, address: Any) -> Any:
        protocol = super().buildProtocol(address)
        protocol.requestFactory = LimitedRequest
        return protocol


class Socket(WebSocketProtocol):
    """A websocket that takes messages up to MESSAGE_LIMIT and says why it ends."""

    is_deaf = False

    def onMessageFrameBegin(self, length: int) -> None:
        # autobahn's own limit on messages would bind what we send as well, and a long conversation is longer.
        super().onMessageFrameBegin(length)
        if self.message_data_total_length > MESSAGE_LIMIT and not self.failedByMe:
            self._max_message_size_exceeded(self.message_data_total_length, MESSAGE_LIMIT, "message too big")

    def onOpen(self) -> None:
        super().onOpen()
        self.backlog = Backlog()

    def sendMessage(self, payload: bytes, *args: Any, **options: Any) -> None:
        super().sendMessage(payload, *args, **options)
        self._count(len(payload))

    def relay(self, frame: bytes) -> None:
        """Send a frame that is complete as it goes over the wire, and the same for every socket."""
        if self.state == self.STATE_OPEN:
            self.sendData(frame)
            self._count(len(frame))

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """autobahn's one way out. What the kernel takes at once spares the event loop a round and two system calls."""
        connection = self.transport
        idle = not (connection.dataBuffer or connection._tempDataBuffer)  # else it would overtake what waits there
        if idle and connection.connected and not connection.disconnecting:
            sent = connection.writeSomeData(data)
            data = data[sent:] if isinstance(sent, int) else data  # a lost connection is noticed by the next write
        if data:
            connection.write(data)

    def onPong(self, payload: bytes) -> None:
        self.backlog.answered(payload)

    def _count(self, size: int) -> None:
        if ping := self.backlog.sent(size):
            self.sendPing(ping)
            if self.backlog.is_too_long():
                self.sendCloseFrame(code=_READS_TOO_SLOWLY)  # and the connection is aborted LINGER_SECONDS later

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        super().onMessage(payload, isBinary)
        if self.application_queue.qsize() >= MOST_UNHEARD and not self.is_deaf:
            self.is_deaf = True
            self.transport.pauseProducing()
            self._listen_on()

    def _listen_on(self) -> None:
        """Daphne's queue does not tell when it is empty."""
        if self.application_queue.empty():
            self.is_deaf = False
            self.transport.resumeProducing()
        elif self.state != self.STATE_CLOSED:
            reactor.callLater(LISTEN_EVERY, self._listen_on)

    def sendHttpErrorResponse(self, code: int, _reason: str, headers: Any = None) -> None:
        """Refuse a handshake; autobahn's own answer quotes what the client sent."""
        more = tuple((name.encode(), value.encode()) for name, value in headers or ())
        self.sendData(refusal(code, more))

    def onClose(self, was_clean: bool, code: int | None, reason: str | None) -> None:
        """Daphne knows nothing of a handshake that was refused for its form."""
        if hasattr(self, "server"):
            super().onClose(was_clean, code, reason)

    def say_restarting(self) -> None:
        """Close with the code on which browsers come back soon; sendClose allows applications' own codes only."""
        if self.state == self.STATE_OPEN:
            self.sendCloseFrame(code=_SERVICE_RESTART)


class SocketFactory(WebSocketFactory):
    """Makes our websockets instead of Daphne's."""

    protocol = Socket
