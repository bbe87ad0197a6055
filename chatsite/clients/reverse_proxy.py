"""The true client, address and origin of a request that may come through a proxy.

All code after `true_scope` reads the standard places (`REMOTE_ADDR`, `request.scheme`, `get_host()`, the scope's
`client`) and no header. Only a trusted proxy's `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
"""

import logging
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from chatsite.configuration import origins

Address = IPv4Address | IPv6Address
Networks = tuple[IPv4Network | IPv6Network, ...]
Headers = list[tuple[bytes, bytes]]

LOOPBACK = "127.0.0.0/8,::1"
NOBODY = "none"
HEALTH = frozenset({"/livez", "/readyz"})
"""Paths that a monitor asks by whatever name or address it has."""
CLAIMS = frozenset(
    {
        b"daphne-root-path",  # Daphne: the script name
        b"script-name",
        b"x-script-name",
        b"x-forwarded-prefix",
        b"x-forwarded-host",  # Django with USE_X_FORWARDED_HOST
        b"x-forwarded-server",
        b"x-original-host",
        b"x-host",
        b"x-forwarded-port",  # Daphne with proxy headers on, Django with USE_X_FORWARDED_PORT
        b"x-forwarded-proto",  # Daphne with proxy headers on, Django with SECURE_PROXY_SSL_HEADER
        b"x-forwarded-protocol",
        b"x-forwarded-scheme",
        b"x-forwarded-ssl",
        b"x-scheme",
        b"x-url-scheme",
        b"front-end-https",
        b"x-original-url",
        b"x-rewrite-url",
        b"x-http-method-override",
    }
)
"""Headers that claim facts about a request; `true_scope` removes them all, from every sender."""
_MAX_LOGGED = 100  # characters of a foreign host in the log
_FOREIGN = b"foreign.invalid"  # RFC 6761: no host has this name, so Django refuses it

_logger = logging.getLogger(__name__)


def read_proxies(given: str) -> Networks:
    """Return the networks in a list of addresses and networks, separated by commas.

    Raises ImproperlyConfigured.
    """
    words = [word.strip() for word in given.split(",") if word.strip()]
    try:
        return () if words == [NOBODY] else tuple(ip_network(word) for word in words)
    except ValueError as wrong:
        raise ImproperlyConfigured(f"CHATSITE_TRUSTED_PROXIES: {wrong}.") from None


def is_trusted(address: str) -> bool:
    """Return whether this is the address of a trusted proxy."""
    found = _parsed(address)
    return found is not None and _is_proxy(found)


def client_address(peer: str, forwarded: Iterable[bytes]) -> str:
    """Return the client's address: the peer's or, behind trusted proxies, the last one that is not theirs.

    `forwarded` are the values of all X-Forwarded-For headers, in order.
    """
    nearest = _parsed(peer)
    if nearest is None:
        return peer
    hops = b",".join(forwarded).decode("latin-1").split(",")
    while hops and _is_proxy(nearest):
        further = _parsed(hops.pop())
        if further is None:
            break
        nearest = further
    return str(nearest)


def true_scope(scope: dict[str, Any]) -> dict[str, Any]:
    """Return an ASGI scope with the true client, scheme, host and script name, without headers that claim one."""
    peer, port = scope.get("client") or ("", 0)
    headers: Headers = scope["headers"]
    address = client_address(peer, _values(headers, b"x-forwarded-for"))
    origin = _origin(scope["path"], headers, _forwarded_scheme(peer, headers))
    is_secure = bool(origin and origin.startswith("https://"))
    return {
        **scope,
        "client": [address, port if address == peer else 0] if peer else None,
        "scheme": ("wss" if is_secure else "ws") if scope["type"] == "websocket" else "https" if is_secure else "http",
        "root_path": "",
        "headers": _without_claims(headers, origins.host_of(origin).encode() if origin else _FOREIGN),
    }


def is_for_this_site(scope: dict[str, Any]) -> bool:
    """Return whether a scope from `true_scope` names a host of the site."""
    return _values(scope["headers"], b"host") != [_FOREIGN]


def _origin(path: str, headers: Headers, scheme: str) -> str | None:
    hosts = [host.decode("latin-1") for host in _values(headers, b"host")]
    if len(hosts) == 1 and (found := origins.named_by(hosts[0], settings.CHATSITE_ORIGINS, scheme)):
        return found
    if path in HEALTH:
        return str(settings.CHATSITE_ORIGINS[0])
    _tell_of_a_foreign_host(tuple(settings.CHATSITE_ORIGINS), ", ".join(hosts)[:_MAX_LOGGED])
    return None


_told: set[tuple[str, ...]] = set()


def _tell_of_a_foreign_host(ours: tuple[str, ...], host: str) -> None:
    """Log the first foreign host only: scanners ask by the bare address all day long."""
    if ours not in _told:
        _told.add(ours)
        _logger.warning(
            "Refused, as will be all like it: %r is no host of CHATSITE_ORIGINS (%s).", host, ", ".join(ours)
        )


def _forwarded_scheme(peer: str, headers: Headers) -> str:
    """Return the scheme that a trusted proxy reports, else "http".

    It matters only if the site has one host under both schemes: else the origin decides.
    """
    given = _values(headers, b"x-forwarded-proto")
    return given[-1].decode("latin-1").strip().lower() if given and is_trusted(peer) else "http"


def _without_claims(headers: Headers, host: bytes) -> Headers:
    return [(b"host", host), *((name, value) for name, value in headers if name not in CLAIMS and name != b"host")]


def _values(headers: Headers, wanted: bytes) -> list[bytes]:
    return [value for name, value in headers if name == wanted]


def _is_proxy(address: Address) -> bool:
    networks: Networks = settings.CHATSITE_TRUSTED_PROXIES
    return any(address in network for network in networks)


def _parsed(text: str) -> Address | None:
    """Return the address in a text with or without port, brackets and zone, or None.

    An IPv4 address inside IPv6 becomes IPv4.
    """
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    with suppress(ValueError):
        found = ip_address(text.partition("%")[0])
        return getattr(found, "ipv4_mapped", None) or found
    return None
