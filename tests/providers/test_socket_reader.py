"""One thread reads for all replies; a step that may block runs elsewhere, and no reply holds up the others."""

from __future__ import annotations

import errno
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from providers.client.stream import Stream
from providers.transport.body import socket_reader
from providers.transport.body.socket_reader import SocketReader
from providers.transport.body.waits import BLOCKING, TURN, Data, Wait
from providers.transport.network import Network
from providers.types import Address, Clocks, Delta, Prompt
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import PlainKey
from tests.providers.reading import turns
from tests.vendor_replies import openai_event, openai_stream

SECONDS = 10.0


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4, thread_name_prefix="blocking") as made:
        yield made


@pytest.fixture(scope="module")
def reader(pool: ThreadPoolExecutor) -> SocketReader:
    return SocketReader(pool.submit, nullcontext, lambda _: 0.0)


class Line:
    """A connection, the bytes that came over it, and the threads in which its steps ran."""

    def __init__(self) -> None:
        self.ours, self.far = socket.socketpair()
        self.ours.setblocking(False)
        self.came: list[bytes] = []
        self.threads: list[str] = []
        self.news = threading.Semaphore(0)
        self.ended = threading.Event()

    def steps(self, after_each: Wait | None = None) -> Iterator[Wait]:
        wait = Data(self.ours)
        with closing(self.ours):
            while True:
                yield wait
                self.note(self.ours.recv(9))
                if not self.came[-1]:
                    break
                if after_each is not None:
                    yield after_each
                    self.note(b"")
            wait.leave()
        self.ended.set()

    def note(self, came: bytes) -> None:
        self.came.append(came)
        self.threads.append(threading.current_thread().name.partition("_")[0])
        self.news.release()

    def say(self, words: bytes, notes: int = 1) -> None:
        self.far.sendall(words)
        for _ in range(notes):
            assert self.news.acquire(timeout=SECONDS)

    def hang_up(self) -> None:
        self.far.close()
        assert self.ended.wait(SECONDS)


def test_one_thread_reads_all_connections(reader: SocketReader) -> None:
    lines = [Line() for _ in range(30)]
    for line in lines:
        reader.run(line.steps())
    for words in (b"one", b"two"):
        for line in lines:
            line.say(words)
    for line in lines:
        line.hang_up()
    assert {name for line in lines for name in line.threads} == {"vendors"}
    assert all(line.came == [b"one", b"two", b""] for line in lines)


def test_a_step_that_blocks_runs_in_another_thread(reader: SocketReader) -> None:
    line = Line()
    reader.run(line.steps(after_each=BLOCKING))
    line.say(b"one", notes=2)
    line.say(b"two", notes=2)
    line.hang_up()
    assert line.came == [b"one", b"", b"two", b"", b""]
    assert line.threads == ["vendors", "blocking", "vendors", "blocking", "vendors"]


def test_a_reply_that_gives_up_its_turn_gets_it_back(reader: SocketReader) -> None:
    line = Line()
    reader.run(line.steps(after_each=TURN))
    line.say(b"one", notes=2)
    line.say(b"two", notes=2)
    line.hang_up()
    assert set(line.threads) == {"vendors"}


def test_others_are_read_between_the_turns_of_a_long_step(reader: SocketReader) -> None:
    other = Line()
    begun, may_end = threading.Event(), threading.Event()

    def long_reply() -> Iterator[Wait]:
        wait = Data(ours)
        yield wait
        begun.set()
        while not may_end.is_set():
            yield TURN
        wait.leave()

    ours, far = socket.socketpair()
    with ours, far:
        reader.run(long_reply())
        reader.run(other.steps())
        far.sendall(b"x")
        assert begun.wait(SECONDS)
        other.say(b"one")
        other.hang_up()
        may_end.set()


