"""A new-api gateway's price as an expression, where it is one of tiers by the length of the question.

Source: new-api's billing expressions, as `len <= 200000 ? tier("a", p * 3 + c * 15) : tier("b", p * 6 + c * 22.5)`.
They are USD for a million tokens. `len` is all input, and `p` the part without a price of its own. `c` is the answer,
`cr` the input read from a cache, `cc` that written to one. Any other expression is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from providers.money.amounts import price

MAX_LENGTH = 4_000
MAX_TIERS = 20
_TOKEN = re.compile(
    r"""\s*(?:("[^"\\]*"|'[^'\\]*')|([A-Za-z_]\w*|\d[\d.]*(?:[eE][+-]?\d+)?|<=|[-+*/<?:(),]))""", re.ASCII
)
_VERSION = re.compile(r"\s*v\d+\s*:", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)

Tiers = list[tuple[Decimal, dict[str, Decimal]]]
"""For each tier, the tokens above which it holds, and prices by kind."""


def tiers_of(expression: str) -> Tiers:
    """Return the tiers of an expression, the lowest first, from 0 tokens on; none of any other form."""
    try:
        found = list(_tiers(_Words(expression)))
    except ValueError:
        return []
    starts = [above for above, _ in found]
    return found if starts == sorted(set(starts)) and all(prices.keys() & {"p", "c"} for _, prices in found) else []


class _Words:
    """The words of an expression, from the first on. Raises ValueError for what no expression holds."""

    def __init__(self, expression: str) -> None:
        text = _VERSION.sub("", expression.strip(), count=1) if len(expression) <= MAX_LENGTH else ""
        self._words, at = list[str](), 0
        while at < len(text):
            if not (match := _TOKEN.match(text, at)):
                raise ValueError(text[at])
            self._words.append(match[1] or match[2])
            at = match.end()
        self._words.reverse()

    def next(self) -> str:
        if not self._words:
            raise ValueError("it ends too early")
        return self._words.pop()

    def take(self, *wanted: str) -> str:
        if (word := self.next()) not in wanted:
            raise ValueError(word)
        return word

    def is_next(self, word: str) -> bool:
        return bool(self._words) and self._words[-1] == word

    @property
    def is_over(self) -> bool:
        return not self._words


def _tiers(words: _Words) -> Iterator[tuple[Decimal, dict[str, Decimal]]]:
    above = Decimal(0)
    for _ in range(MAX_TIERS):
        if not words.is_next("len") and not words.is_next("p"):
            yield above, _tier(words)
            if not words.is_over:
                raise ValueError("it goes on")
            return
        words.next()
        is_below = words.take("<=", "<") == "<"
        end = _number(words.next()) - is_below
        words.take("?")
        yield above, _tier(words)
        words.take(":")
        above = end
    raise ValueError("too many tiers")


def _tier(words: _Words) -> dict[str, Decimal]:
    words.take("tier")
    words.take("(")
    if words.next()[0] not in "\"'":
        raise ValueError("a tier has a name")
    words.take(",")
    prices = dict([_term(words)])
    while words.take("+", ")") == "+":
        kind, each = _term(words)
        if kind in prices:
            raise ValueError(kind)
        prices[kind] = each
    return prices


def _term(words: _Words) -> tuple[str, Decimal]:
    first = words.next()
    words.take("*")
    second = words.next()
    kind, number = (first, second) if _NAME.fullmatch(first) else (second, first)
    if not _NAME.fullmatch(kind):
        raise ValueError(kind)
    return kind, _number(number)


def _number(word: str) -> Decimal:
    if (number := price(word)) is None:
        raise ValueError(word)
    return number
