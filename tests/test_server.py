"""The input that the server accepts or refuses, and its shutdown."""

import signal
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from errno import ENOSPC
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from select import select
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from chatsite.server.protocols import MAX_MESSAGE_BYTES
from chatsite.server.request_bodies import MAX_BODY_BYTES, MAX_UPLOAD_BYTES, UNCOUNTED_BYTES, RequestWithBody
from tests import echoing
from tests.echoing import Running, come

BASE = Path(__file__).resolve().parent.parent


@pytest.fixture
def server(serve_echo: Callable[..., Running]) -> Running:
    """Return a server that the test may end, or whose memory it measures."""
    return serve_echo()


@pytest.fixture(scope="module")
def lasting() -> Iterator[Running]:
    """Yield a server for all tests after which it serves as before."""
    server = echoing.start({})
    yield server
    server.process.kill()
    server.process.communicate()


def post(
    port: int, length: int, chunked: bool, path: str = "/", method: str = "POST", **headers: str
) -> tuple[int, bytes]:
    piece = b"x" * 65536
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    body = (piece[: min(len(piece), length - start)] for start in range(0, length, len(piece)))
    headers |= {} if chunked else {"Content-Length": str(length)}
    connection.request(method, path, body=body, headers=headers, encode_chunked=chunked)
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


UPLOADS = "/api/v1/files"
TOKEN, SESSION = {"Authorization": "Bearer x"}, {"Cookie": "csrftoken=y; sessionid=x"}


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("path", "headers", "limit"),
    [("/", {}, MAX_BODY_BYTES), (UPLOADS, TOKEN, MAX_UPLOAD_BYTES), (f"{UPLOADS}?a=b", SESSION, MAX_UPLOAD_BYTES)],
)
def test_bodies_up_to_the_limit_arrive_and_larger_ones_are_refused(
    lasting: Running, chunked: bool, path: str, headers: dict[str, str], limit: int
) -> None:
    assert post(lasting.port, limit, chunked, path, **headers) == (200, str(limit).encode())
    assert post(lasting.port, limit + 1, chunked, path, **headers) == (413, b"")
    assert post(lasting.port, 3 * limit, chunked, path, **headers) == (413, b"")
    assert post(lasting.port, 5, chunked, path, **headers) == (200, b"5")


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("POST", "/nope", TOKEN | SESSION),
        ("POST", f"{UPLOADS}/", TOKEN | SESSION),
        ("POST", f"/nope?{UPLOADS}", TOKEN | SESSION),
        ("PUT", UPLOADS, TOKEN | SESSION),
        ("POST", UPLOADS, {}),
        ("POST", UPLOADS, {"Cookie": "csrftoken=sessionid"}),
        ("POST", UPLOADS, {"Cookie": "sessionid=made-up"}),
        ("POST", UPLOADS, {"Authorization": "Bearer made-up"}),
        ("POST", UPLOADS, {"Authorization": "Basic x"}),
    ],
)
def test_only_uploads_of_somebody_may_be_long(
    lasting: Running, chunked: bool, method: str, path: str, headers: dict[str, str]
) -> None:
    assert post(lasting.port, MAX_BODY_BYTES + 1, chunked, path, method, **headers) == (413, b"")


def test_all_bodies_together_find_so_much_room_and_small_ones_always(serve_echo: Callable[..., Running]) -> None:
    server = serve_echo(BODIES_LIMIT="1000000")
    length = UNCOUNTED_BYTES + 400_001
    with ExitStack() as ends:
        coming = [ends.enter_context(begun(server, length)) for _ in range(3)]
        for connection in coming:
            connection.sendall(b"x" * (length - 1))
        (refused,), _, _ = select(coming, [], [], 20)
        assert refused.recv(1000).startswith(b"HTTP/1.1 503 ")
        assert post(server.port, UNCOUNTED_BYTES, chunked=False)[0] == 200
        for connection in set(coming) - {refused}:
            connection.sendall(b"x")
            assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
    come(lambda: post(server.port, UNCOUNTED_BYTES + 1_000_000, chunked=False)[0] == 200)


