"""The place of a key in a request: a header or the query."""

from __future__ import annotations

from urllib.parse import quote

from providers.errors import KeyRefused
from providers.types import HttpRequest
from providers.wires import registry

Headers = tuple[tuple[str, str], ...]


def place(request: HttpRequest, secret: str) -> tuple[str, Headers]:
    """Return the address and the further headers that carry `secret`; in a query the key comes first.

    Raises KeyRefused for a secret that no header can hold: libraries would quote it in their error text. Raises
    AddressRefused for a place that is not known.
    """
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise KeyRefused(because="The key holds characters that no vendor key has.")
    if not secret:
        return request.url, ()
    where = registry.key_placement(request.key_placement)
    if where.query:
        return _in_query(request.url, where.query, secret), ()
    return request.url, ((where.header, where.prefix + secret),)


def _in_query(url: str, name: str, secret: str) -> str:
    path, _, query = url.partition("?")
    return f"{path}?{name}={quote(secret, safe='')}{'&' if query else ''}{query}"
