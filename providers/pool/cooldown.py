"""The cooldown of keys, endpoints and deployments that failed; afterwards one probing call is let through.

A refused key is probed after ten minutes, then twenty, up to six hours. An empty account is probed after an hour. A
rate limit lasts as long as the vendor says. A vendor that is down is probed after half a second, growing to a minute.
"""

import random
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from providers import clock
from providers.errors import VendorError
from providers.models import Deployment
from providers.models.health import HealthEvent, Trouble

MINUTE_SECONDS, HOUR_SECONDS = 60.0, 3600.0
_PAUSES: dict[str, tuple[float, float]] = {
    "key_refused": (10 * MINUTE_SECONDS, 6 * HOUR_SECONDS),
    "quota": (HOUR_SECONDS, 6 * HOUR_SECONDS),
    "model_not_found": (MINUTE_SECONDS, HOUR_SECONDS),
    "rate_limited": (2.0, MINUTE_SECONDS),
    "vendor_timeout": (15.0, 10 * MINUTE_SECONDS),
    "bad_reply": (15.0, 10 * MINUTE_SECONDS),
}
"""Seconds of the first cooldown and of the longest, by error code; each is twice the one before."""
_SHORT = (0.5, MINUTE_SECONDS)
_MAX_TOLD_SECONDS = 15 * MINUTE_SECONDS
_JITTER = 0.1


def pause(error: VendorError, failures: int) -> float:
    """Return the cooldown after the `failures`-th failure in a row: seconds.

    It is never shorter than the vendor's Retry-After, up to 15 minutes or the code's longest cooldown.
    """
    first, longest = _PAUSES.get(error.code, _SHORT)
    grown = min(first * float(2 ** min(failures - 1, 16)), longest)
    if error.retry_after is not None:
        told = min(error.retry_after, max(_MAX_TOLD_SECONDS, longest))
        grown = max(told, min(grown, _SHORT[0] * float(2**failures)) if error.code == "rate_limited" else grown)
    return grown * random.uniform(1, 1 + _JITTER)  # noqa: S311  # spreads the retries


def mark_failed(subject: UUID, error: VendorError, holder: UUID) -> None:
    """Start a cooldown of this key, endpoint or deployment; a longer one if `holder` was probing it."""
    now = clock.now()
    told = {"code": error.code, "text": error.kept_text}
    mine = Trouble.objects.filter(subject=subject, probed_by=holder).values_list("failures", flat=True).first()
    if mine is not None:
        until = now + timedelta(seconds=pause(error, mine + 1))
        if Trouble.objects.filter(subject=subject, probed_by=holder).update(
            **told, failures=F("failures") + 1, cooling_until=until, probed_by=None, probed_until=None
        ):
            HealthEvent.note(subject, HealthEvent.Kind.COOLED, until=until, **told)
        return
    until = now + timedelta(seconds=pause(error, 1))
    try:
        with transaction.atomic():
            Trouble.objects.create(subject=subject, since=now, cooling_until=until, **told)
            HealthEvent.note(subject, HealthEvent.Kind.COOLED, until=until, **told)
    except IntegrityError:  # this call began before another call's failure was stored
        Trouble.objects.filter(subject=subject, cooling_until__lt=until).update(**told, cooling_until=until)


def try_probe(subject: UUID, holder: UUID, until: datetime, early: bool = False) -> bool:
    """Claim the probe of a subject, and return whether the claim succeeded.

    No other holder may probe it before `until`, or before this one's result. With `early` the cooldown need not be
    over.
    """
    now = clock.now()
    known = Trouble.objects.filter(subject=subject)
    due = known if early else known.filter(cooling_until__lte=now)
    free = due.filter(probed_by=None) | due.filter(probed_until__lt=now) | due.filter(probed_by=holder)
    return bool(free.update(probed_by=holder, probed_until=until))


def mark_recovered(holder: UUID) -> None:
    """End the troubles that this holder has probed."""
    _return(Trouble.objects.filter(probed_by=holder))


def release_probe(holder: UUID) -> None:
    """Give the probe back without a result: the next caller may take it."""
    Trouble.objects.filter(probed_by=holder).update(probed_by=None, probed_until=None)


def holders() -> set[UUID]:
    """Return the ids of the replies that are probing."""
    return {holder for holder in Trouble.objects.values_list("probed_by", flat=True) if holder}


def pair_of(key: UUID, deployment: UUID) -> UUID:
    """Return the subject id of a key with one deployment: that pair may fail while both work."""
    return uuid5(key, str(deployment))


def places(key: UUID | None, endpoint: UUID | None, deployment: UUID | None) -> list[UUID]:
    """Return all subjects whose trouble affects a call with these three."""
    pair = pair_of(key, deployment) if key and deployment else None
    return [place for place in (key, endpoint, deployment, pair) if place]


def pairs(around: Collection[UUID] | None = None) -> dict[UUID, tuple[UUID, UUID]]:
    """Return the key and the deployment of each pair, by the pair's subject id.

    With `around`, only the pairs of these keys, endpoints and deployments.
    """
    wanted = Q(endpoint__keys__isnull=False)
    if around is not None:
        wanted &= Q(pk__in=around) | Q(endpoint__in=around) | Q(endpoint__keys__in=around)
    rows = Deployment.objects.filter(wanted)  # one filter: a second one would join the keys again, and return them all
    return {pair_of(key, pk): (key, pk) for pk, key in rows.values_list("pk", "endpoint__keys")}


def reset(subjects: Iterable[UUID]) -> None:
    """Delete the troubles of these subjects and of pairs with them, after somebody changed or tested a subject."""
    if Trouble.objects.exists():
        known = list(subjects)
        _return(Trouble.objects.filter(subject__in=[*known, *pairs(known)]))


def _return(troubles: QuerySet[Trouble]) -> None:
    """Delete the troubles; the process whose DELETE removed a row logs the return."""
    for subject in troubles.values_list("subject", flat=True):
        if troubles.filter(pk=subject).delete()[0]:
            HealthEvent.note(subject, HealthEvent.Kind.RETURNED)
