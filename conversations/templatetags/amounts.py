"""How amounts are written on the administrator's pages."""

from decimal import Decimal

from django import template

from providers.prices import written

register = template.Library()


@register.filter
def money(millionths: int | None) -> str:
    """An amount of the site's currency."""
    return "–" if millionths is None else written(millionths)


@register.filter
def price(amount: Decimal | None) -> str:
    """As somebody would write it down."""
    return f"{(amount or Decimal(0)).normalize():f}"


@register.filter
def count(number: int | None) -> str:
    """A whole number whose thousands can be told apart."""
    return "–" if number is None else f"{number:,}"


@register.filter
def share(part: int, whole: int) -> str:
    """How much of the whole, in per cent."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    return f"{percent:.1f} %" if 0 < percent < 10 else f"{percent:.0f} %"


@register.filter
def seconds(milliseconds: float | None) -> str:
    """A time that people wait for."""
    if milliseconds is None:
        return "–"
    return f"{milliseconds / 1000:.2f} s" if milliseconds < 10_000 else f"{milliseconds / 1000:.0f} s"


@register.filter
def amount(number: int, measure: str) -> str:
    """As what is measured is written: money, or a number."""
    return money(number) if measure == "cost" else count(number)


@register.filter
def times(number: float, factor: float) -> int:
    """A whole number, for places in a drawing."""
    return round((number or 0) * factor)


@register.filter
def part_of(part: float | None, whole: float) -> int:
    """Thousandths of the whole, for places in a drawing."""
    return round(1000 * (part or 0) / whole) if whole else 0
