"""An HTTP proxy of a company: its setting, and the request for a tunnel.

Source: RFC 9110, section 9.3.6 (CONNECT); RFC 7617 (Basic). Pure: `dialing` holds the socket.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from providers.errors import VendorDown, VendorError, WayBlocked

MAX_HEAD_BYTES = 16 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})[ \r\n]")
_LENGTH = re.compile(rb"\r\nContent-Length:[ \t]*0*[1-9]", re.IGNORECASE)
_NOT_REACHED = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Proxy:
    """The proxy for calls to vendors over https. Without a user, no password is sent."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        """Return host and port, as administrators see them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def request(self, target: str) -> bytes:
        """Return the bytes that ask for a tunnel to `target`, a `host:port`."""
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}", "User-Agent: chatsite"]
        if self.user:
            pair = b64encode(f"{self.user}:{self.password}".encode()).decode()
            lines.append(f"Proxy-Authorization: Basic {pair}")
        return "\r\n".join([*lines, "", ""]).encode("ascii")


def read(url: str) -> Proxy | None:
    """Return the proxy of a setting, or None for an empty setting.

    Raises ValueError; its text never quotes the setting, which may hold a password.
    """
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or 0
    except ValueError:
        port = 0
    if not port or parts.scheme != "http" or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(
            "CHATSITE_PROXY must look like http://host:port or http://user:password@host:port, with %40 for an @ and "
            "%2F for a / in the password."
        )
    return Proxy(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""))


def refusal(head: bytes, behind: bytes) -> VendorError | None:
    """Return the error of a proxy's answer to `Proxy.request`, or None if the tunnel is open.

    `head` is the answer to its empty line, `behind` the bytes that came after it.
    """
    found = _STATUS.match(head)
    if found is None:
        return WayBlocked(because="This site's proxy sent something that is no answer.")
    status = int(found[1])
    if status == 407:
        return WayBlocked(because="This site's proxy did not accept its user name and password.")
    # Under TLS the client speaks first: bytes that came already are a page of the proxy.
    if 300 <= status < 400 or (status < 300 and (behind or _LENGTH.search(head))):
        return WayBlocked(because="This site's proxy answered with a page of its own instead of a connection.")
    if status in _NOT_REACHED:
        return VendorDown(
            because="This site's proxy could not reach the vendor: it answered %(status)s.", about={"status": status}
        )
    if not 200 <= status < 300:
        return WayBlocked(
            because="This site's proxy does not connect to this vendor: it answered %(status)s.",
            about={"status": status},
        )
    return None
