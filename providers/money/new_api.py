"""The price page of a new-api gateway: ratios, which are turned into money.

Source: new-api's /api/pricing and its ratio settings: 500,000 units of quota are one unit of money, a ratio of 1 is
0.002 of it for a thousand tokens, and each group of keys pays its own share. A model without `cache_ratio` has a price
of cached input that is unknown. `quota_type` 1 is a price for each call. A price may be an expression instead, which
has tiers by the length of the question. DMXAPI counts in CNY.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

from providers.money.amounts import price
from providers.money.expressions import tiers_of
from providers.money.price_list import (
    CALL_PRICE,
    LONG,
    MAX_GROUPS,
    MAX_ID_LENGTH,
    MAX_MODELS,
    TOKEN_PRICES,
    Factors,
    Note,
    Offer,
    PriceList,
    is_name,
    long_prices,
    price_list,
)
from providers.wires.json_values import mapping, sequence, string

_MILLION_AT_RATIO_1 = Decimal(2)
_FURTHER = {"output_price": "completion_ratio", "cached_price": "cache_ratio", "written_price": "create_cache_ratio"}
_IN_EXPRESSIONS = {"input_price": "p", "output_price": "c", "cached_price": "cr", "written_price": "cc"}
USUAL_GROUP = "default"


def read(answer: object, group: str, currency: str) -> PriceList:
    """Return the prices of a group of keys; without one, those of the usual group or of the first."""
    told = mapping(answer)
    ratios = dict(islice(_ratios(mapping(told.get("group_ratio")), group), MAX_GROUPS))
    chosen = group if group in ratios else next((name for name in (USUAL_GROUP, *ratios) if name in ratios), "")
    share = (ratios[chosen],) if chosen else ()
    offers = _offers(sequence(told.get("data")), chosen, share)
    return price_list(offers, currency=currency, groups=ratios, chosen=chosen)


def _ratios(told: Mapping[str, Any], *first: str) -> Iterator[tuple[str, Decimal]]:
    """Yield the groups with their ratios: the one that is asked for and the usual one, then the others."""
    for name in dict.fromkeys((*first, USUAL_GROUP, *told)):
        if is_name(name) and (ratio := price(told.get(name))) is not None:
            yield name, ratio


def _offers(entries: list[Any], group: str, share: Factors) -> Iterator[Offer]:
    for entry in map(mapping, entries[:MAX_MODELS]):
        model = string(entry.get("model_name")).strip()
        if 0 < len(model) <= MAX_ID_LENGTH:
            yield _offer(model, entry, group, share)


def _offer(model: str, entry: Mapping[str, Any], group: str, share: Factors) -> Offer:
    groups = sequence(entry.get("enable_groups"))
    notes = frozenset({Note.OTHER_GROUP} if group and groups and not {group, "all"} & _texts(groups) else ())
    if string(entry.get("billing_mode")) == "tiered_expr" or string(entry.get("billing_expr")):
        prices, further = _of_expression(string(entry.get("billing_expr")), share)
        return Offer(model, prices, notes | further)
    if entry.get("quota_type") == "1":
        each = price(entry.get("model_price"))
        nothing = dict.fromkeys((*TOKEN_PRICES, *LONG), ())
        return Offer(model, {} if each is None else {**nothing, CALL_PRICE: (each, *share)}, notes)
    return Offer(model, _of_tokens(entry, share), notes)


def _of_expression(expression: str, share: Factors) -> tuple[dict[str, Factors], frozenset[Note]]:
    tiers = tiers_of(expression)
    if not tiers:
        return {}, frozenset({Note.EXPRESSION})
    found = [
        (above, {name: (prices[kind], *share) for name, kind in _IN_EXPRESSIONS.items() if kind in prices})
        for above, prices in tiers
    ]
    (_, usual), *others = found
    long, notes = long_prices((above, each.get("input_price"), each.get("output_price")) for above, each in others)
    return {**dict.fromkeys(LONG, ()), **usual, **long, CALL_PRICE: ()}, notes


def _of_tokens(entry: Mapping[str, Any], share: Factors) -> dict[str, Factors]:
    ratio = price(entry.get("model_ratio"))
    if ratio is None:
        return {}
    base = (ratio, _MILLION_AT_RATIO_1)
    further = {name: price(entry.get(field)) for name, field in _FURTHER.items()}
    known = {name: (*base, factor, *share) for name, factor in further.items() if factor is not None}
    return {"input_price": (*base, *share), **known, CALL_PRICE: ()}


def _texts(values: list[Any]) -> set[str]:
    return {value for value in values if isinstance(value, str)}
