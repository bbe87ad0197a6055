"""A file is sent as fast as its reader takes it, and a reader who takes nothing is disconnected."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from twisted.internet.task import Clock

from chatsite.server import progress
from chatsite.server.file_sending import PIECE_BYTES, STALL_SECONDS, FileSending
from tests.test_protocols import Connection

CONTENT = bytes(range(256)) * 4096  # 1 MB, every 64 KB of it alike


class Request:
    """The part of Twisted's request that a producer uses, before a kernel buffer of limited size."""

    def __init__(self) -> None:
        self.transport = Connection()
        self.transport.abortConnection = self._abort  # type: ignore[attr-defined]
        self.channel = SimpleNamespace(transport=self.transport)
        self.registerProducer = self.transport.registerProducer
        self.unregisterProducer = self.transport.unregisterProducer
        self.write = self.transport.write
        self.is_finished = self.is_aborted = False

    def finish(self) -> None:
        self.is_finished = True

    def take(self, length: int) -> None:
        """Take `length` bytes, as a kernel does for a reader."""
        self.transport.room = length
        while self.transport.room and not self.is_finished:
            self.transport.doWrite()

    @property
    def waiting(self) -> int:
        return len(self.transport.dataBuffer) + self.transport._tempDataLen

    def _abort(self) -> None:
        self.is_aborted = True
        self.transport.producer.stopProducing()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    turned = Clock()
    monkeypatch.setattr(progress, "reactor", turned)
    return turned


@pytest.fixture
def request_() -> Request:
    return Request()


@pytest.fixture
def sending(request_: Request, tmp_path: Path, clock: Clock) -> Iterator[FileSending]:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    sending = FileSending(request_, path)
    sending.begin()
    yield sending
    sending.stopProducing()


def test_no_more_is_read_than_two_pieces_before_a_reader_takes_any(request_: Request, sending: FileSending) -> None:
    assert 0 < sending._file.tell() == request_.waiting <= 2 * PIECE_BYTES


def test_it_arrives_as_it_is_taken(request_: Request, sending: FileSending) -> None:
    while not request_.is_finished:
        request_.take(100_000)
        assert request_.waiting <= 2 * PIECE_BYTES
    request_.transport.room = len(CONTENT)
    request_.transport.doWrite()
    assert request_.transport.kernel == CONTENT
    assert sending._file.closed


def test_a_reader_who_takes_nothing_is_let_go(request_: Request, sending: FileSending, clock: Clock) -> None:
    clock.pump([STALL_SECONDS] * 2)
    assert request_.is_aborted
    assert sending._file.closed
    assert clock.getDelayedCalls() == []


def test_a_reader_who_takes_little_stays(request_: Request, sending: FileSending, clock: Clock) -> None:
    while not request_.is_finished:
        request_.take(2 * PIECE_BYTES)
        clock.advance(STALL_SECONDS)
    assert not request_.is_aborted
    assert clock.getDelayedCalls() == []


def test_a_lost_connection_closes_the_file(request_: Request, sending: FileSending, clock: Clock) -> None:
    request_.transport.producer.stopProducing()
    assert sending._file.closed
    assert clock.getDelayedCalls() == []
