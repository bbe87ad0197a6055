"""The reachability of the running site at each of its origins, through every proxy in front."""

import base64
import json
import os
import secrets
import socket
import ssl
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from django.conf import settings

from chatsite import data_folder_lock
from chatsite.configuration import certificate_authorities, origins
from conversations.client_addresses import is_loopback
from conversations.connections import event_stream
from conversations.views import seen_address

ANSWER_SECONDS = 5.0
"""Seconds to wait for a connection and for an answer."""
FORGED = "192.0.2.1"
"""An address of nobody (RFC 5737), claimed in X-Forwarded-For.

A proxy must replace it, or append the true address.
"""


class Unreachable(Exception):
    """A fault at an origin, or at several; its text is a sentence."""


def at_every_origin() -> str:
    """Return a text about each origin of the site. Raises Unreachable if one of them has a fault."""
    found: list[str] = []
    wrong: list[str] = []
    silent: list[str] = []
    for origin in _origins():
        try:
            found.append(_at(origin))
        except Unreachable as problem:
            wrong.append(str(problem))
        except OSError:
            silent.append(origin)
    if silent and not found and data_folder_lock.is_served(settings.CHATSITE_DATA):
        wrong.append(_served_elsewhere(silent))
    if wrong:
        raise Unreachable(" ".join(wrong))
    return "; ".join([*found, *(f"nothing answers at {origin} now" for origin in silent)])


def _origins() -> list[str]:
    """Return CHATSITE_ORIGINS or, in a terminal without it, the origins of the process that serves."""
    is_told = bool(os.environ.get("CHATSITE_ORIGINS"))
    served = [] if is_told else data_folder_lock.served_origins(settings.CHATSITE_DATA)
    return served or list(settings.CHATSITE_ORIGINS)


def handshake(address: str, origin: str) -> int:
    """Return the status with which the server at `address` answers a browser's handshake from `origin`."""
    with _connect(address) as line:
        return _status(_greeted(line, origin))


def check_websocket(origin: str) -> None:
    """Check that a websocket opens, and that the site's frame for a stranger passes. Raises Unreachable."""
    with _connect(origin) as line:
        try:
            told = _greeted(line, origin)
        except TimeoutError:
            raise Unreachable(f"{origin} does not answer a handshake: {_UPGRADE}") from None
        if (status := _status(told)) != 101:
            lines = _HOST if status in (400, 403) else _UPGRADE
            raise Unreachable(f"{origin} answers a handshake with {status}: {lines}")
        try:
            while not told.partition(b"\r\n\r\n")[2] and (piece := line.recv(4096)):
                told += piece
        except TimeoutError:
            raise Unreachable(f"{origin} opens a websocket, and nothing passes on it: {_UPGRADE}") from None


def _greeted(line: socket.socket, origin: str) -> bytes:
    """Ask for a websocket, and return the beginning of the answer."""
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    line.sendall(
        f"GET /ws/ HTTP/1.1\r\nHost: {origins.host_of(origin)}\r\nOrigin: {origin}\r\n"
        f"Connection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    return line.recv(64)


def _status(answer: bytes) -> int:
    words = answer.split(b" ")
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def holds_streams_back(origin: str) -> bool:
    """Return whether a proxy gathers an event stream, which has two events with a pause between them."""
    connection = _connection(origin)
    try:
        connection.request("GET", "/livez?stream", headers={seen_address.HEADER: seen_address.credential()})
        answer = connection.getresponse()
        answer.readline()
        begun = time.monotonic()
        answer.read()
        return time.monotonic() - begun < event_stream.PROBE_SECONDS / 2
    finally:
        connection.close()


def judge_address(origin: str, ours: str, theirs: str) -> str:
    """Return how the site sees this machine, whose address is `ours`. Raises Unreachable if it is wrong."""
    if theirs == FORGED and not is_loopback(ours):
        raise Unreachable(f"{origin}: visitors choose the address they come from; {_PROXY}")
    if is_loopback(theirs) and not is_loopback(ours):
        raise Unreachable(f"{origin}: every visitor seems to come from {theirs}; {_PROXY}")
    if theirs in (ours, FORGED):
        return f"{origin} answers"
    return f"{origin} answers and sees this machine as {theirs}: is that a proxy, name it in CHATSITE_TRUSTED_PROXIES"


_PROXY = "the proxy has to set X-Forwarded-For to the address it sees, as deploy/nginx.conf does."


def _at(origin: str) -> str:
    """Return a text about one origin. Raises Unreachable for a fault, OSError if nothing answers."""
    try:
        said = judge_address(origin, *_addresses(origin))
        check_websocket(origin)
        return f"{said}; {_BUFFERING}" if holds_streams_back(origin) else said
    except ssl.SSLCertVerificationError as problem:
        raise Unreachable(f"{origin}: its certificate is not accepted: {problem.verify_message}.") from None
    except ssl.SSLError as problem:
        raise Unreachable(f"{origin} does not speak TLS: {problem.reason or problem}.") from None
    except HTTPException as problem:
        raise Unreachable(f"{origin} does not speak HTTP: {problem}.") from None


_HOST = "does the proxy pass on Host with its port, and Origin? In nginx: proxy_set_header Host $http_host;"
_UPGRADE = (
    "does the proxy pass on Upgrade and Connection? In nginx: proxy_http_version 1.1; "
    'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'
)
_BUFFERING = (
    "its proxy holds event streams back, by which pages go on where websockets are blocked. In nginx: "
    "no proxy_ignore_headers X-Accel-Buffering, or proxy_buffering off;"
)


def _connect(address: str) -> socket.socket:
    name = urlsplit(address).hostname or ""
    plain = socket.create_connection((name, _port(address)), ANSWER_SECONDS)
    if not address.startswith("https://"):
        return plain
    return certificate_authorities.context().wrap_socket(plain, server_hostname=name)


def _addresses(origin: str) -> tuple[str, str]:
    """Return the address from which this machine asks, and the one that the site sees."""
    connection = _connection(origin)
    try:
        connection.request(
            "GET", "/livez", headers={seen_address.HEADER: seen_address.credential(), "X-Forwarded-For": FORGED}
        )
        ours = str(connection.sock.getsockname()[0])
        answer = connection.getresponse()
        return ours, _address_in(origin, answer.status, answer.read(4096))
    finally:
        connection.close()


def _connection(origin: str) -> HTTPConnection:
    name = urlsplit(origin).hostname or ""
    if not origin.startswith("https://"):
        return HTTPConnection(name, _port(origin), timeout=ANSWER_SECONDS)
    context = certificate_authorities.context()
    return HTTPSConnection(name, _port(origin), timeout=ANSWER_SECONDS, context=context)


def _address_in(origin: str, status: int, body: bytes) -> str:
    told: object = None
    with suppress(ValueError):
        told = json.loads(body)
    if status != 200 or not isinstance(told, dict):
        raise Unreachable(f"{origin}/livez answers with {status}, and not as this site does.")
    if "address" not in told:
        raise Unreachable(f"{origin} answers, but with another secret key: {_ENVIRONMENT}")
    return str(told["address"])


def _served_elsewhere(silent: list[str]) -> str:
    return (
        f"A process serves from {settings.CHATSITE_DATA}, but nothing answers at {' nor '.join(silent)}: "
        f"is the proxy away? Else {_ENVIRONMENT}"
    )


_ENVIRONMENT = "`doctor` lacks the server's environment; give it the same CHATSITE_… settings."


def _port(address: str) -> int:
    parts = urlsplit(address)
    return parts.port or (443 if parts.scheme == "https" else 80)
