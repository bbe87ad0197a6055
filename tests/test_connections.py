"""The limits of one address: connections, running requests, and answers that it does not read."""

import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from chatsite.clients.connections import NOBODY, Connections
from chatsite.server.memory_share import MemoryShare
from tests.echoing import Running, come

GET = b"GET / HTTP/1.1\r\nHost: a\r\n%b\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: %b\r\nContent-Length: 9\r\n\r\n"
NO_PROXY = {"CHATSITE_TRUSTED_PROXIES": "none"}
Serve = Callable[..., Running]


def opened(server: Running, source: str = "127.0.0.2", room: int = 0) -> socket.socket:
    """Connect from an address, with so little room for what comes."""
    line = socket.socket()
    line.settimeout(20)
    if room:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    line.bind((source, 0))
    line.connect(("127.0.0.1", server.port))
    return line


def status(line: socket.socket, asked: bytes = GET % b"") -> int:
    """Ask over this connection; 0 where it ends without an answer."""
    with suppress(OSError):
        line.sendall(asked)
        answer = line.recv(1000)
        return int(answer.split(b" ", 2)[1]) if answer else 0
    return 0


def one_more(server: Running, source: str) -> int:
    with opened(server, source) as line:
        return status(line)


def test_an_address_holds_so_many_connections_and_others_hold_theirs(serve_echo: Serve) -> None:
    server = serve_echo(MOST="5", **NO_PROXY)
    with ExitStack() as ends:
        lines = [ends.enter_context(opened(server)) for _ in range(5)]
        assert [status(line) for line in lines] == [200] * 5
        assert one_more(server, "127.0.0.2") == 0
        assert one_more(server, "127.0.0.3") == 200
        assert [status(line) for line in lines] == [200] * 5
        lines[0].close()
        come(lambda: one_more(server, "127.0.0.2") == 200)


def test_websockets_are_connections_too(serve_echo: Serve) -> None:
    server = serve_echo(MOST="3", **NO_PROXY)
    with ExitStack() as ends:
        sockets = [ends.enter_context(connect(server.socket_address)) for _ in range(3)]
        with pytest.raises((InvalidHandshake, ConnectionClosed, OSError)):
            connect(server.socket_address)
        assert one_more(server, "127.0.0.3") == 200
        sockets[0].close()
        come(lambda: one_more(server, "127.0.0.1") == 200)


def test_a_trusted_proxys_connections_are_those_whose_requests_they_carry(serve_echo: Serve) -> None:
    server = serve_echo(MOST="3")
    with ExitStack() as ends:
        lines = [ends.enter_context(opened(server)) for _ in range(10)]
        assert [status(line) for line in lines] == [200] * 10
        for line in lines[:3]:
            line.sendall(POST % b"203.0.113.7")
        come(lambda: status(ends.enter_context(opened(server)), POST % b"203.0.113.7") == 503)
        assert status(lines[4], POST % b"203.0.113.8" + b"123456789") == 200
        for line in lines[:3]:
            assert status(line, b"123456789") == 200
        assert status(lines[5], POST % b"203.0.113.7" + b"123456789") == 200


@pytest.mark.parametrize("earlier", [0, 1], ids=["the first request", "the second request"])
def test_a_head_has_so_long_in_all_however_it_trickles(serve_echo: Serve, earlier: int) -> None:
    server = serve_echo(HEAD_SECONDS="0.5")
    with opened(server) as line:
        for _ in range(earlier):
            assert status(line) == 200
        line.sendall(b"GET / HTTP/1.1\r\n")
        line.settimeout(0.05)
        with suppress(OSError):
            while not _has_ended(line):
                line.sendall(b"X-A: b\r\n")
        line.settimeout(20)
        assert _has_ended(line)
    assert one_more(server, "127.0.0.3") == 200


def test_who_reads_nothing_is_sent_no_more_than_fits_on_the_way_and_is_given_up(serve_echo: Serve) -> None:
    server = serve_echo(STALL_SECONDS="3")
    with opened(server, room=4096) as line:
        line.sendall(b"GET /pieces/2000 HTTP/1.1\r\nHost: a\r\n\r\n")
        come(lambda: 0 < _sent(server) == _sent(server))
        assert _sent(server) < 200
        come(lambda: _has_ended_meanwhile(line))


def test_who_does_not_take_the_end_of_an_answer_is_given_up_too(serve_echo: Serve) -> None:
    server = serve_echo(STALL_SECONDS="0.3", MOST="1", **NO_PROXY)
    with opened(server, room=4096) as line:
        line.sendall(b"GET /pieces/40 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        come(lambda: one_more(server, "127.0.0.2") == 200)


def test_who_reads_slowly_gets_all(serve_echo: Serve) -> None:
    server = serve_echo(STALL_SECONDS="5")
    with opened(server, room=4096) as line:
        line.sendall(b"GET /pieces/100 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        received = sum(len(piece) for piece in iter(lambda: line.recv(65536), b""))
    assert received > 100 * 65536
    assert _sent(server) == 100


def _sent(server: Running) -> int:
    with opened(server, "127.0.0.3") as line:
        line.sendall(b"GET /sent HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return int(b"".join(iter(lambda: line.recv(1000), b"")).split(b"\r\n\r\n")[1].split(b"\r\n")[1])


def _has_ended(line: socket.socket) -> bool:
    with suppress(TimeoutError):
        return line.recv(1000) == b""
    return False


def _has_ended_meanwhile(line: socket.socket) -> bool:
    """Return whether the server has hung up, without reading what it sent before."""
    return bool(line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)) or _state(line) in (0, 7, 8)


def _state(line: socket.socket) -> int:
    """Return the kernel's number for a connection's state: 1 is established, 7 closed, 8 closed by the peer."""
    return line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]


def test_a_connection_is_counted_for_one_at_a_time() -> None:
    some = Connections(1000)
    lines = [object() for _ in range(101)]
    for line in lines[:100]:
        assert some.has_room("a")
        some.open(line, "a")
    assert not some.has_room("a")
    assert some.give(lines[0], "b")
    assert some.has_room("a")
    some.open(lines[100], "a")
    assert not some.give(lines[0], "a"), "it stays with its owner"
    some.close(lines[1])
    assert some.give(lines[0], "a")
    assert some.give(lines[0], NOBODY)
    assert some.give(object(), "a"), "one that was never taken in counts for nobody"


def test_all_connections_together_are_bounded() -> None:
    some = Connections(2)
    some.open("one", NOBODY)
    some.open("two", "a")
    assert not some.has_room("b")
    some.close("one")
    some.close("one")
    assert some.has_room("b")
    some.open("three", "b")
    assert not some.has_room(NOBODY)


def test_nobody_takes_more_room_than_a_share() -> None:
    room = MemoryShare(100)
    assert room.reserve("a", 40, share=50)
    assert not room.reserve("a", 11, share=50)
    assert room.reserve("b", 50, share=50)
    assert not room.reserve("c", 11, share=50), "all together"
    assert room.reserve("c", 0, share=0), "nothing always fits"
    assert room.reserve("d", 10, share=5), "the first of theirs"
    room.give_back("d", 10)
    room.give_back("a", 40)
    assert room.reserve("c", 50, share=50)
