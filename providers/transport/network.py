"""The network settings of calls to vendors: private hosts, proxy and certificate authorities."""

from __future__ import annotations

from dataclasses import dataclass

from providers.transport.proxy import Proxy


@dataclass(frozen=True, slots=True)
class Network:
    """The network settings of a call. Calls with equal settings share connections.

    `private_hosts` are `host:port` strings that may be called at private addresses and over plain http. All calls over
    https go through `proxy`. `authorities` names a PEM file of certificate authorities, trusted beside the usual ones.
    """

    private_hosts: frozenset[str] = frozenset()
    proxy: Proxy | None = None
    authorities: str = ""
