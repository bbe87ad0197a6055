"""Keys that may only be used so often at once, or so often a minute."""

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
    """This key takes no call now; `until` is when it does, if that is known before another call has ended."""

    until: datetime | None


def acquire(key: ApiKey, holder: UUID) -> AtCapacity | None:
    """A place among the calls with this key, or why there is none. A key without caps costs one write a minute."""
    now = clock.now()
    if key.is_capped:
        with transaction.atomic():
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)  # first: it is the lock that makes the count true
            return _counted(key, holder, now)
    if key.last_used_at is None or now - key.last_used_at >= _NOTE_USE_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return None


def release(holder: UUID) -> None:
    """The call has ended; it goes on to count among those of its minute."""
    Lease.objects.filter(holder=holder, ended_at=None).update(ended_at=clock.now())


def holders() -> set[UUID]:
    """Who is calling, as far as the rows say."""
    return set(Lease.objects.filter(ended_at=None).values_list("holder", flat=True))


def _counted(key: ApiKey, holder: UUID, now: datetime) -> AtCapacity | None:
    release(holder)  # what it took before a write failed, and has not used
    calls = Lease.objects.filter(key=key)
    calls.filter(ended_at__isnull=False, started_at__lte=now - _MINUTE).delete()
    if key.max_concurrent and calls.filter(ended_at=None).count() >= key.max_concurrent:
        return AtCapacity(None)
    recent = list(calls.filter(started_at__gt=now - _MINUTE).order_by("-started_at")[: key.max_per_minute or 0])
    if key.max_per_minute and len(recent) >= key.max_per_minute:
        return AtCapacity(recent[-1].started_at + _MINUTE)
    Lease.objects.create(key=key, holder=holder, started_at=now)
    return None
