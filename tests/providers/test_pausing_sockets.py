"""Under load a reader rests before it waits, and then reads everything that has come meanwhile."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from providers.client.stream import Stream
from providers.transport import sockets
from providers.transport.network import Network
from providers.transport.sockets import PausingSocket
from providers.types import Address, Clocks, Prompt
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import PlainKey, said
from tests.providers.reading import turns
from tests.vendor_replies import openai_event, openai_stream

Rests = list[float]


@pytest.fixture
def pair() -> Iterator[tuple[PausingSocket, socket.socket]]:
    near, far = socket.socketpair()
    with PausingSocket(near.family, near.type, near.proto, near.detach()) as ours, far:
        yield ours, far


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> Rests:
    """Record every pause; the time itself stands still."""
    taken: Rests = []
    monkeypatch.setattr(sockets.time, "sleep", taken.append)
    return taken


def test_it_rests_only_while_nothing_has_come(pair: tuple[PausingSocket, socket.socket], rests: Rests) -> None:
    ours, far = pair
    ours.settimeout(0.05)
    load = iter([0.05, 0.05, 0.05, 0.0])
    ours.pause = lambda: next(load)  # type: ignore[method-assign]
    far.sendall(b"one")
    assert ours.recv_into(bytearray(9)) == 3
    assert rests == []
    with pytest.raises(TimeoutError):
        ours.recv_into(bytearray(9))
    assert rests == [0.05, 0.05]


def test_it_reads_at_once_what_came_while_it_rested(
    pair: tuple[PausingSocket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, far = pair
    ours.settimeout(0.05)
    ours.pause = lambda: 0.05  # type: ignore[method-assign]
    monkeypatch.setattr(sockets.time, "sleep", lambda _: (far.sendall(b"one"), far.sendall(b"two")))
    assert ours.recv_into(bytearray(9)) == 6


def test_without_load_it_does_not_rest(pair: tuple[PausingSocket, socket.socket], rests: Rests) -> None:
    ours, _ = pair
    ours.settimeout(0.05)
    with pytest.raises(TimeoutError):
        ours.recv_into(bytearray(9))
    assert rests == []


def _stream(vendor: FakeVendor, pause: Callable[[], float]) -> Stream:
    address = Address("openai", vendor.openai_url, clocks=Clocks(10, 10, 20))
    return Stream(address, Prompt("m", turns("Hi")), PlainKey(), network=Network(vendor.private_hosts), pause=pause)


def test_the_first_word_is_not_kept_waiting_and_a_connection_forgets(wire_vendor: FakeVendor, rests: Rests) -> None:
    """Nobody rests before the first word, nor in the next call on the same connection, which may have no load."""
    gate = threading.Event()
    begin = [b": hello\n\n", openai_event(role="assistant"), openai_event("Hel")]
    wire_vendor.play([*begin, gate, openai_stream(["lo"])])
    words = []
    with _stream(wire_vendor, lambda: 0.05) as stream:
        for delta in stream:
            words.append(delta.text)
            assert gate.is_set() or not rests
            gate.set()
    assert "".join(words) == "Hello"
    assert set(rests) == {0.05}
    rests.clear()
    assert said(_stream(wire_vendor, lambda: 0.0)) == "You said: Hi."
    assert rests == []
    assert wire_vendor.requests[0].client_port == wire_vendor.requests[1].client_port
