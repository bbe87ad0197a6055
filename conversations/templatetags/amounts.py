"""Filters for the amounts on administrators' pages."""

from decimal import Decimal

from django import template
from django.utils.translation import gettext

from providers.prices import plain, written

register = template.Library()


@register.filter
def money(millionths: int | None) -> str:
    """Return an amount of the site's currency."""
    return "–" if millionths is None else written(millionths)


@register.filter
def price(amount: Decimal | None) -> str:
    """Return a price without an exponent or trailing noughts, "–" for one that nobody has set."""
    return "–" if amount is None else plain(amount)


@register.filter
def count(number: int | None) -> str:
    """Return a whole number with its thousands separated."""
    return "–" if number is None else f"{number:,}"


@register.filter
def share(part: int, whole: int) -> str:
    """Return the part's share of the whole: per cent."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    return f"{percent:.1f} %" if 0 < percent < 10 else f"{percent:.0f} %"


@register.filter
def seconds(milliseconds: float | None) -> str:
    """Return a waiting time in seconds."""
    if milliseconds is None:
        return "–"
    number = f"{milliseconds / 1000:.2f}" if milliseconds < 10_000 else f"{milliseconds / 1000:.0f}"
    return gettext("%(number)s s") % {"number": number}


@register.filter
def amount(number: int, measure: str) -> str:
    """Return a number in the form of its measure: money, or a count."""
    return money(number) if measure == "cost" else count(number)


@register.filter
def times(number: float, factor: float) -> int:
    """Return the product as a whole number, for coordinates in a drawing."""
    return round((number or 0) * factor)


@register.filter
def part_of(part: float | None, whole: float) -> int:
    """Return the part as thousandths of the whole, for coordinates in a drawing."""
    return round(1000 * (part or 0) / whole) if whole else 0
