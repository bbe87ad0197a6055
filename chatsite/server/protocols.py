"""What one connection may send us, for HTTP and for websockets: Daphne's protocols, with limits."""

# ruff: noqa: N802, N803  (the names of Twisted and autobahn)
import logging
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID

import daphne.server  # noqa: F401  (first: it chooses the reactor)
from daphne.http_protocol import HTTPFactory
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet import reactor

from chatsite.clients.connections import Connections
from chatsite.clients.senders import opener_of, owner_of
from chatsite.server import request_bodies
from chatsite.server.backlog import Backlog
from chatsite.server.channel import Channel
from chatsite.server.file_sending import FileSending
from chatsite.server.memory_share import MemoryShare
from chatsite.server.open_files import most_connections
from chatsite.server.refusals import SECURITY, Headers, refusal
from chatsite.server.request_bodies import RequestWithBody

PATHSEND = "http.response.pathsend"  # ASGI's extension: an application names a file, and the server sends it

MESSAGE_LIMIT = 1024 * 1024  # bytes of one websocket message
MOST_UNHEARD = 4  # messages of one websocket that wait for the application; the rest wait in the network
LISTEN_EVERY = 0.02  # seconds

_SERVICE_RESTART = 1012  # IANA registry of websocket close codes
_READS_TOO_SLOWLY = 4408
_SOCKETS = b"/ws/"
_ROOT_PATH = b"Daphne-Root-Path"
_SUBPROTOCOLS = b"Sec-WebSocket-Protocol"  # Daphne reads it as ASCII, or fails
_EMPTY = ((b"Content-Length", b"0"),)
_TOLD = 60  # characters of a path in the log

_logger = logging.getLogger(__name__)


class LimitedRequest(RequestWithBody):
    """A request whose body has limits, and whose answer is taken or given up."""

    def process(self) -> Any:
        """Daphne's, less the header that it takes for a proxy's word on where the site lies."""
        self.requestHeaders.removeHeader(_ROOT_PATH)
        refused = self.is_handshake() and self._why_no_handshake()
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

    def _send_file(self, path: Path) -> None:
        try:
            FileSending(self, path).begin()
        except OSError:  # removed since the application saw it
            self.channel.transport.abortConnection()


def _missing(headers: Any) -> Headers:
    """Return the security headers that an answer lacks: Django's own to what it cannot read has none."""
    there = {name.lower() for name, _ in headers}
    return tuple((name, value) for name, value in SECURITY if name.lower() not in there)


class HttpFactory(HTTPFactory):
    """Makes our connections and requests, and counts what they hold."""

    protocol = Channel

    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self.connections = Connections(most_connections())
        self.room = MemoryShare(request_bodies.BODIES_LIMIT)

    def buildProtocol(self, address: Any) -> Any:
        """Take a connection in, or have it closed at once: an answer to each of a flood would cost everybody."""
        owner = opener_of(str(getattr(address, "host", "")))
        if not self.connections.has_room(owner):
            return None
        protocol = super().buildProtocol(address)
        protocol.requestFactory, protocol.opened_by = LimitedRequest, owner
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

    def belong_to(self, person: UUID) -> None:
        """Count this connection as that of a person who was let in."""
        self._connections.give(self.transport, owner_of(person))

    def connectionLost(self, reason: Any) -> None:
        self._connections.close(self.transport)
        super().connectionLost(reason)

    @property
    def _connections(self) -> Connections:
        found: Connections = self.factory.server_class.http_factory.connections
        return found

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
