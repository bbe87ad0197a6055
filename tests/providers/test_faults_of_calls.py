"""Faults V01–V08, V17, V18, V25, V27 and V29: failed calls, on every wire.

Other code decides how long to wait, whether to retry, and with which key. Here each fault becomes its own error, after
exactly one call.
"""

from __future__ import annotations

import gzip
import json
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from providers.client.stream import Stream
from providers.transport import dialing
from providers.transport.network import Network
from providers.types import Address, Clocks, Prompt
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import SECRET, Ask, PlainKey
from tests.providers.dialects import WIRES, Dialect, code_of, each_dialect, hear
from tests.providers.reading import turns
from tests.vendor_replies import Received, Step, bare, event, hold, raw

each_wire = pytest.mark.parametrize("wire", WIRES)


def at(wire: str, url: str, private_hosts: frozenset[str] = frozenset()) -> Stream:
    """Return a stream to any address."""
    address = Address(wire, url, clocks=Clocks(10, 10, 20))  # type: ignore[arg-type]
    return Stream(address, Prompt("m", turns("Hi")), PlainKey(), network=Network(private_hosts))


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Run a bare server that gives the first connection to `answer`; yield its host and port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join()


@each_wire
def test_v01_nobody_is_there(wire: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: refused
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        _, error = hear(at(wire, f"http://{host}", frozenset({host})))
    assert error
    assert (error.code, error.retriable) == ("vendor_down", True)
    never = threading.Event()
    monkeypatch.setattr(dialing, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: never.wait(10) and [])
    assert code_of(hear(at(wire, "https://vendor.example"))[1]) == "vendor_down"
    never.set()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: (_ for _ in ()).throw(socket.gaierror()))
    assert code_of(hear(at(wire, "https://vendor.example"))[1]) == "vendor_down"


# A ServerHello of TLS 1.0.
OLD_TLS = b"\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01" + b"\x00" * 32 + b"\x00\x00\x2f\x00"


