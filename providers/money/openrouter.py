"""A vendor's list of models with a price beside each, as OpenRouter and gateways like it have.

Source: OpenRouter's model list: texts, USD for one token, and for one request; -1 where it depends on the question. A
price of thoughts is there only where they cost something else than the answer, else 0. `overrides` are prices of calls
with more than `min_prompt_tokens` of input, or of hours of the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from providers.money.amounts import amount, price
from providers.money.price_list import (
    CALL_PRICE,
    MAX_ID_LENGTH,
    Factors,
    Note,
    Offer,
    PriceList,
    Tier,
    long_prices,
    price_list,
)
from providers.wires.json_values import mapping, sequence
from providers.wires.model_lists import id_of, models_in

_MILLION = Decimal(1_000_000)
_NAMES = {
    "input_price": "prompt",
    "output_price": "completion",
    "cached_price": "input_cache_read",
    "written_price": "input_cache_write",
}
_HOURS = frozenset({"utc_start", "utc_end"})


def read(answer: object) -> PriceList:
    """Return the prices beside the models of a list."""
    return price_list(_offers(answer))


def _offers(answer: object) -> Iterator[Offer]:
    for model in models_in(answer):
        pricing = mapping(model.get("pricing"))
        if pricing and len(id_of(model)) <= MAX_ID_LENGTH:
            yield _offer(id_of(model), pricing)


def _offer(model: str, pricing: Mapping[str, Any]) -> Offer:
    if (amount(pricing.get("prompt")) or 0) < 0 or (amount(pricing.get("completion")) or 0) < 0:
        return Offer(model, {}, frozenset({Note.VARIES}))
    prices = {name: each for name, field in _NAMES.items() if (each := _of_token(pricing, field)) is not None}
    if thoughts := price(pricing.get("internal_reasoning")):
        prices["thought_price"] = (thoughts, _MILLION)
    request = price(pricing.get("request"))
    overrides = [mapping(one) for one in sequence(pricing.get("overrides"))]
    long, notes = long_prices(map(_tier, overrides))
    if any(_tier(one)[0] is None for one in overrides):
        notes |= {Note.TIERS}
    return Offer(model, {**prices, CALL_PRICE: (request,) if request else (), **long} if prices else {}, notes)


def _tier(override: Mapping[str, Any]) -> Tier:
    above = None if _HOURS & override.keys() else price(override.get("min_prompt_tokens"))
    return above, _of_token(override, "prompt"), _of_token(override, "completion")


def _of_token(pricing: Mapping[str, Any], field: str) -> Factors | None:
    value = price(pricing.get(field))
    return None if value is None else (value, _MILLION)
