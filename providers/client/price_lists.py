"""Lists of prices read from the address of an endpoint."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from providers.client.json_answer import read_document
from providers.errors import BadReply
from providers.money import new_api, openrouter
from providers.money.amounts import decoded
from providers.money.price_list import PriceList
from providers.money.sites import money_of, site_of
from providers.transport.network import Network
from providers.types import Address, HttpRequest, Key
from providers.wires import registry
from providers.wires.declarations import BEARER, translate_noop

_NO_PRICES = translate_noop("The vendor has no list of prices at this address.")


def gateway_prices(address: Address, group: str, network: Network) -> PriceList:
    """Return the prices on the price page of a new-api gateway, which asks for no key. Raises VendorError."""
    request = HttpRequest("GET", f"{site_of(address.base_url)}/api/pricing", address.headers, b"", BEARER.name)
    answer = _document(address.wire, request, None, network)
    return new_api.read(answer, group, money_of(urlsplit(address.base_url).hostname or ""))


def prices_beside_models(address: Address, key: Key | None, network: Network) -> PriceList:
    """Return the prices in the vendor's list of models. Raises VendorError."""
    request = registry.wire(address.wire).catalogue_request(address, "")
    return openrouter.read(_document(address.wire, request, key, network))


def _document(wire: str, request: HttpRequest, key: Key | None, network: Network) -> Any:
    text = read_document(wire, request, key, network, missing=_NO_PRICES)
    try:
        return decoded(text)
    except (ValueError, RecursionError):
        raise BadReply(because="The vendor sent something that is not a list of prices.") from None