@each_wire
@pytest.mark.parametrize("hello", [OLD_TLS, b"HTTP/1.1 200 OK\r\n\r\n", b""], ids=["TLS 1.0", "no TLS", "hangs up"])
def test_v02_a_handshake_that_fails(wire: str, hello: bytes) -> None:
    """The faults of certificates are in test_transport."""

    def answer(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(hello)

    with answering(answer) as host:
        _, error = hear(at(wire, f"https://{host}", frozenset({host})))
    assert code_of(error) == "vendor_down"


@each_wire
@pytest.mark.parametrize("status", [401, 403])
def test_v03_a_refused_key(wire_vendor: FakeVendor, ask: Ask, wire: str, status: int) -> None:
    wire_vendor.play([status, b'{"error": {"message": "no", "code": %d}}' % status])
    _, error = hear(ask(wire=wire))
    assert error
    assert (error.code, error.retriable, error.vendor_fault) == ("key_refused", False, False)
    assert len(wire_vendor.requests) == 1


TOO_LONG = b'{"error": {"message": "This model\'s maximum context length is 4096 tokens", "code": null}}'


@each_wire
@pytest.mark.parametrize(
    ("status", "body", "code"),
    [(404, b"", "model_not_found"), (400, TOO_LONG, "context_too_long"), (413, b"", "context_too_long"),
     (422, b'{"detail": "no"}', "bad_request")],
)  # fmt: skip
def test_v04_a_refused_question(
    wire_vendor: FakeVendor, ask: Ask, wire: str, status: int, body: bytes, code: str
) -> None:
    wire_vendor.play([status, body])
    _, error = hear(ask(wire=wire))
    assert error
    assert (error.code, error.retriable) == (code, False)
    assert len(wire_vendor.requests) == 1


IN_A_MINUTE = "in a minute"


@each_wire
@pytest.mark.parametrize(
    ("after", "least", "most"), [("2", 2, 2), (IN_A_MINUTE, 1, 60), ("0", 0, 0), ("-5", 0, 0), ("1e9", 1e9, 1e9)]
)
def test_v05_a_wait(wire_vendor: FakeVendor, ask: Ask, wire: str, after: str, least: float, most: float) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    wire_vendor.play([429, {"Retry-After": date if after == IN_A_MINUTE else after}, b""])
    _, error = hear(ask(wire=wire))
    assert error
    assert error.code == "rate_limited"
    assert error.retry_after is not None
    assert least <= error.retry_after <= most


@each_wire
@pytest.mark.parametrize("headers", [{"Retry-After": "soon"}, {}])
def test_v05_no_wait_that_can_be_read(wire_vendor: FakeVendor, ask: Ask, wire: str, headers: dict[str, str]) -> None:
    wire_vendor.play([429, headers, b""])
    _, error = hear(ask(wire=wire))
    assert error
    assert (error.code, error.retry_after) == ("rate_limited", None)


@each_wire
def test_v06_many_at_once(wire_vendor: FakeVendor, ask: Ask, wire: str, soak: bool) -> None:
    count = 200 if soak else 20
    wire_vendor.script = lambda request: [429, {"Retry-After": "7"}, b""]
    with ThreadPoolExecutor(count) as pool:
        errors = [error for _, error in pool.map(hear, [ask(wire=wire) for _ in range(count)])]
    assert [error and error.retry_after for error in errors] == [7.0] * count
    assert len(wire_vendor.requests) == count


@each_wire
@pytest.mark.parametrize("status", [500, 502, 503, 529])
def test_v07_a_broken_vendor(wire_vendor: FakeVendor, ask: Ask, wire: str, status: int) -> None:
    wire_vendor.play([status, b"<html>oh</html>"])
    _, error = hear(ask(wire=wire))
    assert error
    assert (error.code, error.retriable, error.vendor_fault) == ("vendor_down", True, True)
    assert len(wire_vendor.requests) == 1


def dripping(body: bytes, seconds: float, *first: Step) -> Iterator[Step]:
    """Yield the steps that send `body` byte by byte."""
    yield from first
    for at in range(len(body)):
        pause = threading.Event()
        threading.Timer(seconds, pause.set).start()
        yield pause
        yield body[at : at + 1]


@each_wire
@pytest.mark.parametrize("script", ["headers drip", "nothing"])
def test_v08_no_answer(wire_vendor: FakeVendor, ask: Ask, wire: str, script: str) -> None:
    wire_vendor.script = lambda request: (  # type: ignore[assignment,return-value]
        dripping(b"HTTP/1.1 200 OK\r\n" * 10, 0.05, bare) if script == "headers drip" else [bare, hold]
    )
    assert code_of(hear(ask(wire=wire, clocks=Clocks(0.4, 10, 20)))[1]) == "vendor_timeout"
    assert wire_vendor.next_request().hung_up.wait(2)


def twice(body: bytes) -> bytes:
    """Compress the body twice."""
    return gzip.compress(gzip.compress(body))


def unknown(body: bytes) -> bytes:
    """Return bytes that begin as a text compressed by Zstandard does."""
    return b"\x28\xb5\x2f\xfd" + gzip.compress(body)


@each_dialect
@pytest.mark.parametrize(
    ("encoding", "pack", "code"),
    [("gzip", gzip.compress, None), ("deflate", zlib.compress, None), ("gzip, gzip", twice, "bad_reply"),
     ("br", unknown, "bad_reply"), ("zstd", unknown, "bad_reply"), ("br", bytes, None), ("gzip", bytes, None),
     ("utf-8", bytes, None), ("none", bytes, None)],
)  # fmt: skip
def test_v17_compression_nobody_asked_for(
    wire_vendor: FakeVendor, ask: Ask, dialect: Dialect, encoding: str, pack: Any, code: str | None
) -> None:
    wire_vendor.play([{"Content-Encoding": encoding}, pack(dialect.stream("Hi"))])
    text, error = hear(ask(wire=dialect.wire, **dialect.fields))
    assert (text, code_of(error)) == ("" if code else "Hi", code)
    assert wire_vendor.requests[0].headers["Accept-Encoding"] == "identity"


@each_wire
@pytest.mark.parametrize(("status", "code"), [(200, "bad_reply"), (500, "vendor_down"), (302, "bad_reply")])
def test_v17_a_bomb(wire_vendor: FakeVendor, ask: Ask, wire: str, status: int, code: str) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    bomb = b"".join(packer.compress(b" " * 1_000_000) for _ in range(60)) + packer.flush()
    wire_vendor.play([status, {"Content-Encoding": "gzip", "Location": "https://x.example"}, bomb])
    assert code_of(hear(ask(wire=wire))[1]) == code


@each_wire
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_v18_redirects(wire_vendor: FakeVendor, ask: Ask, wire: str, status: int) -> None:
    with FakeVendor() as other:
        places = [f"http://{other.host}/", "http://169.254.169.254/latest/", f"http://{wire_vendor.host}/v1"]
        wire_vendor.play(*[[status, {"Location": place}, b""] for place in places])
        assert [code_of(hear(ask(wire=wire))[1]) for _ in places] == ["bad_reply"] * len(places)
        assert other.requests == []
    assert len(wire_vendor.requests) == len(places)


ODD_HEADS: list[list[Step]] = [
    [bare, b"HTTP/1.1 200 OK\r\n", *[b"X: " + b"a" * 65_000 + b"\r\n"] * 150],
    [bare, b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 10_000 + b"\r\n"],
    [bare, b"HTTP/1.1 2x0 OK\r\n\r\n"],
    [bare, b"just text, as HTTP/0.9 had it"],
    [bare, b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000],
]


@each_wire
@pytest.mark.parametrize("script", ODD_HEADS, ids=["10 MB", "10,000 lines", "odd status", "HTTP/0.9", "1xx flood"])
def test_v25_odd_heads(wire_vendor: FakeVendor, ask: Ask, wire: str, script: list[Step]) -> None:
    wire_vendor.play(script)
    assert code_of(hear(ask(wire=wire, clocks=Clocks(5, 5, 5)))[1]) in ("vendor_down", "vendor_timeout", "cut_off")


@each_dialect
def test_v25_cookies_and_trailers(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect) -> None:
    body = dialect.stream("Hi")
    trailer = b"%x\r\n%s\r\n0\r\nX-Late: 1\r\nSet-Cookie: b=2\r\n\r\n" % (len(body), body)
    wire_vendor.play([raw, {"Transfer-Encoding": "chunked", "Set-Cookie": "a=1"}, trailer], [dialect.stream("Ho")])
    assert [hear(ask(wire=dialect.wire, **dialect.fields)) for _ in range(2)] == [("Hi", None), ("Ho", None)]
    assert "Cookie" not in wire_vendor.requests[1].headers


@each_wire
def test_v27_the_key_is_echoed(wire_vendor: FakeVendor, ask: Ask, wire: str) -> None:
    told = {"error": {"message": f"bad: Authorization: Bearer {SECRET}", "headers": {"x-goog-api-key": SECRET}}}
    wire_vendor.play([400, json.dumps(told).encode()], [event(told)])
    for _ in range(2):
        _, error = hear(ask(wire=wire))
        assert error
        assert SECRET not in f"{error.text} {error!r} {vars(error)}"
        assert "••••" + SECRET[-4:] in error.text


@each_wire
def test_v27_an_error_is_fit_to_be_stored(wire_vendor: FakeVendor, ask: Ask, wire: str) -> None:
    wire_vendor.play([400, b'{"error": {"message": "half \\ud83d and nul \\u0000"}}'])
    _, error = hear(ask(wire=wire))
    assert error
    assert error.text.endswith("half \ufffd and nul \ufffd")


@each_dialect
def test_v27_the_key_is_echoed_in_the_answer(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect) -> None:
    wire_vendor.play([dialect.stream("Yours is ", SECRET[:7], SECRET[7:], " I think")])
    text, _ = hear(ask(wire=dialect.wire, **dialect.fields))
    assert text == f"Yours is ••••{SECRET[-4:]} I think"


@each_dialect
def test_v29_the_vendor_dies_and_keys_change(dialect: Dialect) -> None:
    with FakeVendor() as vendor:
        base_url = vendor.gemini_url if dialect.wire == "gemini" else vendor.openai_url
        address = Address(dialect.wire, base_url, clocks=Clocks(10, 10, 20), **dialect.fields)  # type: ignore[arg-type]

        def stream(secret: str) -> Stream:
            return Stream(address, Prompt("m", turns("Hi")), PlainKey(secret), network=Network(vendor.private_hosts))

        def answer(request: Received) -> list[Step]:
            return [raw, dialect.start + dialect.piece("a"), vendor.gate, dialect.piece("b") + dialect.end()]

        vendor.script = answer
        with stream("sk-the-old-key") as running:
            deltas = iter(running)
            first = next(deltas).text
            vendor.gate.set()
            assert first + "".join(delta.text for delta in deltas) == "ab"
        assert hear(stream("sk-the-new-key")) == ("ab", None)
        assert [request.headers["Authorization"][-3:] for request in vendor.requests] == ["key"] * 2
        assert vendor.requests[0].headers["Authorization"] != vendor.requests[1].headers["Authorization"]
    assert code_of(hear(stream("sk-the-new-key"))[1]) == "vendor_down"
