"""Vendors that close a kept connection, against real servers: such a call is made once more, and never twice."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Self

import pytest

from providers.endpoints.detection import detect
from providers.errors import VendorError
from providers.transport import connections
from providers.transport.network import Network
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import Ask, PlainKey
from tests.providers.dialects import code_of, hear
from tests.vendor_replies import Act, Step, bare, close, event, openai_stream, reset

ANSWER = event({"choices": [{"delta": {"content": "hello"}}]}) + event({"choices": [{"finish_reason": "stop"}]})
STREAM = ANSWER + b"data: [DONE]\n\n"
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nKeep-Alive: timeout=5\r\n\r\n"
)
WHOLE = HEAD + b"%x\r\n%s\r\n0\r\n\r\n" % (len(STREAM), STREAM)


class ClosingServer:
    """A server that promises to keep connections, and closes each behind its stream.

    `behind` is called with the connection once the stream is out: it decides when the end comes.
    """

    def __init__(self, behind: Callable[[socket.socket], object]) -> None:
        self.answered = 0
        self._behind = behind
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as asked:
            length = 0
            while (line := asked.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            if not asked.read(length):
                return
            connection.sendall(WHOLE)
            self.answered += 1
            self._behind(connection)


def at_once(_: socket.socket) -> None:
    """Close at once: the client may see it before its next call, or in the middle of it."""


def before_the_next_answer(connection: socket.socket) -> None:
    """Close when the next request arrives."""
    connection.recv(1)


@pytest.mark.parametrize("behind", [at_once, before_the_next_answer])
def test_a_form_is_detected_at_a_server_that_closes_behind_each_stream(
    behind: Callable[[socket.socket], object],
) -> None:
    with ClosingServer(behind) as server:
        for _ in range(20):
            found = detect(f"http://{server.host}/v1", PlainKey(), "parrot", Network(frozenset({server.host})))
            assert found.findings is not None
            assert (found.findings.wire, found.findings.streaming) == ("openai", True)
            assert [tried.works for tried in found.tries] == [True] * len(found.tries)


@pytest.fixture
def kept(wire_vendor: FakeVendor, ask: Ask) -> FakeVendor:
    """Return the vendor after one call, whose connection is kept."""
    wire_vendor.play([openai_stream(["One"])])
    assert hear(ask()) == ("One", None)
    return wire_vendor


@pytest.mark.parametrize("end", [close, reset])
def test_a_call_on_a_kept_connection_is_made_once_more(kept: FakeVendor, ask: Ask, end: Act) -> None:
    kept.play([bare, end], [openai_stream(["Two"])])
    assert hear(ask()) == ("Two", None)
    first, again, fresh = kept.requests
    assert first.client_port == again.client_port != fresh.client_port
    assert again.body == fresh.body


def test_it_is_made_once_more_only(kept: FakeVendor, ask: Ask) -> None:
    kept.play([bare, close], [bare, close], [openai_stream(["Two"])])
    assert code_of(hear(ask())[1]) == "vendor_down"
    assert len(kept.requests) == 3


def test_it_does_not_use_another_kept_connection(wire_vendor: FakeVendor, ask: Ask) -> None:
    scripts: list[list[Step]] = [[openai_stream(["One"]), wire_vendor.gate] for _ in range(3)]
    wire_vendor.play(*scripts)
    with ExitStack() as all_open:
        replies = [iter(all_open.enter_context(ask())) for _ in scripts]
        begun = [next(reply) for reply in replies]
        wire_vendor.gate.set()
        assert [delta.text for reply in replies for delta in reply] == []
    assert [delta.text for delta in begun] == ["One"] * 3
    wire_vendor.play([bare, close], [openai_stream(["Two"])])
    assert hear(ask()) == ("Two", None)
    *kept, again, fresh = (request.client_port for request in wire_vendor.requests)
    assert len(set(kept)) == 3
    assert again in kept
    assert fresh not in kept


@pytest.mark.parametrize("begun", [b"H", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"])
@pytest.mark.parametrize("end", [close, reset])
def test_a_call_is_not_made_again_once_a_byte_has_come(kept: FakeVendor, ask: Ask, begun: bytes, end: Act) -> None:
    kept.play([bare, begun, end])
    with pytest.raises(VendorError):
        list(ask())
    assert len(kept.requests) == 2


def test_a_call_on_a_fresh_connection_is_not_made_again(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play([bare, close])
    assert code_of(hear(ask())[1]) == "vendor_down"
    assert len(wire_vendor.requests) == 1


def test_more_connections_than_are_kept_are_closed_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    kept = connections._Plain("127.0.0.1", maxsize=1)
    assert kept.pool is not None
    kept.pool.get(block=False)  # urllib3 fills it with empty places
    sockets = []
    for _ in range(2):
        connection = kept.ConnectionCls("127.0.0.1")
        connection.sock, far = socket.socketpair()
        far.close()
        sockets.append(connection.sock)
        kept._put_conn(connection)
    assert [one.fileno() == -1 for one in sockets] == [False, True]
    assert not caplog.records
    kept.close()
