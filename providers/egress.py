"""Which addresses this site calls: judged when an administrator saves one, and again when a connection is made.

Only text and numbers here; the transport resolves names and connects to the very address that was judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from providers.errors import AddressRefused, BadRequest

# One strict grammar instead of two parsers that may disagree; no user, query, fragment, backslash, escape in the host.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?"
    r"(/[!$->@-\[\]-~]*)?",
    re.IGNORECASE,
)
_NUMERIC_LABEL = re.compile(r"([0-9]+|0x[0-9a-f]*)", re.IGNORECASE)
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
_RELAY = IPv6Network("64:ff9b:1::/48")
# Ports above 1023 on which data stores listen, that must never be spoken to by mistake.
_STORES = frozenset({3306, 5432, 6379, 9200, 11211, 27017})
# Endings of names inside companies and homes (RFC 6761, 6762, 8375, ICANN's list of collisions, and usual ones).
_INSIDE = frozenset(
    ["localhost", "local", "internal", "intranet", "private", "corp", "home", "lan", "localdomain", "domain", "arpa"]
)
# Extra headers are few and named, so that none replaces the key, frames the request or carries a cookie.
_EXTRA_HEADERS = frozenset({"http-referer", "user-agent", "accept-language", "openai-organization", "openai-project"})
_NEVER_EXTRA = frozenset(
    ["x-api-key", "x-goog-api-key", "x-forwarded-for", "x-forwarded-host", "x-http-method-override"]
)
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
_HEADER_VALUE = re.compile(r"[!-~]([ -~]{0,510}[!-~])?")


def check_url(url: str, private_hosts: Set[str]) -> None:
    """Raises AddressRefused, with the reason as its text, unless `url` (without query) may be called.

    `private_hosts` are `host:port` strings: those may be called over plain http and at private addresses too.
    """
    host, port, scheme = split(url)
    if is_listed(host, port, private_hosts):
        return
    if scheme != "https":
        raise AddressRefused(
            because="Plain http is not called unless %(place)s is in CHATSITE_PRIVATE_HOSTS.",
            about={"place": f"{host}:{port}"},
        )
    if port != 443 and (port < 1024 or port in _STORES):
        raise AddressRefused(
            because="Port %(port)s is not called unless %(place)s is in CHATSITE_PRIVATE_HOSTS.",
            about={"port": port, "place": f"{host}:{port}"},
        )
    _check_literal(host, port)


def split(url: str) -> tuple[str, int, str]:
    """Host in lower case, port and scheme of an address in the one form we accept; raises AddressRefused."""
    found = _URL.fullmatch(url)
    port = int(found["port"] or (443 if found["scheme"].lower() == "https" else 80)) if found else 0
    if not found or not 0 < port < 65536 or ".." in found["host"]:
        raise AddressRefused(because="The address must look like https://host/path, without user, query or fragment.")
    return found["host"].lower(), port, found["scheme"].lower()


def is_listed(host: str, port: int, private_hosts: Set[str]) -> bool:
    """Whether the site's settings allow this very host and port."""
    return f"{host}:{port}" in {listed.strip().lower() for listed in private_hosts}


def is_public(address: str) -> bool:
    """Whether a numeric address lies on the open internet, whatever other address is wrapped in it."""
    return all(_is_open(one) for one in _unwrapped(ip_address(address.partition("%")[0])))


def may_be_public(host: str) -> bool:
    """Return whether a name that nothing here resolves can belong to the open internet."""
    name, _, ending = host.rpartition(".")
    return bool(name) and ending not in _INSIDE and not _NUMERIC_LABEL.fullmatch(ending)


def _check_literal(host: str, port: int) -> None:
    """Refuses what is private by its very spelling, so that an administrator hears it when saving."""
    is_name = not host.startswith("[") and not _NUMERIC_LABEL.fullmatch(host.rpartition(".")[2])
    try:
        fine = _is_public_name(host) if is_name else is_public(host.strip("[]"))
    except ValueError:
        fine = False
    if not fine:
        raise AddressRefused(
            because="%(host)s is a private address; %(place)s is not in CHATSITE_PRIVATE_HOSTS.",
            about={"host": host, "place": f"{host}:{port}"},
        )


def _is_public_name(host: str) -> bool:
    return host != "localhost" and not host.endswith((".localhost", ".local", ".internal"))


def _unwrapped(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """`address` and the IPv4 addresses it carries: Python calls many wrapped forms of loopback global."""
    if isinstance(address, IPv4Address):
        return [address]
    inner: list[IPv4Address | None] = [address.sixtofour, *(address.teredo or ())]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address in _NAT64 or address in _COMPATIBLE:
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [address, *(one for one in inner if one is not None)]


def _is_open(address: IPv4Address | IPv6Address) -> bool:
    closed = address.is_multicast or address.is_unspecified or address.is_loopback or address.is_link_local
    is_local_relay = isinstance(address, IPv6Address) and (address in _RELAY or address.is_site_local)
    return address.is_global and not closed and not is_local_relay


def check_headers(headers: Iterable[tuple[str, str]]) -> None:
    """Raises BadRequest unless each extra header is one an administrator may add to a vendor's calls."""
    for name, value in headers:
        lower = name.lower()
        known = lower in _EXTRA_HEADERS or (lower.startswith("x-") and lower not in _NEVER_EXTRA)
        if not known or not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise BadRequest(
                because="The extra header %(name)r may not be sent to a vendor.", about={"name": name[:40]}
            )
