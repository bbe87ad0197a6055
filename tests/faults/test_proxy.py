"""The network of the fault tests causes each fault as described."""

import socket
import threading
from collections.abc import Iterator
from time import monotonic

import pytest

from tests.faults.proxy import Fault, Proxy

BODY = bytes(range(256)) * 40


@pytest.fixture
def server() -> Iterator[int]:
    """Answer all data with BODY and keep the connection until the other side ends it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(client: socket.socket) -> None:
        with client:
            try:
                while client.recv(100):
                    client.sendall(BODY)
            except OSError:
                pass

    def serve() -> None:
        try:
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()
        except OSError:
            pass

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def proxy(server: int) -> Iterator[Proxy]:
    with Proxy(server) as proxy:
        yield proxy


def dial(proxy: Proxy) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", proxy.port), timeout=5)
    client.sendall(b"hello")
    return client


def hear(client: socket.socket, length: int = len(BODY)) -> bytes:
    """Return `length` bytes, or those that come before the end."""
    heard = b""
    while len(heard) < length and (piece := client.recv(65536)):
        heard += piece
    return heard


def test_nothing_befalls_by_itself(proxy: Proxy) -> None:
    with dial(proxy) as client:
        assert hear(client) == BODY
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    assert proxy.faults == []


def test_latency_and_slices(proxy: Proxy) -> None:
    proxy.latency, proxy.slice = 0.01, 1024
    begun = monotonic()
    with dial(proxy) as client:
        assert hear(client) == BODY
    assert monotonic() - begun > 0.01 * len(BODY) / 1024


@pytest.mark.parametrize("after", [0, 1, 1000])
def test_a_reset_in_the_middle(proxy: Proxy, after: int) -> None:
    proxy.plan = lambda: Fault("reset", after)
    with dial(proxy) as client, pytest.raises(ConnectionResetError):
        hear(client)
    proxy.plan = lambda: None
    with dial(proxy) as client:
        assert hear(client) == BODY
    assert [struck.kind for struck in proxy.faults] == ["reset"]


def test_an_end_in_the_middle(proxy: Proxy) -> None:
    proxy.plan = lambda: Fault("end", 1000)
    with dial(proxy) as client:
        assert hear(client) == BODY[:1000]


def test_half_of_a_connection_closes(proxy: Proxy) -> None:
    proxy.plan = lambda: Fault("half-close", 1000)
    with dial(proxy) as client:
        assert hear(client) == BODY[:1000]
        client.sendall(b"still there")  # no error
        assert client.recv(1) == b""


def test_a_black_hole_swallows_until_it_is_over(proxy: Proxy) -> None:
    proxy.plan = lambda: Fault("black hole", 1000)
    with dial(proxy) as client:
        assert hear(client, 1000) == BODY[:1000]
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.recv(1)
        proxy.mend()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    assert proxy.faults[0].is_over_at is not None


def test_a_way_that_is_closed_opens_when_it_is_mended(proxy: Proxy) -> None:
    with dial(proxy) as client:
        assert hear(client) == BODY
        proxy.strike("refuse")
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with pytest.raises(OSError), dial(proxy) as client:
        assert client.recv(1)
    proxy.mend()
    with dial(proxy) as client:
        assert hear(client) == BODY
