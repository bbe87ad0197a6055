"""The history of a key: its events, and its use by day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from conversations.models import DailySum
from conversations.reporting.periods import Period
from conversations.usage.daily_sums import day_of
from providers.models import ApiKey, HealthEvent
from providers.pool import cooldown

MAX_EVENTS = 100
DAYS_OF_USE = 14


@dataclass(frozen=True, slots=True)
class Entry:
    """An event, or all calls of a day."""

    at: datetime
    event: HealthEvent | None = None
    day: DailySum | None = None

    @property
    def date(self) -> date:
        return day_of(self.at)


def timeline(key: ApiKey, period: Period) -> list[Entry]:
    """Return the entries, newest first: all events, and each day of the last two weeks, placed at its end.

    What failed with a personal key is for its owner alone.
    """
    return sorted([*_events(key, period), *_days(key, period)], key=lambda entry: entry.at, reverse=True)


def _events(key: ApiKey, period: Period) -> Iterator[Entry]:
    begins = datetime.combine(period.first, time.min, timezone.get_default_timezone())
    events = HealthEvent.objects.filter(subject__in=[key.pk, *cooldown.pairs([key.pk])], at__gte=begins)
    if key.owner_id:
        events = events.exclude(kind__in=[HealthEvent.Kind.COOLED, HealthEvent.Kind.RETURNED])
    events = events.select_related("by").order_by("-at")
    return (Entry(event.at, event=event) for event in events[:MAX_EVENTS])


def _days(key: ApiKey, period: Period) -> Iterator[Entry]:
    days = (max(period.first, period.last - timedelta(days=DAYS_OF_USE - 1)), period.last)
    for day in DailySum.objects.filter(kind=DailySum.Kind.KEY, day__range=days, subject=key.pk):
        yield Entry(datetime.combine(day.day, time.max, timezone.get_default_timezone()), day=day)
