"""The parts of EMAIL_URL: `smtps://user:password@host:465/?from=chat@example.org`."""

from dataclasses import dataclass, field
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_PORTS = {"implicit": 465, "starttls": 587, "none": 25}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The mail server and how to reach it; `tls` is `none` only for this very machine."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: Literal["implicit", "starttls", "none"]
    sender: str


def parse(url: str) -> Outgoing | None:
    """Return the parts of the address, or None for an empty text. Raises ImproperlyConfigured.

    `smtps` is TLS from the first byte, `smtp` is STARTTLS: no password is sent in clear.
    """
    if not url:
        return None
    parts = urlsplit(url)
    try:
        given_port = parts.port
    except ValueError:
        given_port = 0
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or given_port == 0:
        raise ImproperlyConfigured("EMAIL_URL is smtp://… or smtps://user:password@host:port/?from=address.")
    tls = _tls(parts.scheme, parts.hostname)
    user = unquote(parts.username or "")
    given = parse_qs(parts.query).get("from", [""])[0]
    if given and "@" not in parseaddr(given)[1]:
        raise ImproperlyConfigured(f"EMAIL_URL: from={given} is no mail address.")
    sender = given or (user if "@" in user else f"chatsite@{parts.hostname}")
    return Outgoing(parts.hostname, given_port or _PORTS[tls], user, unquote(parts.password or ""), tls, sender)


def _tls(scheme: str, host: str) -> Literal["implicit", "starttls", "none"]:
    if scheme == "smtps":
        return "implicit"
    return "none" if _is_here(host) else "starttls"


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
