"""The rules for the addresses that this site calls.

They are applied when an administrator saves an address, and again when a connection is made. Only text and numbers
here; the transport resolves names and connects to the very address that was judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from providers.errors import AddressRefused, BadRequest
from providers.wires import registry

# One strict grammar, not two parsers that may disagree: no user, query, fragment, backslash or escape in the host.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?"
    r"(/[!$->@-\[\]-~]*)?",
    re.IGNORECASE,
)
_NUMERIC_LABEL = re.compile(r"([0-9]+|0x[0-9a-f]*)", re.IGNORECASE)
_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Every block of IANA's registries of special-purpose addresses inside the public ranges, reachable or not. No vendor
# answers there, and some lead to a relay or into this machine's own network. Python's `is_global` lacks several.
# https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry
_SPECIAL_4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_SPECIAL_6 = tuple(
    IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
# Ports above 1023 on which data stores listen; this site must never talk to one by mistake.
_STORES = frozenset({3306, 5432, 6379, 9200, 11211, 27017})
# Endings of names inside companies and homes: RFC 6761, 6762, 8375, ICANN's list of collisions, and common ones.
_INSIDE = frozenset(
    ["localhost", "local", "internal", "intranet", "private", "corp", "home", "lan", "localdomain", "domain", "arpa"]
)
# An allow-list of extra headers, so that none replaces the key, frames the request or carries a cookie.
_EXTRA_HEADERS = frozenset({"http-referer", "user-agent", "accept-language"})
"""Extra headers that every vendor may get; the wires declare further ones."""
_NEVER_EXTRA = frozenset({"x-api-key", "x-forwarded-for", "x-forwarded-host", "x-http-method-override"})
"""Headers that are refused although they begin with "x-"; so are those that carry keys."""
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
_HEADER_VALUE = re.compile(r"[!-~]([ -~]{0,510}[!-~])?")


def check_url(url: str, private_hosts: Set[str]) -> None:
    """Raise AddressRefused, with the reason as its text, unless `url` (without query) may be called.

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
    """Return the lower-case host, the port and the scheme of `url`.

    Raises AddressRefused for every form but http(s)://host[:port][/path].
    """
    found = _URL.fullmatch(url)
    port = int(found["port"] or (443 if found["scheme"].lower() == "https" else 80)) if found else 0
    if not found or not 0 < port < 65536 or ".." in found["host"]:
        raise AddressRefused(because="The address must look like https://host/path, without user, query or fragment.")
    return found["host"].lower(), port, found["scheme"].lower()


def is_listed(host: str, port: int, private_hosts: Set[str]) -> bool:
    """Return whether the site's settings allow exactly this host and port."""
    return f"{host}:{port}" in {listed.strip().lower() for listed in private_hosts}


def is_public(address: str) -> bool:
    """Return whether a numeric address lies on the open internet.

    An IPv6 address that embeds an IPv4 address is judged by that one.
    """
    return _is_open(_unwrapped(ip_address(address.partition("%")[0])))


def may_be_public(host: str) -> bool:
    """Return whether a host name that this site cannot resolve can belong to the open internet."""
    name, _, ending = host.rpartition(".")
    return bool(name) and ending not in _INSIDE and not _NUMERIC_LABEL.fullmatch(ending)


def _check_literal(host: str, port: int) -> None:
    """Raise AddressRefused for a host whose spelling alone shows that it is private.

    An administrator then sees the refusal on saving, not at the first call.
    """
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


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 address embeds; any other address unchanged."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    if isinstance(address, IPv6Address) and address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_open(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in block for block in _SPECIAL_4)
    is_unicast = address.is_global and address in _GLOBAL_UNICAST
    return is_unicast and not any(address in block for block in _SPECIAL_6)


def check_headers(headers: Iterable[tuple[str, str]]) -> None:
    """Raise BadRequest unless an administrator may add each of `headers` to calls of a vendor."""
    named = _EXTRA_HEADERS.union(*(wire.EXTRA_HEADERS for wire in registry.WIRES.values()))
    never = _NEVER_EXTRA.union(place.header.lower() for place in registry.key_placements().values())
    for name, value in headers:
        lower = name.lower()
        known = lower in named or (lower.startswith("x-") and lower not in never)
        if not known or not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise BadRequest(
                because="The extra header %(name)r may not be sent to a vendor.", about={"name": name[:40]}
            )
