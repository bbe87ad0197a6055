"""Faults before there is a reply, and where a key may never show up."""

from __future__ import annotations

import json
import os
import socket
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from providers import errors
from providers.client.stream import Stream
from providers.errors import KeyRefused, VendorError
from providers.transport import dialing
from providers.transport.call import MAX_ERROR_BODY_BYTES
from providers.transport.network import Network
from providers.types import Address, Clocks, Prompt
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import SECRET, Ask, PlainKey, said
from tests.providers.reading import turns
from tests.vendor_replies import Received, bare, close, hold, openai_event, openai_stream


def failure(stream: Stream) -> VendorError:
    """Return the error that ends a stream, after a check that neither it nor its trace holds the key."""
    with pytest.raises(VendorError) as raised:
        said(stream)
    trace = "".join(traceback.format_exception(raised.value)) + repr(vars(raised.value))
    assert SECRET not in trace
    assert SECRET[:12] not in raised.value.text
    return raised.value


def at(url: str, private_hosts: frozenset[str] = frozenset(), **fields: object) -> Stream:
    """Return a stream to any address."""
    address = Address("openai", url, clocks=Clocks(10, 10, 20), **fields)  # type: ignore[arg-type]
    return Stream(address, Prompt("m", turns("Hi")), PlainKey(), network=Network(private_hosts))


@pytest.mark.parametrize("placement", ["query", "bearer", "authorization", "header-goog"])
def test_a_closed_port(placement: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: refused
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        error = failure(at(f"http://{host}/v1", frozenset({host}), key_placement=placement))
    assert (error.code, error.retriable) == ("vendor_down", True)


def test_an_unknown_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: (_ for _ in ()).throw(socket.gaierror()))
    assert failure(at("https://vendor.example/v1")).code == "vendor_down"


def test_a_look_up_that_hangs_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, never = threading.Event(), threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        asked.set()
        never.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    stream = at("https://vendor.example/v1")
    thread = threading.Thread(target=lambda: asked.wait(10) and stream.stop())
    thread.start()
    assert said(stream) == ""
    assert stream.stopped
    never.set()
    thread.join()


def test_a_look_up_that_hangs_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: never.wait(10) and [])
    monkeypatch.setattr(dialing, "CONNECT_SECONDS", 0.2)
    assert failure(at("https://vendor.example/v1")).code == "vendor_down"
    never.set()


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::ffff:7f00:1", "64:ff9b::7f00:1"])
def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))
    inside = (family, socket.SOCK_STREAM, 6, "", (address, 443))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [public, inside])
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it connected"))
    error = failure(at("https://vendor.example/v1"))
    assert (error.code, error.retriable, error.vendor_fault) == ("vendor_down", False, False)


