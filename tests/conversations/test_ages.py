"""The days that head the sidebar's list."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from conversations.templatetags.ages import age, age_name


@pytest.mark.parametrize(
    ("days", "heading"),
    [
        (-1, "Today"),
        (0, "Today"),
        (1, "Yesterday"),
        (2, "Last 7 days"),
        (7, "Last 7 days"),
        (8, "Last 30 days"),
        (30, "Last 30 days"),
        (31, "Older"),
        (4000, "Older"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_row_is_headed_by_its_day_in_the_readers_zone(
    monkeypatch: pytest.MonkeyPatch, zone: str, days: int, heading: str
) -> None:
    here = ZoneInfo(zone)
    now = datetime(2026, 3, 1, 0, 30, tzinfo=here)
    monkeypatch.setattr(timezone, "now", lambda: now)
    with timezone.override(here):
        earliest = (now - timedelta(days=days)).replace(minute=0)
        assert age_name(age(earliest)) == age_name(age(earliest.replace(hour=23))) == heading
