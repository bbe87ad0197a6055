"""What calls to vendors may reach beside the open internet, and the way they take."""

from __future__ import annotations

from dataclasses import dataclass

from providers.transport.proxy import Proxy


@dataclass(frozen=True, slots=True)
class Network:
    """Equal networks share connections.

    `private_hosts` are `host:port` strings that may be called at private addresses and over plain http. Through `proxy`
    go all calls over https. `authorities` names a PEM file of certificate authorities, trusted beside the usual ones.
    """

    private_hosts: frozenset[str] = frozenset()
    proxy: Proxy | None = None
    authorities: str = ""