def test_the_judged_address_is_the_one_called(monkeypatch: pytest.MonkeyPatch, wire_vendor: FakeVendor) -> None:
    asked = []
    port = int(wire_vendor.host.partition(":")[2])

    def once(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", once)
    assert said(at(f"http://vendor.example:{port}/v1", frozenset({f"vendor.example:{port}"}))) == "You said: Hi."
    assert asked == ["vendor.example"]
    assert wire_vendor.requests[0].headers["Host"] == f"vendor.example:{port}"


def test_loopback_is_refused_unless_listed(wire_vendor: FakeVendor) -> None:
    error = failure(at(wire_vendor.openai_url))
    assert "CHATSITE_PRIVATE_HOSTS" in error.text
    assert wire_vendor.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(wire_vendor: FakeVendor, ask: Ask, status: int) -> None:
    with FakeVendor() as elsewhere:
        wire_vendor.play([status, {"Location": f"http://{elsewhere.host}/v1?key={SECRET}"}, b""])
        for placement in ("query", "header-goog"):
            wire_vendor.play([status, {"Location": f"http://{elsewhere.host}/v1?key={SECRET}"}, b""])
            assert failure(ask(key_placement=placement)).code == "bad_reply"
        assert elsewhere.requests == []


def test_the_environment_has_no_say(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wire_vendor: FakeVendor, ask: Ask
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login thief password thief\n")
    with FakeVendor() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://{proxy.host}")
        monkeypatch.setenv("NETRC", str(netrc))
        assert said(ask()) == "You said: Hi."
        assert proxy.requests == []
    assert wire_vendor.requests[0].headers["Authorization"] == f"Bearer {SECRET}"


def test_cookies_are_not_sent_back(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play([{"Set-Cookie": "a=b; Path=/"}, openai_stream(["Hi"])])
    assert said(ask()) == "Hi"
    said(ask())
    assert "Cookie" not in wire_vendor.requests[1].headers


@pytest.mark.parametrize(
    "script",
    [
        [bare, close],
        [bare, b"nonsense\r\n\r\n"],
        [bare, b"HTTP/1.1 abc\r\n\r\n"],
        [bare, b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n"],
        [bare, b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 1000 + b"\r\n"],
    ],
    ids=["nothing", "no status", "odd status", "long header", "many headers"],
)
def test_what_is_hardly_http(wire_vendor: FakeVendor, ask: Ask, script: list[object]) -> None:
    wire_vendor.play(script)  # type: ignore[arg-type]
    assert failure(ask()).code == "vendor_down"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<!doctype html><title>Log in</title>", "bad_reply"),
        (b"Internal Server Error", "bad_reply"),
        (b"", "bad_reply"),
        (b": only\n\n: comments\n\n", "bad_reply"),
        (b'{"error": {"message": "bad key", "code": "invalid_api_key"}}', "key_refused"),
        (b'{"success": false, "message": "Invalid token"}', "key_refused"),
        (b'{"object": "list", "data": []}', "bad_reply"),
        (b"data: {x\n\ndata: {y\n\ndata: {z\n\n", "bad_reply"),
        (b"data: {x\n\n", "bad_reply"),
        (b"data: x\n\ndata: y\n\ndata: z\n\n", "cut_off"),
    ],
)
def test_status_200_but_no_reply(wire_vendor: FakeVendor, ask: Ask, body: bytes, code: str) -> None:
    wire_vendor.script = lambda _: [{"Content-Type": "text/html"}, body]
    error = failure(ask())
    assert error.code == code
    assert "<" not in error.text


@pytest.mark.parametrize(
    ("status", "headers", "code", "wait"),
    [
        (401, {}, "key_refused", None),
        (404, {}, "model_not_found", None),
        (429, {"Retry-After": "7"}, "rate_limited", 7.0),
        (503, {"Content-Type": "text/event-stream"}, "vendor_down", None),
    ],
)
def test_error_statuses(
    wire_vendor: FakeVendor, ask: Ask, status: int, headers: dict[str, str], code: str, wait: float | None
) -> None:
    wire_vendor.play([status, headers, b'{"error": {"message": "because"}}'])
    error = failure(ask())
    assert (error.code, error.retry_after) == (code, wait)
    assert "because" in error.text


def test_an_endless_error_body_is_not_read_on(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play([500, *[b"x" * 65536] * 200])
    assert failure(ask()).code == "vendor_down"


# Keys


def test_a_key_in_an_error_is_masked(wire_vendor: FakeVendor, ask: Ask) -> None:
    told = json.dumps({"error": {"message": f"Bad request: Authorization: Bearer {SECRET}"}}).encode()
    wire_vendor.play([400, told], [openai_event("x"), b"data: " + told + b"\n\n"])
    for _ in range(2):
        error = failure(ask())
        assert "••••" + SECRET[-4:] in error.text


@pytest.mark.parametrize("filling", [" ", "x"])
@pytest.mark.parametrize("place", [errors.MAX_KEPT_CHARACTERS, MAX_ERROR_BODY_BYTES], ids=["message", "body"])
def test_a_key_in_an_error_is_masked_where_it_is_cut(
    wire_vendor: FakeVendor, ask: Ask, place: int, filling: str
) -> None:
    message = f"no:{filling * (place - len(SECRET) - 2)}{SECRET} y"
    told = json.dumps({"error": {"message": message}}).encode()
    wire_vendor.play([400, message.encode()], [400, told], [openai_event("x"), b"data: " + told + b"\n\n"])
    for _ in range(3):
        assert SECRET[:12] not in failure(ask()).quote


def test_a_key_in_an_answer_is_masked_wherever_it_is_cut(wire_vendor: FakeVendor, ask: Ask) -> None:
    text = f"Your key is {SECRET}, and s"
    for size in range(1, len(SECRET) + 3):
        wire_vendor.play([openai_stream([text[at : at + size] for at in range(0, len(text), size)])])
        assert said(ask()) == f"Your key is ••••{SECRET[-4:]}, and s"


@pytest.mark.parametrize("secret", ["sk-a\nX-Evil: 1", "sk a", "schlüssel"])
def test_a_malformed_key_is_not_sent(wire_vendor: FakeVendor, secret: str) -> None:
    address = Address("openai", wire_vendor.openai_url)
    with pytest.raises(KeyRefused) as raised:
        said(Stream(address, Prompt("m", turns("Hi")), PlainKey(secret), network=Network(wire_vendor.private_hosts)))
    assert secret not in raised.value.text
    assert wire_vendor.requests == []


def test_without_a_key_none_is_sent(wire_vendor: FakeVendor) -> None:
    address = Address("openai", wire_vendor.openai_url)
    said(Stream(address, Prompt("m", turns("Hi")), network=Network(wire_vendor.private_hosts)))
    assert "Authorization" not in wire_vendor.requests[0].headers


# TLS


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[FakeVendor]:
    """Yield a vendor with a self-signed certificate for vendor.example."""
    with FakeVendor(_self_signed(tmp_path / "server.pem", "vendor.example")) as server:
        yield server


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, secure: FakeVendor) -> None:
    """Trust that certificate, and lead every name to that vendor."""
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "server.pem"))
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", int(secure.host.partition(":")[2])))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def named(host: str, vendor: FakeVendor) -> Stream:
    """Return a stream over TLS to `vendor` under another name."""
    authority = f"{host}:{vendor.host.partition(':')[2]}"
    return at(f"https://{authority}/v1", frozenset({authority}))


