"""The balance of a key, asked of its vendor."""

from __future__ import annotations

from providers.client.json_answer import NotOffered, read_document
from providers.money.amounts import decoded
from providers.money.balances import Balance, inquiries
from providers.transport.network import Network
from providers.types import Address, Clocks, HttpRequest, Key
from providers.wires.declarations import BEARER

MAX_BYTES = 256 * 1024
CLOCKS = Clocks(first_token=10, silence=10, total=15)
"""Somebody waits for the page, and a gateway is asked at three addresses."""
_NOT_OFFERED = frozenset({301, 302, 303, 307, 308, 401, 403, 404, 405})
"""Statuses of an address without balances: a gateway's page leads to the sign-in, or the key may not ask."""


def ask_balance(address: Address, key: Key, network: Network) -> Balance | None:
    """Return the balance, or None if the vendor tells none. Each address is asked once. Raises VendorError."""
    for inquiry in inquiries(address.base_url):
        try:
            answers = [_answer(address, url, key, network) for url in inquiry.urls]
        except NotOffered:
            continue
        if (balance := inquiry.read(answers)) is not None:
            return balance
    return None


def _answer(address: Address, url: str, key: Key, network: Network) -> object:
    request = HttpRequest("GET", url, address.headers, b"", BEARER.name)
    text = read_document(
        address.wire, request, key, network, max_bytes=MAX_BYTES, clocks=CLOCKS, not_offered=_NOT_OFFERED
    )
    try:
        return decoded(text)
    except (ValueError, RecursionError):
        raise NotOffered from None