def test_a_body_for_which_the_disk_has_no_room_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[int] = []
    monkeypatch.setattr(RequestWithBody, "_refuse", lambda _, status: refused.append(status))
    monkeypatch.setattr(RequestWithBody, "_find_room", lambda _: True)
    request = RequestWithBody.__new__(RequestWithBody)
    request.content = SimpleNamespace(write=Mock(side_effect=OSError(ENOSPC, "No space left on device")))
    request.handleContentChunk(b"words")
    assert refused == [503]


def test_who_leaves_before_a_body_is_whole_gives_up_its_room(serve_echo: Callable[..., Running]) -> None:
    server = serve_echo(BODIES_LIMIT="100000")
    with begun(server, MAX_BODY_BYTES) as connection:
        connection.sendall(b"x" * (UNCOUNTED_BYTES + 100_000))
        come(lambda: post(server.port, UNCOUNTED_BYTES + 1, chunked=False)[0] == 503)
    come(lambda: post(server.port, UNCOUNTED_BYTES + 100_000, chunked=False)[0] == 200)


def test_a_handshake_has_no_body(lasting: Running) -> None:
    upgrade = {"Upgrade": "WebSocket", "Connection": "Upgrade"}
    assert post(lasting.port, 1, False, "/ws/", "GET", **upgrade) == (413, b"")


def test_a_body_that_does_not_come_is_given_up(serve_echo: Callable[..., Running]) -> None:
    server = serve_echo(PACE_SECONDS="0.1")
    with begun(server, 1000) as connection:
        connection.sendall(b"half")
        with suppress(ConnectionResetError):
            assert connection.recv(1000) == b""
    assert post(server.port, 5, chunked=False) == (200, b"5")


def begun(server: Running, length: int) -> socket.socket:
    """Open a connection and announce a body of that length."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % length)
    return connection


def test_the_server_does_not_name_itself(lasting: Running) -> None:
    connection = HTTPConnection("127.0.0.1", lasting.port, timeout=20)
    connection.request("GET", "/")
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.getheader("Server") is None
    with connect(lasting.socket_address) as socket:
        assert socket.response is not None
        assert "Server" not in socket.response.headers


def test_a_message_of_the_limit_arrives(lasting: Running) -> None:
    with connect(lasting.socket_address) as socket:
        socket.send("a" * MAX_MESSAGE_BYTES)
        assert socket.recv(timeout=20) == str(MAX_MESSAGE_BYTES)


def test_what_we_send_may_be_longer_than_what_we_take(lasting: Running) -> None:
    with connect(lasting.socket_address, max_size=None) as socket:
        socket.send(f"1x{3 * MAX_MESSAGE_BYTES}")
        assert len(socket.recv(timeout=20)) == 3 * MAX_MESSAGE_BYTES


@pytest.mark.parametrize(
    "message",
    ["a" * (MAX_MESSAGE_BYTES + 1), "a" * (2 * MAX_MESSAGE_BYTES), ["a" * (MAX_MESSAGE_BYTES // 2 + 1)] * 2],
    ids=["one byte more", "twice", "in fragments"],
)
def test_a_larger_message_closes_with_1009(lasting: Running, message: str | list[str]) -> None:
    assert close_code(lasting, lambda socket: socket.send(message)) == 1009
    assert lasting.process.poll() is None


def test_c04_who_does_not_read_is_closed_with_4408_and_costs_little(server: Running) -> None:
    with connect(server.socket_address, max_size=None, max_queue=1) as idle, connect(server.socket_address) as other:
        before = resident(server.process.pid)
        for _ in range(20):
            idle.send(f"50x{20_000}")  # 20 MB that nobody reads
            other.send("a")
            assert other.recv(timeout=20) == "1"
        assert resident(server.process.pid) - before < 5_000_000
        assert read_to_the_end(idle) == 4408


def test_a_long_message_is_sent_whatever_its_length(lasting: Running) -> None:
    with connect(lasting.socket_address, max_size=None) as socket:
        socket.send(f"1x{8 * MAX_MESSAGE_BYTES}")
        socket.send(f"9x{MAX_MESSAGE_BYTES // 9}")
        assert len(socket.recv(timeout=20)) == 8 * MAX_MESSAGE_BYTES


def test_who_reads_gets_any_amount(lasting: Running) -> None:
    with connect(lasting.socket_address, max_size=None) as socket:
        for _ in range(50):
            socket.send(f"10x{100_000}")
            assert sum(len(socket.recv(timeout=20)) for _ in range(10)) == 1_000_000


def test_what_a_busy_application_cannot_take_waits_in_the_network(server: Running) -> None:
    before = resident(server.process.pid)
    with connect(server.socket_address) as socket:
        socket.send("hold")
        flood = threading.Thread(target=lambda: [socket.send("a" * MAX_MESSAGE_BYTES) for _ in range(50)])
        flood.start()
        flood.join(0.5)
        assert flood.is_alive(), "all of it was taken in"
        assert resident(server.process.pid) - before < 16_000_000
        assert post(server.port, 1, chunked=False)[0] == 200
        assert [socket.recv(timeout=20) for _ in range(51)] == ["4", *[str(MAX_MESSAGE_BYTES)] * 50]
        flood.join()


def test_only_who_has_read_can_say_so(lasting: Running) -> None:
    with connect(lasting.socket_address, max_size=None, max_queue=1) as liar:
        for _ in range(20):
            liar.pong(b"\0" * 8)
            liar.send(f"5x{100_000}")
            liar.pong()
        assert read_to_the_end(liar) == 4408


def read_to_the_end(socket: ClientConnection) -> int:
    """Return the code with which the server has closed it."""
    with pytest.raises(ConnectionClosed) as closed:
        deque(iter(partial(socket.recv, timeout=20), None), maxlen=0)
    assert closed.value.rcvd, "the server broke the connection without a close frame"
    return closed.value.rcvd.code


def resident(process: int) -> int:
    """Return the bytes of memory that a process holds."""
    listing = subprocess.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, check=True, text=True)
    return int(listing.stdout) * 1024


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_closes_sockets_with_1012_and_ends_the_process(
    serve_echo: Callable[..., Running], stop: signal.Signals
) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests themselves may be run with `nohup`
    try:
        server = serve_echo()
    finally:
        signal.signal(signal.SIGHUP, before)
    assert close_code(server, lambda _: server.process.send_signal(stop)) == 1012
    output, errors = server.process.communicate(timeout=5)
    assert (server.process.returncode, output, errors) == (0, "draining\n", "")


def test_a_server_that_is_to_outlive_its_terminal_does(serve_echo: Callable[..., Running]) -> None:
    """`nohup` starts a server so: the signal of a closing terminal is ignored before it begins."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        server = serve_echo()
    finally:
        signal.signal(signal.SIGHUP, before)
    server.process.send_signal(signal.SIGHUP)
    assert post(server.port, 5, chunked=False) == (200, b"5")
    server.process.terminate()
    assert server.process.communicate(timeout=5) == ("draining\n", "")


