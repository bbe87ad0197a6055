"""The reading of a picture behind a link that a vendor returned.

The link comes from outside, so nothing of the call before goes along: no key, no headers. Its address is judged as a
vendor's is, and connected to as judged. Redirects are not followed. Plain http on the open internet is asked over TLS:
the stores of pictures that sign such links serve both.
"""

from __future__ import annotations

from dataclasses import replace

from providers.errors import AddressRefused, ReplyTooLong, Stalled, VendorError, VendorTimeout
from providers.transport import egress
from providers.transport.body.waits import waited_for
from providers.transport.call import Call
from providers.transport.network import Network
from providers.types import Clocks, HttpRequest

MAX_BYTES = 25 * 1024 * 1024
CLOCKS = Clocks(first_token=20, silence=10, total=45)
ADDRESS, REDIRECT, MISSING, SIZE, SLOW, BROKEN = "address", "redirect", "missing", "size", "slow", "broken"
"""Why a picture cannot be had."""


class NotFetched(Exception):
    """The failure to read a link; `why` is one of the words above."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Link:
    """One link. `read` it once; any thread may `abort` that at any time."""

    def __init__(self, url: str, network: Network, vendor: str) -> None:
        """Take a link from the vendor at the address `vendor`: its own private host may be called, no other."""
        url = url.partition("#")[0]
        own = _place(vendor) if _place(vendor) and _is_listed(vendor, network) else ""
        self._network = replace(network, private_hosts=frozenset([own] if own else []))
        is_plain = url.lower().startswith("http://") and _place(url) != own
        self._url = f"https://{url[len('http://') :]}" if is_plain else url
        self._call = Call(CLOCKS, self._network)

    def read(self) -> bytes:
        """Return the bytes behind the link. Raises NotFetched, or HungUp after an abort."""
        try:
            self._call.open(HttpRequest("GET", self._url, (), b"", ""), None)
            self._check_status()
            return self._body()
        except AddressRefused:
            raise NotFetched(ADDRESS) from None
        except (VendorTimeout, Stalled):
            raise NotFetched(SLOW) from None
        except ReplyTooLong:
            raise NotFetched(SIZE) from None
        except VendorError:
            raise NotFetched(BROKEN) from None
        finally:
            self._call.close()

    def abort(self) -> None:
        """End the reading at once."""
        self._call.abort()

    def _check_status(self) -> None:
        if 300 <= self._call.status < 400:
            raise NotFetched(REDIRECT)
        if self._call.status != 200:
            raise NotFetched(MISSING)
        length = self._call.headers.get("Content-Length", "")
        if length.isdecimal() and (len(length) > 12 or int(length) > MAX_BYTES):
            raise NotFetched(SIZE)

    def _body(self) -> bytes:
        body = bytearray()
        for chunk in waited_for(self._call.chunks()):
            self._call.hear()
            body += chunk
            if len(body) > MAX_BYTES:
                raise NotFetched(SIZE)
        return bytes(body)


def _place(url: str) -> str:
    """Return host and port of an address, or "" for one that is not called at all."""
    try:
        host, port, _scheme = egress.split(url.partition("?")[0])
    except AddressRefused:
        return ""
    return f"{host}:{port}"


def _is_listed(url: str, network: Network) -> bool:
    host, port, _scheme = egress.split(url.partition("?")[0])
    return egress.is_listed(host, port, network.private_hosts)
