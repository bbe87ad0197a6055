"""Answers of the server itself to what is no request: at once, with security headers, without names or traces."""

import logging
import socket
from urllib.parse import urlsplit

import pytest

from chatsite.logs.masking import WithoutQueryStrings
from chatsite.server.refusals import SECURITY
from chatsite.server.request_bodies import MAX_BODY_BYTES

UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %b\r\n" % (
    b"A" * 22 + b"=="
)
HOST = b"Host: {host}\r\n"
REFUSED = {
    "an old head": (b"GET / HTTP/0.9\r\n" + HOST + b"\r\n", 400),
    "no head at all": (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
    "bare LF": (b"GET / HTTP/1.1\n" + HOST.replace(b"\r", b"") + b"\n", 400),
    "bare LF in the middle": (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\n\n", 400),
    "a header without name": (b"GET / HTTP/1.1\r\n" + HOST + b"nothing\r\n\r\n", 400),
    "a name with a space": (b"GET / HTTP/1.1\r\n" + HOST + b"a b: c\r\n\r\n", 400),
    "a name that is no token": (b"GET / HTTP/1.1\r\n" + HOST + b"a(b: c\r\n\r\n", 400),
    "a value with a vertical tab": (b"GET / HTTP/1.1\r\n" + HOST + b"a: b\x0bc\r\n\r\n", 400),
    "a path that is no text": (b"GET /\x80 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a query that is no text": (b"GET /?\x80 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "too many headers": (b"GET / HTTP/1.1\r\n" + HOST + b"a: b\r\n" * 600 + b"\r\n", 400),
    "a length that is none": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", 400),
    "a length of 5000 digits": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %b\r\n\r\n" % (b"0" * 5000), 400),
    "two lengths": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    "a body that is too long": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1),
        413,
    ),
    "a foreign host": (b"GET / HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.0\r\n\r\n", 400),
    "a handshake without key": (b"GET /ws/ HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\n\r\n", 400),
    "a handshake of an old version": (b"GET /ws/ HTTP/1.1\r\n" + HOST + UPGRADE.replace(b"13", b"7") + b"\r\n", 400),
    "a subprotocol that is no text": (
        b"GET /ws/ HTTP/1.1\r\n" + HOST + UPGRADE + b"Sec-WebSocket-Protocol: \xff\r\n\r\n",
        400,
    ),
    "a handshake of nobody's": (b"GET /ws/ HTTP/1.1\r\n" + HOST + UPGRADE + b"\r\n", 403),
    "a handshake with a foreign host": (
        b"GET /ws/ HTTP/1.1\r\nHost: evil.test\r\n" + UPGRADE + b"Authorization: Bearer x\r\n\r\n",
        403,
    ),
    "an origin that cannot be read": (b"GET /ws/ HTTP/1.1\r\n" + HOST + UPGRADE + b"Origin: http://[\r\n\r\n", 400),
}


def answer(site: str, request: bytes) -> bytes:
    """Return everything until the server ends the connection by itself."""
    place = urlsplit(site)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as raw:
        raw.sendall(request.replace(b"{host}", place.netloc.encode()))
        raw.shutdown(socket.SHUT_WR) if b"too long" in request else None
        found = b""
        while piece := raw.recv(65536):
            found += piece
            if b"\r\n\r\n" in found and b"Connection: close" not in found:
                return found
    return found


def is_bare(head: bytes) -> bool:
    """Return whether an answer has the security headers and names no software."""
    sent = {line.partition(b":")[0].lower() for line in head.split(b"\r\n")[1:]}
    names = (b"daphne", b"twisted", b"autobahn", b"server:")
    return {header.lower() for header, _ in SECURITY} <= sent and not any(name in head.lower() for name in names)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_request_is_refused_at_once_and_without_a_trace(
    site: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    request, status = REFUSED[name]
    head, _, _body = answer(site, request).partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == b"%d" % status
    assert is_bare(head)
    assert [record.name for record in caplog.records if record.levelno >= logging.WARNING] in (
        [],
        ["chatsite.clients.reverse_proxy"],
    )


LINKS = ["/s/", "/join/", "/new-password/", "/account/address/", "/accounts/password/reset/key/"]


@pytest.mark.parametrize(
    "path", ["/", "/ws", "/ws/x", "/" + "x" * 4000, *(f"{link}a-secret-of-a-link/" for link in LINKS)]
)
def test_a_handshake_elsewhere_is_not_found_and_one_short_line(
    site: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    head = answer(site, b"GET %b HTTP/1.1\r\n" % path.encode() + HOST + UPGRADE + b"\r\n")
    assert head.startswith(b"HTTP/1.1 404 Not Found\r\n")
    (record,) = caplog.records
    WithoutQueryStrings().filter(record)
    assert record.exc_info is None
    assert len(record.getMessage()) < 100
    assert "a-secret-of-a-link" not in record.getMessage()


def test_a_failure_beyond_every_page_says_nothing(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr("chatsite.asgi._behind", fail)
    answered = answer(site, b"GET / HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert answered.startswith(b"HTTP/1.1 500 ")
    assert is_bare(answered)
