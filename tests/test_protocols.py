"""Our short way out of a websocket looks into Twisted's buffers: what stands there must still mean what it did."""

import pytest
from twisted.internet.abstract import FileDescriptor

from chatsite.protocols import Socket


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
        """The reactor would now call doWrite whenever there is room."""

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
    """What waits is first in one of Twisted's buffers, and after a round of the loop in the other."""
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
