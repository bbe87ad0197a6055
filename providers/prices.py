"""The cost of tokens, in whole millionths of the site's currency."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from providers.types import Usage

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of a million tokens each, of a call, of a picture, and of a minute of heard speech.

    Beside them is the price of a million characters that are read aloud.

    Cached tokens, and those written to a cache, cost as much as input without a price of their own. Thoughts cost as
    much as output then.
    """

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    thought: Decimal | None = None
    written: Decimal | None = None
    call: Decimal = Decimal(0)
    picture: Decimal = Decimal(0)
    minute: Decimal = Decimal(0)
    characters: Decimal = Decimal(0)
    long: LongPrices | None = None

    def cost(self, usage: Usage) -> int:
        """Return the cost of a call: millionths of the currency.

        A price per million tokens is a number of millionths per token. Input counts include cached and written tokens.
        A call without tokens came to nothing and costs nothing.
        """
        if self.long and (usage.input_tokens or 0) > self.long.above:
            return self.long.instead_of(self).cost(usage)
        cached = min(usage.cached_tokens or 0, usage.input_tokens or 0)
        written = min(usage.written_tokens or 0, (usage.input_tokens or 0) - cached)
        exact = (
            ((usage.input_tokens or 0) - cached - written) * self.input
            + cached * (self.input if self.cached is None else self.cached)
            + written * (self.input if self.written is None else self.written)
            + (usage.output_tokens or 0) * self.output
            + (usage.thought_tokens or 0) * (self.output if self.thought is None else self.thought)
            + (self.call * MICRO if usage.input_tokens or usage.output_tokens else 0)
            + (usage.pictures or 0) * self.picture * MICRO
            + (usage.characters or 0) * self.characters
            + Decimal(str(usage.seconds or 0)) / 60 * self.minute * MICRO
        )
        return int(exact.to_integral_value(ROUND_HALF_UP))

    def most(self, usage: Usage) -> int:
        """Return the most that a call of guessed tokens costs: all of its input may go into a cache."""
        return max(self.cost(usage), self.cost(replace(usage, written_tokens=usage.input_tokens)))


@dataclass(frozen=True, slots=True)
class LongPrices:
    """The prices of a call with more tokens of input than `above`. None is the price of a shorter one."""

    above: int
    input: Decimal | None
    output: Decimal | None

    def instead_of(self, usual: Prices) -> Prices:
        """Return the prices of a long call. What is cached, written or thought costs more by the same factor."""
        asked = usual.input if self.input is None else self.input
        said = usual.output if self.output is None else self.output
        cached, written = (_scaled(price, usual.input, asked) for price in (usual.cached, usual.written))
        thought = _scaled(usual.thought, usual.output, said)
        return replace(usual, input=asked, output=said, cached=cached, written=written, thought=thought, long=None)


def _scaled(price: Decimal | None, before: Decimal, after: Decimal) -> Decimal | None:
    return price if price is None or not before else price * after / before


def written(millionths: int) -> str:
    """Return an amount as text: two decimals, or four or six for a small one."""
    amount = millionths / MICRO
    if abs(amount) >= 0.1 or not amount:
        return f"{amount:,.2f}"
    return f"{amount:.4f}" if abs(amount) >= 0.0001 else f"{amount:.6f}"


def plain(amount: Decimal) -> str:
    """Return an amount without an exponent and trailing noughts."""
    return f"{amount.normalize():f}"


def micro(amount: Decimal) -> int:
    """Return an amount of the currency in millionths."""
    return int((amount * MICRO).to_integral_value(ROUND_HALF_UP))
