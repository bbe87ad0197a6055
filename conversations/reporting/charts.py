"""Column charts over time, as whole numbers for an SVG template; words and scales are beside the drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from conversations.reporting.periods import Period

HEIGHT = 1000
_SLOT, _GAP = 10, 2
_MAX_COLUMNS = 92


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a column: its place, and its series (the first is 1)."""

    x: int
    y: int
    height: int
    series: int


@dataclass(frozen=True, slots=True)
class Column:
    """A day, or the month that begins with it."""

    begins: date
    total: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart; `top` is the amount at the upper edge."""

    columns: tuple[Column, ...]
    top: int
    by_month: bool

    @property
    def width(self) -> int:
        return _SLOT * len(self.columns)

    @property
    def bar_width(self) -> int:
        return _SLOT - _GAP

    @property
    def middle(self) -> Column:
        return self.columns[len(self.columns) // 2]

    @property
    def is_empty(self) -> bool:
        return not any(column.total for column in self.columns)


def chart(period: Period, series: Sequence[Mapping[date, int]]) -> Chart:
    """Return the series stacked in this order, by day or, for a long period, by month."""
    by_month = period.length > _MAX_COLUMNS
    begins = sorted({_begin(day, by_month) for day in period.days()})
    amounts = [_gathered(one, by_month) for one in series]
    top = _round_up(max(sum(one.get(day, 0) for one in amounts) for day in begins))
    columns = tuple(_column(place, day, amounts, top) for place, day in enumerate(begins))
    return Chart(columns, top, by_month)


def _column(place: int, day: date, series: Sequence[Mapping[date, int]], top: int) -> Column:
    blocks, reached = list[Block](), 0
    for number, amounts in enumerate(series, 1):
        below, reached = reached, reached + amounts.get(day, 0)
        low, high = below * HEIGHT // top, reached * HEIGHT // top
        if reached > below:
            blocks.append(Block(place * _SLOT + _GAP // 2, HEIGHT - high, max(1, high - low), number))
    return Column(day, reached, tuple(blocks))


def _gathered(amounts: Mapping[date, int], by_month: bool) -> dict[date, int]:
    found: dict[date, int] = {}
    for day, amount in amounts.items():
        begin = _begin(day, by_month)
        found[begin] = found.get(begin, 0) + amount
    return found


def _begin(day: date, by_month: bool) -> date:
    return day.replace(day=1) if by_month else day


def _round_up(amount: int) -> int:
    """Return the next number of 1, 2 or 5 and noughts, because half of it is a round number too."""
    power = 1
    while amount > 10 * power:
        power *= 10
    return next(step * power for step in (1, 2, 5, 10) if step * power >= amount)
