"""Leases of keys that have a limit of calls at once or a minute."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from providers import clock
from providers.models import ApiKey
from providers.models.health import Lease

_MINUTE = timedelta(minutes=1)
_NOTE_USE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class AtCapacity:
    """A key that takes no call now. `until` is the time when it does, or None if a call must end first."""

    until: datetime | None


def acquire(key: ApiKey, holder: UUID) -> AtCapacity | None:
    """Return None if a call with this key may begin, else AtCapacity. Stores a lease for a key with limits.

    A key without limits costs one write a minute.
    """
    now = clock.now()
    if key.is_capped:
        with transaction.atomic():
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)  # first: its row lock makes the count correct
            return _counted(key, holder, now)
    if key.last_used_at is None or now - key.last_used_at >= _NOTE_USE_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return None


def release(holder: UUID) -> None:
    """End the holder's leases. An ended lease still counts among the calls of its minute."""
    Lease.objects.filter(holder=holder, ended_at=None).update(ended_at=clock.now())


def holders() -> dict[UUID, datetime]:
    """Return the ids of the replies and other calls that hold a lease that has not ended, and since when."""
    return dict(Lease.objects.filter(ended_at=None).values_list("holder", "started_at"))


def _counted(key: ApiKey, holder: UUID, now: datetime) -> AtCapacity | None:
    release(holder)  # an unused lease, taken before another write failed
    calls = Lease.objects.filter(key=key)
    calls.filter(ended_at__isnull=False, started_at__lte=now - _MINUTE).delete()
    if key.max_concurrent and calls.filter(ended_at=None).count() >= key.max_concurrent:
        return AtCapacity(None)
    recent = list(calls.filter(started_at__gt=now - _MINUTE).order_by("-started_at")[: key.max_per_minute or 0])
    if key.max_per_minute and len(recent) >= key.max_per_minute:
        return AtCapacity(recent[-1].started_at + _MINUTE)
    Lease.objects.create(key=key, holder=holder, started_at=now)
    return None
