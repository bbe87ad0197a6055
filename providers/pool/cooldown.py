"""How long what failed is left alone, and how it comes back: by one call that is let through when the time is over.

A refused key is probed after ten minutes, then twenty, up to six hours; an empty account after an hour; too many calls
as the vendor tells; a vendor that is away after half a second, growing to a minute.
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

MINUTE, HOUR = 60.0, 3600.0
_PAUSES: dict[str, tuple[float, float]] = {
    "key_refused": (10 * MINUTE, 6 * HOUR),
    "quota": (HOUR, 6 * HOUR),
    "model_not_found": (MINUTE, HOUR),
    "rate_limited": (2.0, MINUTE),
    "vendor_timeout": (15.0, 10 * MINUTE),
    "bad_reply": (15.0, 10 * MINUTE),
}
"""Seconds of the first pause and of the longest, by error code; each pause is twice the one before."""
_SHORT = (0.5, MINUTE)
_LONGEST_TOLD = 15 * MINUTE
_JITTER = 0.1


def pause(error: VendorError, failures: int) -> float:
    """Seconds to wait after the `failures`-th failure in a row; never less than the vendor told, within reason."""
    first, longest = _PAUSES.get(error.code, _SHORT)
    grown = min(first * float(2 ** min(failures - 1, 16)), longest)
    if error.retry_after is not None:
        told = min(error.retry_after, max(_LONGEST_TOLD, longest))
        grown = max(told, min(grown, _SHORT[0] * float(2**failures)) if error.code == "rate_limited" else grown)
    return grown * random.uniform(1, 1 + _JITTER)  # noqa: S311  # so that not everybody comes back at once


def mark_failed(subject: UUID, error: VendorError, holder: UUID) -> None:
    """Leave this key, endpoint or deployment alone for a while: longer when it was given its chance just now."""
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
    except IntegrityError:  # a call that had begun before somebody else's failed
        Trouble.objects.filter(subject=subject, cooling_until__lt=until).update(**told, cooling_until=until)


def try_probe(subject: UUID, holder: UUID, until: datetime, early: bool = False) -> bool:
    """Whether this caller may find out if it works again; nobody else may before `until`, or before it is told.

    `early`: although it should rest still.
    """
    now = clock.now()
    known = Trouble.objects.filter(subject=subject)
    due = known if early else known.filter(cooling_until__lte=now)
    free = due.filter(probed_by=None) | due.filter(probed_until__lt=now) | due.filter(probed_by=holder)
    return bool(free.update(probed_by=holder, probed_until=until))


def mark_recovered(holder: UUID) -> None:
    """What this caller has probed works again."""
    _return(Trouble.objects.filter(probed_by=holder))


def release_probe(holder: UUID) -> None:
    """This caller has not found out anything: the next one may."""
    Trouble.objects.filter(probed_by=holder).update(probed_by=None, probed_until=None)


def holders() -> set[UUID]:
    """Who is finding out whether something works again."""
    return {holder for holder in Trouble.objects.values_list("probed_by", flat=True) if holder}


def pair_of(key: UUID, deployment: UUID) -> UUID:
    """A key with one model at its endpoint, as a subject of its own: that pair may fail while both work."""
    return uuid5(key, str(deployment))


def places(key: UUID | None, endpoint: UUID | None, deployment: UUID | None) -> list[UUID]:
    """Whatever may be wrong with a call that goes this way."""
    pair = pair_of(key, deployment) if key and deployment else None
    return [place for place in (key, endpoint, deployment, pair) if place]


def pairs(around: Collection[UUID] | None = None) -> dict[UUID, tuple[UUID, UUID]]:
    """The key and the deployment of each pair: of all, or of those around these keys, endpoints and deployments."""
    wanted = Q(endpoint__keys__isnull=False)
    if around is not None:
        wanted &= Q(pk__in=around) | Q(endpoint__in=around) | Q(endpoint__keys__in=around)
    rows = Deployment.objects.filter(wanted)  # at once: a second filter would ask for some key, and bring them all
    return {pair_of(key, pk): (key, pk) for pk, key in rows.values_list("pk", "endpoint__keys")}


def reset(subjects: Iterable[UUID]) -> None:
    """Somebody has changed something, or tested it: what was known of these, and of pairs with them, counts no more."""
    if Trouble.objects.exists():
        known = list(subjects)
        _return(Trouble.objects.filter(subject__in=[*known, *pairs(known)]))


def _return(troubles: QuerySet[Trouble]) -> None:
    """Only who deletes the row says that it is over."""
    for subject in troubles.values_list("subject", flat=True):
        if troubles.filter(pk=subject).delete()[0]:
            HealthEvent.note(subject, HealthEvent.Kind.RETURNED)
