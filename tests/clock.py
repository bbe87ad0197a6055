"""A clock that only a test moves."""

from datetime import datetime, timedelta

from django.utils import timezone


class Clock:
    """The current time for the pool and for budgets."""

    def __init__(self) -> None:
        self.begun = self._now = timezone.now()

    def now(self) -> datetime:
        return self._now

    def turn(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    real = staticmethod(timezone.now)
