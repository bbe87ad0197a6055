"""A table of vendors with their models and prices, in the shape of models.dev, which an administrator uploads.

Source: models.dev's api.json: USD for a million tokens; many entries have gaps. Prices that begin at a length of the
question stand in further entries of `cost`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from providers.money.amounts import price
from providers.money.price_list import (
    CALL_PRICE,
    MAX_ID_LENGTH,
    MAX_MODELS,
    Note,
    Offer,
    PriceList,
    is_name,
    price_list,
)
from providers.wires.json_values import mapping, string

_NAMES = {
    "input_price": "input",
    "output_price": "output",
    "cached_price": "cache_read",
    "written_price": "cache_write",
    "thought_price": "reasoning",
}


def read(table: object, vendor: str, base_url: str, models: Collection[str]) -> PriceList:
    """Return the prices of this vendor, of the one that fits the address, or of the one with most models."""
    told = {name: mapping(one) for name, one in mapping(table).items() if is_name(name)}
    vendors = {name: one for name, one in told.items() if mapping(one.get("models"))}
    chosen = vendor if vendor or not vendors else _fitting(vendors, base_url, {model.casefold() for model in models})
    return price_list(_offers(mapping(vendors.get(chosen, {}).get("models"))), chosen=chosen)


def _fitting(vendors: Mapping[str, Mapping[str, Any]], base_url: str, models: set[str]) -> str:
    host = urlsplit(base_url).hostname

    def fit(name: str) -> tuple[bool, int]:
        told = vendors[name]
        return host is not None and _host(told) == host, len(models & {key.casefold() for key in told["models"]})

    return max(vendors, key=fit)


def _host(told: Mapping[str, Any]) -> str | None:
    try:
        return urlsplit(string(told.get("api"))).hostname
    except ValueError:
        return None


def _offers(models: Mapping[str, Any]) -> Iterator[Offer]:
    for key, told in list(models.items())[:MAX_MODELS]:
        cost = mapping(mapping(told).get("cost"))
        prices = {name: (value,) for name, field in _NAMES.items() if (value := price(cost.get(field))) is not None}
        if prices and len(key) <= MAX_ID_LENGTH:
            has_tiers = any(isinstance(value, dict | list) for value in cost.values())
            yield Offer(key, {**prices, CALL_PRICE: ()}, frozenset({Note.TIERS} if has_tiers else ()))
