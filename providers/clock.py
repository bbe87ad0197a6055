"""The current time, in one place, so that tests can replace it."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    return timezone.now()