def test_a_fault_ends_its_reply_alone(reader: SocketReader, caplog: pytest.LogCaptureFixture) -> None:
    other, broken = Line(), Line()

    def faulty() -> Iterator[Wait]:
        wait = Data(broken.ours)
        with closing(broken.ours):
            yield wait
            wait.leave()
        broken.ended.set()
        raise ValueError("Mine alone")

    reader.run(faulty())
    reader.run(other.steps())
    broken.hang_up()
    other.say(b"one")
    other.hang_up()
    assert "Mine alone" in caplog.text


def test_a_connection_that_cannot_be_watched_gets_a_thread(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(selectors.DefaultSelector):
        def register(self, connection: Any, events: int, data: Any = None) -> selectors.SelectorKey:
            if data is not None:
                raise OSError(errno.ENOSPC, "too many are watched")
            return super().register(connection, events, data)

    monkeypatch.setattr(selectors, "DefaultSelector", Full)
    line = Line()
    SocketReader(pool.submit, nullcontext, lambda _: 0.0).run(line.steps())
    line.say(b"one")
    line.hang_up()
    assert set(line.threads) == {"blocking"}


def test_under_load_one_round_reads_what_came_meanwhile(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line()
    rests: list[float] = []

    def sleep(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 2:  # the first round only takes up the reply
            line.far.sendall(b"two")
            line.far.sendall(b"three")

    monkeypatch.setattr(socket_reader, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: 0.0))
    SocketReader(pool.submit, nullcontext, lambda _: 5.0).run(line.steps())
    line.say(b"one", notes=2)
    line.hang_up()
    assert line.came == [b"one", b"twothree", b""]
    assert set(rests) == {5.0}


def test_a_long_round_is_followed_by_a_pause_as_long(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    line, rests = Line(), list[float]()

    def slow() -> Iterator[Wait]:
        for wait in line.steps():
            threading.Event().wait(0.02)
            yield wait

    monkeypatch.setattr(socket_reader, "time", SimpleNamespace(sleep=rests.append, monotonic=time.monotonic))
    SocketReader(pool.submit, nullcontext, lambda _: 0.0).run(slow())
    line.say(b"one")
    line.hang_up()
    assert rests
    assert max(rests) >= 0.02


def _stream(vendor: FakeVendor) -> Stream:
    address = Address("openai", vendor.openai_url, clocks=Clocks(10, 10, 20))
    return Stream(address, Prompt("m", turns("Hi")), PlainKey(), network=Network(vendor.private_hosts))


def _read_in(
    reader: SocketReader, stream: Stream, heard: Callable[[str], object] = lambda _: None
) -> Callable[[], str]:
    """Read a stream; the function returned waits for its end and gives its text."""
    words: list[str] = []
    ended = threading.Event()

    def steps() -> Iterator[Wait]:
        for step in stream.steps():
            if isinstance(step, Delta):
                words.append(step.text)
                heard(step.text)
            else:
                yield step
        ended.set()

    def text() -> str:
        assert ended.wait(SECONDS)
        return "".join(words)

    reader.run(steps())
    return text


def test_a_stream_is_read_while_its_vendor_speaks_and_its_connection_is_kept(
    wire_vendor: FakeVendor, reader: SocketReader
) -> None:
    gate = threading.Event()
    wire_vendor.play(
        [openai_event(role="assistant"), openai_event("Hel"), gate, openai_stream(["lo"])], [openai_stream(["Ho"])]
    )
    assert _read_in(reader, _stream(wire_vendor), lambda _: gate.set())() == "Hello"
    assert _read_in(reader, _stream(wire_vendor))() == "Ho"
    assert wire_vendor.requests[0].client_port == wire_vendor.requests[1].client_port


def test_a_stream_that_is_stopped_ends_at_once(wire_vendor: FakeVendor, reader: SocketReader) -> None:
    gate, heard = threading.Event(), threading.Event()
    wire_vendor.play([openai_event(role="assistant"), openai_event("Hel"), gate, openai_stream(["lo"])])
    stream = _stream(wire_vendor)
    text = _read_in(reader, stream, lambda _: heard.set())
    assert heard.wait(SECONDS)
    stream.stop()
    assert text() == "Hel"
    assert stream.stopped
    gate.set()