def test_a_second_signal_changes_nothing(serve_echo: Callable[..., Running]) -> None:
    server = serve_echo(DRAIN="0.3")
    for stop in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        server.process.send_signal(stop)
    assert server.process.communicate(timeout=5) == ("draining\n", "")
    assert server.process.returncode == 0


def test_a_request_that_is_still_coming_does_not_disturb_the_end(server: Running) -> None:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", "100")
    connection.endheaders(b"half")
    assert post(server.port, 1, chunked=False)[0] == 200
    server.process.terminate()
    assert server.process.communicate(timeout=5)[1] == ""
    assert server.process.returncode == 0
    connection.close()


def test_a_handshake_that_is_refused_for_its_form_leaves_no_trace_in_the_log(server: Running) -> None:
    lines = [
        "GET /ws/ HTTP/1.1",
        "Host: a",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Origin: a",
        "Origin: b",
        "",
        "",
    ]
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        raw.sendall("\r\n".join(lines).encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
        while raw.recv(100):
            pass
    assert post(server.port, 1, chunked=False)[0] == 200
    server.process.terminate()
    assert server.process.communicate(timeout=5)[1] == ""


def test_replies_that_do_not_end_hold_the_process_less_than_five_seconds(serve_echo: Callable[..., Running]) -> None:
    server = serve_echo(DRAIN="60")
    begun = time.monotonic()
    assert close_code(server, lambda _: server.process.terminate()) == 1012
    errors = server.process.communicate(timeout=5)[1]
    assert time.monotonic() - begun < 5
    assert server.process.returncode == 0
    assert "Not everything had ended" in errors


def close_code(server: Running, act: Callable[..., object]) -> int:
    """Return the code with which the server closes a new socket after `act`."""
    with connect(server.socket_address) as socket:
        act(socket)
        return read_to_the_end(socket)
