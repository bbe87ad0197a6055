"""Limits on requests: their owner, the length of a body, and the memory of all bodies together."""

# ruff: noqa: N802  (the names of Twisted)
import re
from concurrent.futures import Future
from http import HTTPStatus
from typing import Any

import daphne.server  # noqa: F401  (first: it chooses the reactor)
from daphne.http_protocol import WebRequest
from twisted.internet import reactor

from chatsite.clients.connections import NOBODY
from chatsite.clients.senders import Sender, sender_of
from chatsite.server.progress import Progress
from chatsite.server.refusals import refusal
from conversations.workers.thread_pool import Full

MAX_BODY_BYTES = 1280 * 1024  # bytes; somewhat more than Django's limit, whose refusal is more helpful than ours
MAX_UPLOAD_BYTES = 30 * 1024 * 1024  # bytes; an upload of 25 MB and its multipart frame
MAX_BODIES_BYTES = 512 * 1024 * 1024  # bytes of the bodies of all running requests, each without its first UNCOUNTED
MAX_BYTES_OF_ADDRESS, MAX_BYTES_OF_PERSON = (
    MAX_BODIES_BYTES // 8,
    3 * MAX_BODIES_BYTES // 8,
)  # of one owner; browsers send six files at once
UNCOUNTED_BYTES = 64 * 1024  # bytes; so signing in and writing work even when uploads use all of MAX_BODIES_BYTES
PACE_SECONDS, PACE_BYTES = 30.0, 30 * 4 * 1024  # a slower body is aborted; 4 KB/s, because networks in trains are slow
LINGER_SECONDS = 5.0  # for a client to read why its connection ends
MAX_IMPORT_BYTES = 101 * 1024 * 1024  # bytes; a file of conversations of 100 MB and its multipart frame
UPLOADS, IMPORTS = b"/api/v1/files", b"/api/v1/imports"
MAX_PRICE_TABLE_BYTES = 4352 * 1024  # bytes; a table of prices of 4 MB and its multipart frame
PRICES = re.compile(rb"/admin/providers/endpoint/[0-9a-f-]{36}/prices/")
LONG_BODIES = {UPLOADS: MAX_UPLOAD_BYTES, IMPORTS: MAX_IMPORT_BYTES}  # by path, for a person

_TOO_LARGE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
_NO_ROOM = HTTPStatus.SERVICE_UNAVAILABLE
_FORWARDED = b"X-Forwarded-For"


