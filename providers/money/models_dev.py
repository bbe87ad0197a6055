"""A table of vendors with their models and prices, in the shape of models.dev, which an administrator uploads.

Source: models.dev's api.json: USD for a million tokens; many entries have gaps. Prices that begin at a length of the
question stand in `tiers` of `cost`, each with its `tier`, and in older tables in `context_over_200k`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from providers.money.amounts import price
from providers.money.price_list import (
    CALL_PRICE,
    MAX_ID_LENGTH,
    MAX_MODELS,
    Factors,
    Note,
    Offer,
    PriceList,
    Tier,
    is_name,
    long_prices,
    price_list,
)
from providers.wires.json_values import mapping, sequence, string

_NAMES = {
    "input_price": "input",
    "output_price": "output",
    "cached_price": "cache_read",
    "written_price": "cache_write",
    "thought_price": "reasoning",
}
_OLDER = ("context_over_200k", Decimal(200_000))


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
        prices = {name: each for name, field in _NAMES.items() if (each := _each(cost, field)) is not None}
        if prices and len(key) <= MAX_ID_LENGTH:
            long, notes = long_prices(_tiers(cost))
            if not long and any(isinstance(value, dict | list) and value for value in cost.values()):
                notes |= {Note.TIERS}
            yield Offer(key, {**prices, CALL_PRICE: (), **long}, notes)


def _tiers(cost: Mapping[str, Any]) -> Iterator[Tier]:
    """Yield the tiers by the length of the question; those of older tables only where there are no others."""
    name, above = _OLDER
    told = [mapping(one) for one in sequence(cost.get("tiers"))] or [mapping(cost.get(name))]
    for one in told:
        begin = mapping(one.get("tier"))
        is_of_length = begin.get("type") == "context"
        size = above if not cost.get("tiers") else price(begin.get("size")) if is_of_length else None
        yield size, _each(one, "input"), _each(one, "output")


def _each(cost: Mapping[str, Any], field: str) -> Factors | None:
    value = price(cost.get(field))
    return None if value is None else (value,)
