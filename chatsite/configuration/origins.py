"""The addresses at which browsers reach the site: CHATSITE_ORIGINS, read and compared."""

import re
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

DEFAULT = "http://localhost:8000,http://127.0.0.1:8000"
_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_LIKE_A_NUMBER = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)")  # a browser reads such a name as an IPv4 address


def parse(given: str) -> list[str]:
    """Return the origins in `given` as browsers write them. Raises ImproperlyConfigured with the reason."""
    origins = [_normalised(item.strip()) for item in given.split(",") if item.strip()]
    if not origins:
        raise ImproperlyConfigured("CHATSITE_ORIGINS names no address: it is a list like https://chat.example.org.")
    return list(dict.fromkeys(origins))


def host_of(origin: str) -> str:
    """Return the host and port of an origin, as a browser's Host header has them."""
    return origin.partition("://")[2]


def name_of(origin: str) -> str:
    """Return an origin's host without its port; an IPv6 address keeps its brackets."""
    return re.sub(r":\d+$", "", host_of(origin))


def named_by(host: str, origins: Iterable[str], scheme: str = "http") -> str | None:
    """Return the origin that a Host header names, or None for a foreign host.

    If there are two, the one with `scheme` is returned.
    """
    found = [origin for origin in origins if host.lower() in _spellings(origin)]
    return next((origin for origin in found if origin.startswith(f"{scheme}://")), found[0] if found else None)


@cache
def _spellings(origin: str) -> set[str]:
    host, scheme = host_of(origin), origin.partition("://")[0]
    return {host} if urlsplit(origin).port else {host, f"{host}:{_PORTS[scheme]}"}


def _normalised(given: str) -> str:
    parts, port = _parts(given)
    host = _host(parts, given)
    bracketed = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{bracketed}" + (f":{port}" if port and port != _PORTS[parts.scheme] else "")


def _parts(given: str) -> tuple[SplitResult, int | None]:
    if "*" in given:
        raise _wrong(given, "has a star; each address is named by itself")
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        raise _wrong(given, "cannot be read") from None
    if parts.scheme not in _PORTS:
        raise _wrong(given, "does not begin with https:// or http://")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise _wrong(given, "has a path; the site works at the root of a host only, give it a name of its own")
    if "@" in parts.netloc:
        raise _wrong(given.rpartition("@")[2], "has a user name before it")
    if port == 0:
        raise _wrong(given, "has a port that nothing can use")
    return parts, port


def _host(parts: SplitResult, given: str) -> str:
    name = (parts.hostname or "").rstrip(".")
    if address := _address(name):
        return str(address)
    with suppress(UnicodeError):
        name = name.encode("idna").decode("ascii")
    if not _NAME.fullmatch(name) or _LIKE_A_NUMBER.fullmatch(name):
        raise _wrong(given, "has no host that a browser can ask for")
    return name


def _address(name: str) -> IPv4Address | IPv6Address | None:
    for kind in (IPv4Address, IPv6Address):
        with suppress(ValueError):
            return kind(name)
    return None


def _wrong(given: str, why: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"CHATSITE_ORIGINS: “{given}” {why}. It is a list like https://chat.example.org:8443.")
