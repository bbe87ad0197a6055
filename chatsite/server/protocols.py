"""Daphne's protocols for HTTP and websockets, with limits on what one connection may send."""

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

MAX_MESSAGE_BYTES = 1024 * 1024  # bytes of one websocket message
MAX_UNHEARD = 4  # messages of one websocket that wait for the application; further ones wait in the network
LISTEN_SECONDS = 0.02  # seconds

_SERVICE_RESTART = 1012  # IANA registry of websocket close codes
_READS_TOO_SLOWLY = 4408
_SOCKETS = b"/ws/"
_ROOT_PATH = b"Daphne-Root-Path"
_SUBPROTOCOLS = b"Sec-WebSocket-Protocol"  # Daphne reads it as ASCII, and fails on other bytes
_EMPTY = ((b"Content-Length", b"0"),)
_MAX_LOGGED = 60  # characters of a path in the log

_logger = logging.getLogger(__name__)


class LimitedRequest(RequestWithBody):
    """A request with a limited body, whose client must take the answer or loses the connection."""

    def process(self) -> Any:
        """Process the request as Daphne does, without the header from which it reads the site's path."""
        self.requestHeaders.removeHeader(_ROOT_PATH)
        refused = self.is_handshake() and self._why_no_handshake()
        return self.basic_error(refused, b"", "") if refused else super().process()

    def _why_no_handshake(self) -> HTTPStatus | None:
        if self.path != _SOCKETS:
            _logger.warning("No websocket is at %s.", self.path.decode("ascii", "replace")[:_MAX_LOGGED])
            return HTTPStatus.NOT_FOUND
        named = b"".join(self.requestHeaders.getRawHeaders(_SUBPROTOCOLS, []))
        return None if named.isascii() else HTTPStatus.BAD_REQUEST

    def basic_error(self, status: int, _phrase: bytes, _words: str) -> None:
        """Send an empty answer with this status; Daphne's own page would name the server."""
        if self._response_started:
            self.channel.transport.abortConnection()
            return
        self.handle_reply({"type": "http.response.start", "status": int(status), "headers": _EMPTY})
        self.handle_reply({"type": "http.response.body"})

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Send a message as Daphne does, or a file instead of a body."""
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
        except OSError:  # deleted since the application found it
            self.channel.transport.abortConnection()


def _missing(headers: Any) -> Headers:
    """Return the security headers that an answer lacks: Django's answer to an unreadable request has none."""
    there = {name.lower() for name, _ in headers}
    return tuple((name, value) for name, value in SECURITY if name.lower() not in there)


class HttpFactory(HTTPFactory):
    """The factory of our connections and requests; it counts the memory and connections that they hold."""

    protocol = Channel

    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self.connections = Connections(most_connections())
        self.room = MemoryShare(request_bodies.MAX_BODIES_BYTES)

    def buildProtocol(self, address: Any) -> Any:
        """Accept a connection, or return None to close it at once.

        Answering each connection of a flood would cost all other clients.
        """
        owner = opener_of(str(getattr(address, "host", "")))
        if not self.connections.has_room(owner):
            return None
        protocol = super().buildProtocol(address)
        protocol.requestFactory, protocol.opened_by = LimitedRequest, owner
        return protocol


class Socket(WebSocketProtocol):
    """A websocket that accepts messages up to MAX_MESSAGE_BYTES and closes with a reason."""

    is_deaf = False

    def onMessageFrameBegin(self, length: int) -> None:
        # autobahn's own limit would also apply to messages that we send, and a long conversation is longer.
        super().onMessageFrameBegin(length)
        if self.message_data_total_length > MAX_MESSAGE_BYTES and not self.failedByMe:
            self._max_message_size_exceeded(self.message_data_total_length, MAX_MESSAGE_BYTES, "message too big")

    def onOpen(self) -> None:
        super().onOpen()
        self.backlog = Backlog()

    def sendMessage(self, payload: bytes, *args: Any, **options: Any) -> None:
        super().sendMessage(payload, *args, **options)
        self._count(len(payload))

    def send_frame(self, frame: bytes) -> None:
        """Send a complete websocket frame, the same bytes for every socket."""
        if self.state == self.STATE_OPEN:
            self.sendData(frame)
            self._count(len(frame))

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """Write to the connection; autobahn sends everything through this method.

        Bytes that the kernel takes at once spare the event loop a round and two system calls.
        """
        connection = self.transport
        idle = not (connection.dataBuffer or connection._tempDataBuffer)  # else it would overtake buffered data
        if idle and connection.connected and not connection.disconnecting:
            sent = connection.writeSomeData(data)
            data = data[sent:] if isinstance(sent, int) else data  # the next write notices a lost connection
        if data:
            connection.write(data)

    def unread(self) -> int:
        """Return the bytes that the client has not read yet, as far as its answers to pings tell."""
        return self.backlog.unread

    def onPong(self, payload: bytes) -> None:
        self.backlog.answered(payload)

    def _count(self, size: int) -> None:
        if ping := self.backlog.sent(size):
            self.sendPing(ping)
            if self.backlog.is_too_long():
                self.sendCloseFrame(code=_READS_TOO_SLOWLY)  # and the connection is aborted LINGER_SECONDS later

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        super().onMessage(payload, isBinary)
        if self.application_queue.qsize() >= MAX_UNHEARD and not self.is_deaf:
            self.is_deaf = True
            self.transport.pauseProducing()
            self._listen_on()

    def _listen_on(self) -> None:
        """Resume reading once the application's queue is empty. It polls: Daphne's queue gives no signal."""
        if self.application_queue.empty():
            self.is_deaf = False
            self.transport.resumeProducing()
        elif self.state != self.STATE_CLOSED:
            reactor.callLater(LISTEN_SECONDS, self._listen_on)

    def sendHttpErrorResponse(self, code: int, _reason: str, headers: Any = None) -> None:
        """Refuse a handshake; autobahn's own answer quotes data of the client."""
        more = tuple((name.encode(), value.encode()) for name, value in headers or ())
        self.sendData(refusal(code, more))

    def belong_to(self, person: UUID) -> None:
        """Count this connection as one of the signed-in person."""
        self._connections.give(self.transport, owner_of(person))

    def connectionLost(self, reason: Any) -> None:
        self._connections.close(self.transport)
        super().connectionLost(reason)

    @property
    def _connections(self) -> Connections:
        found: Connections = self.factory.server_class.http_factory.connections
        return found

    def onClose(self, was_clean: bool, code: int | None, reason: str | None) -> None:
        """Close as Daphne does, unless the handshake was refused: Daphne does not know that socket."""
        if hasattr(self, "server"):
            super().onClose(was_clean, code, reason)

    def say_restarting(self) -> None:
        """Close with the code on which browsers reconnect soon; sendClose allows only applications' own codes."""
        if self.state == self.STATE_OPEN:
            self.sendCloseFrame(code=_SERVICE_RESTART)


class SocketFactory(WebSocketFactory):
    """The factory of our websockets, in place of Daphne's."""

    protocol = Socket
