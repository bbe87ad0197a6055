"""A list of prices as all sources give it: for each model the factors of each price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from math import prod

TOKEN_PRICES = ("input_price", "output_price", "cached_price", "written_price", "thought_price")
"""Prices of a million tokens."""
CALL_PRICE = "call_price"
LONG_ABOVE = "long_above"
"""The number of tokens of input above which a call is a long one."""
LONG = (LONG_ABOVE, "long_input_price", "long_output_price")
"""Columns that are set together: a long call needs its number of tokens and a price."""
PRICES = (*TOKEN_PRICES, CALL_PRICE, *LONG)
MAX_MODELS = 20_000
MAX_ID_LENGTH = 200
MAX_GROUPS = 100
USD, CNY = "USD", "CNY"
_LARGEST = Decimal("999999.999999")
_STEP = Decimal("0.000001")
_MOST_TOKENS = 2**31 - 1


class Note(StrEnum):
    """A reason to look twice at an offer; the last two have no price."""

    TIERS = "tiers"
    FURTHER_TIERS = "further_tiers"
    OTHER_GROUP = "other_group"
    LEAP = "leap"
    EXPRESSION = "expression"
    VARIES = "varies"


Factors = tuple[Decimal, ...]
Tier = tuple[Decimal | None, Factors | None, Factors | None]
"""The tokens of input above which it holds, and its prices of input and output; None: as for shorter calls."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The prices of one model in the vendor's money. Empty factors: there is no such price; absent: it is unknown."""

    model: str
    prices: Mapping[str, Factors]
    notes: frozenset[Note] = frozenset()


@dataclass(frozen=True, slots=True)
class PriceList:
    """The offers by model.

    `currency` is the one that such a list usually has. `groups` are the groups of keys with their ratios. `chosen` is
    the group, or the vendor within a table of many, that has these prices.
    """

    offers: Mapping[str, Offer]
    currency: str = USD
    groups: Mapping[str, Decimal] = field(default_factory=dict)
    chosen: str = ""

    def offer(self, model: str) -> Offer | None:
        """Return the offer for this vendor's id of a model, whatever its case."""
        return self.offers.get(model) or self.offers.get(model.casefold())


def price_list(offers: Iterable[Offer], **told: object) -> PriceList:
    """Return a list of these offers; of two for one model the first counts.

    In a list that has prices of long calls for any model, the others have none.
    """
    found: dict[str, Offer] = {}
    for offer in offers:
        found.setdefault(offer.model, offer)
    if any(offer.prices.get(LONG_ABOVE) for offer in found.values()):
        found = {model: _with_long_prices_known(offer) for model, offer in found.items()}
    for offer in list(found.values()):
        found.setdefault(offer.model.casefold(), offer)
    return PriceList(found, **told)  # type: ignore[arg-type]


def long_prices(tiers: Iterable[Tier]) -> tuple[dict[str, Factors], frozenset[Note]]:
    """Return the prices of a long call by the lowest of these tiers; a note tells of further ones."""
    known = sorted(
        (int(above), asked, said)
        for above, asked, said in tiers
        if above is not None and 0 < above <= _MOST_TOKENS and not (asked is None and said is None)
    )
    if not known:
        return {}, frozenset()
    prices = zip(LONG, ((Decimal(known[0][0]),), known[0][1] or (), known[0][2] or ()), strict=True)
    return dict(prices), frozenset({Note.FURTHER_TIERS} if len({above for above, *_ in known}) > 1 else ())


def _with_long_prices_known(offer: Offer) -> Offer:
    return replace(offer, prices={**dict.fromkeys(LONG, ()), **offer.prices}) if offer.prices else offer


def is_name(text: str) -> bool:
    """Return whether this may stand on a page as the name of a group, or of a vendor."""
    return 0 < len(text) <= MAX_ID_LENGTH and text.isprintable() and text == text.strip()


def product(factors: Factors, rate: Decimal) -> Decimal | None:
    """Return a price in the site's currency, or None for empty factors and for what no price field holds."""
    if not factors:
        return None
    value = prod(factors, start=rate)
    return value.quantize(_STEP, ROUND_HALF_UP) if value <= _LARGEST else None
