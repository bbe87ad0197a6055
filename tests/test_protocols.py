"""Our direct writing to a websocket relies on Twisted's buffers: these tests fail if their meaning changes.

A body has to keep its pace too, by a clock that stands still until the test moves it.
"""

from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.urls import reverse
from twisted.internet.abstract import FileDescriptor
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from chatsite.clients.senders import Proof, people
from chatsite.server import progress
from chatsite.server.protocols import HttpFactory, Socket
from chatsite.server.request_bodies import MAX_UPLOAD_BYTES, PACE_BYTES, PACE_SECONDS, UPLOADS
from conversations.hashed_tokens import token_digest


class Connection(FileDescriptor):
    """Twisted's own buffering in front of a kernel that takes so many bytes and no more."""

    connected = 1

    def __init__(self) -> None:
        super().__init__(reactor=object())
        self.kernel, self.room = b"", 0

    def writeSomeData(self, data: bytes) -> int:  # noqa: N802
        taken = bytes(data[: self.room])
        self.kernel, self.room = self.kernel + taken, self.room - len(taken)
        return len(taken)

    def startWriting(self) -> None:  # noqa: N802
        """Do nothing, where the reactor would call doWrite whenever there is room."""

    stopWriting = startWriting  # noqa: N815


@pytest.fixture
def connection() -> Connection:
    return Connection()


@pytest.fixture
def socket(connection: Connection) -> Socket:
    socket = Socket.__new__(Socket)
    socket.transport = connection
    return socket


def test_what_the_kernel_takes_goes_at_once(connection: Connection, socket: Socket) -> None:
    connection.room = 100
    socket.sendData(b"one")
    socket.sendData(b"two")
    assert connection.kernel == b"onetwo"


@pytest.mark.parametrize("rounds", [0, 1], ids=["waiting since just now", "waiting for a while"])
@pytest.mark.parametrize("room", [0, 1, 3])
def test_nothing_overtakes_what_waits(connection: Connection, socket: Socket, rounds: int, room: int) -> None:
    """Waiting data is first in one of Twisted's buffers, and after a round of the loop in the other."""
    connection.room = room
    socket.sendData(b"first")
    for _ in range(rounds):
        connection.doWrite()
    connection.room = 100
    socket.sendData(b"second")
    connection.doWrite()
    connection.doWrite()
    assert connection.kernel == b"firstsecond"


def test_once_nothing_waits_the_short_way_is_open_again(connection: Connection, socket: Socket) -> None:
    socket.sendData(b"first")
    connection.room = 100
    connection.doWrite()
    socket.sendData(b"second")
    assert connection.kernel == b"firstsecond", "what was written is not forgotten where we look for it"


# --- The pace of a body --------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    turned = Clock()
    monkeypatch.setattr(progress, "reactor", turned)
    return turned


@pytest.fixture
def channel(clock: Clock) -> Iterator[Any]:
    server = Mock(request_buffer_size=2**20, proxy_forwarded_address_header=None, root_path="")
    people.note(Proof(token=token_digest("x")), uuid4())
    factory = HttpFactory(server)
    factory.timeOut = None
    channel = factory.buildProtocol(None)
    channel.makeConnection(StringTransport())
    length = b"Content-Length: %d" % MAX_UPLOAD_BYTES
    lines = (b"POST /api/v1/files HTTP/1.1", b"Authorization: Bearer x", length, b"", b"")
    channel.dataReceived(b"\r\n".join(lines))
    yield channel
    channel.connectionLost(None)


def test_a_body_that_keeps_its_pace_arrives(channel: Any, clock: Clock) -> None:
    for _ in range(MAX_UPLOAD_BYTES // PACE_BYTES):
        channel.dataReceived(b"x" * PACE_BYTES)
        clock.advance(PACE_SECONDS)
    assert not channel.transport.disconnecting
    channel.dataReceived(b"x" * (MAX_UPLOAD_BYTES % PACE_BYTES))
    assert clock.getDelayedCalls() == [], "nobody waits for more of it"


@pytest.mark.parametrize("sent", [0, PACE_BYTES - 1, PACE_BYTES, MAX_UPLOAD_BYTES - 1])
def test_a_body_that_loses_its_pace_is_given_up(channel: Any, clock: Clock, sent: int) -> None:
    channel.dataReceived(b"x" * sent)
    clock.advance(PACE_SECONDS)
    assert channel.transport.disconnecting == (sent < PACE_BYTES)
    clock.advance(PACE_SECONDS)
    assert channel.transport.disconnecting


def test_nobody_waits_for_the_body_of_a_lost_connection(channel: Any, clock: Clock) -> None:
    (request,) = channel.requests
    request.connectionLost(None)
    assert clock.getDelayedCalls() == []


def test_the_server_knows_uploads_as_the_application_does() -> None:
    assert UPLOADS.decode() == reverse("api:upload")
