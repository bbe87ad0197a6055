"""Addresses of clients and hosts: loopback ones, and the keys under which rate limits count them."""

from contextlib import suppress
from ipaddress import IPv6Address, ip_address, ip_network

FORWARDING = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "Via")
"""Headers of proxies. No address is read from them here: the server has done so for trusted proxies."""
_ONE_CUSTOMER = 64
"""Bits of the smallest IPv6 prefix that one customer of a provider gets."""


def is_loopback(host: str) -> bool:
    """Return whether a host, an address or a name without port, is this machine."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def limit_key(address: str) -> str:
    """Return the key of an address for rate limits: the /64 of an IPv6 address, else the address itself."""
    with suppress(ValueError):
        return str(ip_network((IPv6Address(address.partition("%")[0]), _ONE_CUSTOMER), strict=False))
    return address
