"""Addresses of clients as rate limits count them."""

from contextlib import suppress
from ipaddress import IPv6Address, ip_network

_ONE_CUSTOMER = 64
"""Bits of an IPv6 prefix that one customer of a provider has at least."""


def limit_key(address: str) -> str:
    """Return what limits count an address as: an IPv6 address is its /64, anything else itself."""
    with suppress(ValueError):
        return str(ip_network((IPv6Address(address.partition("%")[0]), _ONE_CUSTOMER), strict=False))
    return address