def _self_signed(path: Path, host: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.mark.usefixtures("trusting")
def test_tls_checks_the_name_although_the_address_is_pinned(secure: FakeVendor) -> None:
    assert said(named("vendor.example", secure)) == "You said: Hi."
    assert said(named("vendor.example", secure)) == "You said: Hi."
    assert secure.requests[0].client_port == secure.requests[1].client_port
    assert "TLS" in failure(named("other.example", secure)).text
    assert len(secure.requests) == 2


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("reused", [False, True])
@pytest.mark.parametrize("before_headers", [False, True])
def test_stop_over_tls(secure: FakeVendor, reused: bool, before_headers: bool) -> None:
    if reused:
        said(named("vendor.example", secure))
        secure.next_request()
    never = threading.Event()
    secure.play([bare, never] if before_headers else [openai_event("Hi"), hold])
    stream = named("vendor.example", secure)
    arrived: list[Received] = []

    def stop() -> None:
        arrived.append(secure.next_request())
        stream.stop()

    thread = threading.Thread(target=stop)
    thread.start()
    said(stream)
    thread.join()
    assert stream.stopped
    assert arrived[0].hung_up.wait(1)


def test_an_unsigned_certificate_is_not_trusted(secure: FakeVendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.devnull)
    error = failure(at(f"https://{secure.host}/v1", secure.private_hosts))
    assert error.code == "vendor_down"
    assert "TLS" in error.text
    assert secure.requests == []
