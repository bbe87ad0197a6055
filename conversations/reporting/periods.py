"""Periods of days for the reports."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from conversations.usage.daily_sums import day_of
from providers import clock

DEFAULT_DAYS = 30
MAX_DAYS = 366


@dataclass(frozen=True, slots=True)
class Period:
    """Days, both ends included."""

    first: date
    last: date

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    def days(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range(self.length))

    def newest(self, length: int) -> "Period":
        """Return the last days of the period, at most so many."""
        return Period(max(self.first, self.last - timedelta(days=length - 1)), self.last)

    @classmethod
    def until_today(cls, length: int = DEFAULT_DAYS) -> "Period":
        today = day_of(clock.now())
        return cls(today - timedelta(days=length - 1), today)
