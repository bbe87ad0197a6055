"""Addresses of clients and hosts: which are this very machine, and as what rate limits count them."""

from contextlib import suppress
from ipaddress import IPv6Address, ip_address, ip_network

FORWARDING = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "Via")
"""Headers that tell of a proxy. No address is taken from them here: the server has, where the proxy is trusted."""
_ONE_CUSTOMER = 64
"""Bits of an IPv6 prefix that one customer of a provider has at least."""


def is_loopback(host: str) -> bool:
    """Return whether a host, an address or a name without port, is this very machine."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def limit_key(address: str) -> str:
    """Return what limits count an address as: an IPv6 address is its /64, anything else itself."""
    with suppress(ValueError):
        return str(ip_network((IPv6Address(address.partition("%")[0]), _ONE_CUSTOMER), strict=False))
    return address
