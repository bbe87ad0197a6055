"""What time it is, asked in one place: tests turn this clock."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    return timezone.now()