class RequestWithBody(WebRequest):
    """A request whose body is limited: 413 if it is too long, 503 without room in memory or on disk.

    Daphne alone would spool any size to disk before asking, and wait for ever for the rest. A refused client may go on
    sending for LINGER_SECONDS. A connection that is reset at once would lose the answer.
    """

    refused = False
    received = 0
    held = 0  # the bytes of `received` that count towards MAX_BODIES_BYTES
    limit = MAX_BODY_BYTES
    progress: Progress | None = None
    is_asking = False
    sender: Sender
    owner = NOBODY

    def gotLength(self, length: int | None) -> None:
        self.sender = self._sender()
        self.owner = self.sender.owner
        must_ask = self._must_ask(length)
        self.limit = self._limit()
        is_fair = length is None or length <= (self._longest() if must_ask else self.limit)
        super().gotLength(length if is_fair else 0)
        if not is_fair:
            self._refuse(_TOO_LARGE)
        elif not (self.is_handshake() or self._hold_connection(self.owner)):
            self._refuse(_NO_ROOM)
        elif must_ask:
            self._ask()
        elif length != 0:
            self._keep_pace()

    def handleContentChunk(self, chunk: bytes) -> None:
        self.received += len(chunk)
        if self.refused:
            return
        if self.received > self.limit:
            self._refuse(_TOO_LARGE)
        elif not self._find_room() or not self._is_kept(chunk):
            self._refuse(_NO_ROOM)
        elif self.progress:
            self.progress.count(len(chunk))

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        self._listen_again()
        self._end_progress()
        if self.refused:
            self.channel.loseConnection()
        else:
            super().requestReceived(command, path, version)

    def finish(self) -> None:
        self._give_up_room()
        if self.channel.opened_by == NOBODY:  # a proxy's connection
            self._hold_connection(NOBODY)
        super().finish()

    def connectionLost(self, reason: Any) -> None:
        self._end_progress()
        self._give_up_room()
        super().connectionLost(reason)

    def is_handshake(self) -> bool:
        """Return whether the request asks for a websocket. It has no body, and its end is not reported."""
        return bool(self.requestHeaders.getRawHeaders(b"Upgrade", [b""])[0].lower() == b"websocket")

    # --- The owner ---

    def _sender(self) -> Sender:
        peer = str(getattr(self.channel.transport.getPeer(), "host", ""))
        headers = self.requestHeaders
        forwarded, cookies = headers.getRawHeaders(_FORWARDED, []), headers.getRawHeaders(b"Cookie", [])
        authorization = headers.getRawHeaders(b"Authorization", [b""])
        return sender_of(peer, forwarded, authorization[0], b"; ".join(cookies))

    def _longest(self) -> int:
        """Return the length that the body may have if it comes from a person: bytes."""
        path = self.channel._path.partition(b"?")[0] if self.channel._command == b"POST" else b""
        return MAX_PRICE_TABLE_BYTES if PRICES.fullmatch(path) else LONG_BODIES.get(path, MAX_BODY_BYTES)

    def _is_somebodys(self) -> bool:
        return self.owner != self.sender.address

    def _must_ask(self, length: int | None) -> bool:
        """Return whether the body is so long that only a person may send it, and the person is unknown yet."""
        is_long = length is None or length > MAX_BODY_BYTES
        may_be = bool(self.sender.proof) and not self._is_somebodys()
        return is_long and may_be and self._longest() > MAX_BODY_BYTES and not self.is_handshake()

    def _limit(self) -> int:
        if self.is_handshake():
            return 0
        return self._longest() if self._is_somebodys() else MAX_BODY_BYTES

    def _ask(self) -> None:
        """Stop reading from the network and look up the owner."""
        try:
            asked = self.server.whose(self.sender)
        except Full:
            self._refuse(_NO_ROOM)
            return
        self.is_asking = True
        self.channel._networkProducer.pauseProducing()
        asked.add_done_callback(lambda _: reactor.callFromThread(self._learn, asked))

    def _learn(self, asked: "Future[str]") -> None:
        if not self.is_asking or self.channel is None:
            return
        self._listen_again()
        if asked.exception() or not asked.result():
            self._refuse(_TOO_LARGE if not asked.exception() else _NO_ROOM)
        else:
            self._become(asked.result())

    def _become(self, owner: str) -> None:
        held, self.held = self.held, 0
        self.channel.factory.room.give_back(self.owner, held)
        self.owner, self.limit = owner, self._longest()
        if self._find_room() and self._hold_connection(owner):
            self._keep_pace()
        else:
            self._refuse(_NO_ROOM)

    def _listen_again(self) -> None:
        if self.is_asking:
            self.is_asking = False
            self.channel._networkProducer.resumeProducing()

    def _hold_connection(self, owner: str) -> bool:
        return bool(self.channel.factory.connections.give(self.channel.transport, owner))

    # --- The length ---

    def _keep_pace(self) -> None:
        self.progress = Progress(PACE_SECONDS, PACE_BYTES, self.channel.transport.abortConnection)

    def _refuse(self, status: HTTPStatus) -> None:
        self.refused = True
        self._end_progress()
        self._give_up_room()
        self.content.close()
        connection = self.channel.transport
        connection.write(refusal(status))
        connection.loseWriteConnection()
        reactor.callLater(LINGER_SECONDS, connection.abortConnection)

    def _is_kept(self, chunk: bytes) -> bool:
        """Keep a piece of the body, and return whether the disk had room for it."""
        try:
            super().handleContentChunk(chunk)
        except OSError:
            return False
        return True

    def _find_room(self) -> bool:
        """Reserve memory for the received bytes, and return whether there was enough."""
        held = max(0, self.received - UNCOUNTED_BYTES)
        share = MAX_BYTES_OF_PERSON if self._is_somebodys() else MAX_BYTES_OF_ADDRESS
        if not self.channel.factory.room.reserve(self.owner, held - self.held, share):
            return False
        self.held = held
        return True

    def _end_progress(self) -> None:
        if self.progress:
            self.progress.end()

    def _give_up_room(self) -> None:
        if self.held:
            self.channel.factory.room.give_back(self.owner, self.held)
            self.held = 0
