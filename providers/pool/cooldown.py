"""The cooldown of keys, endpoints and deployments that failed; afterwards one probing call is let through.

What rests after which error, and for how long, is in `blame`. A rate limit lasts as long as the vendor says.
"""

import random
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from providers import clock
from providers.client.route import Route
from providers.errors import OF_THE_ACCOUNT, RateLimited, VendorError
from providers.models import ApiKey, Deployment
from providers.models.health import HealthEvent, Trouble
from providers.pool import blame
from providers.pool.blame import Rests, Subject

_SHORT_SECONDS = 0.5
_MAX_TOLD_SECONDS = 15 * 60.0
_JITTER = 0.1
_LAST_RESORT_PAUSE = timedelta(seconds=10)
when_resting: list[Callable[[Trouble], None]] = []
"""Functions that are told of each cooldown in its own transaction."""


def pause(error: VendorError, failures: int) -> float:
    """Return the cooldown after the `failures`-th failure in a row: seconds.

    It is never shorter than the vendor's Retry-After, up to 15 minutes or the code's longest cooldown.
    """
    rule = blame.rule_of(error)
    grown = min(_doubled(rule.first, failures), rule.longest)
    if error.retry_after is not None:
        told = min(error.retry_after, max(_MAX_TOLD_SECONDS, rule.longest))
        is_limit = isinstance(error, RateLimited)
        grown = max(told, min(grown, 2 * _doubled(_SHORT_SECONDS, failures)) if is_limit else grown)
    return _spread(grown)


def short_pause(failures: int) -> float:
    """Return the pause of one message before it asks again where nobody else has to wait: seconds."""
    return _spread(_doubled(_SHORT_SECONDS, failures))


def _doubled(first: float, failures: int) -> float:
    return first * float(2 ** min(failures - 1, 16))


def _spread(seconds: float) -> float:
    return seconds * random.uniform(1, 1 + _JITTER)  # noqa: S311  # spreads the retries


def place_of(subject: Subject, route: Route) -> UUID | None:
    """Return the id of the subject on this route, None for nobody.

    Without a key, the endpoint stands for it, and the deployment for the pair.
    """
    match subject:
        case Subject.KEY:
            return route.key_id or route.endpoint
        case Subject.PAIR if route.key_id and route.deployment:
            return pair_of(route.key_id, route.deployment)
        case Subject.PAIR | Subject.DEPLOYMENT:
            return route.deployment
        case Subject.ENDPOINT:
            return route.endpoint
    return None


def place_of_error(error: VendorError, route: Route) -> UUID | None:
    """Return the id of what rests after this error on this route, None for nobody.

    The key stands in place of the pair if another of its models has met with the same. So it does if it has rested.
    """
    rule = blame.rule_of(error)
    if rule.widens and (key := place_of(Subject.KEY, route)):
        models = Deployment.objects.filter(endpoint=route.endpoint).values_list("pk", flat=True)
        known = {pair_of(route.key_id, pk) if route.key_id else pk for pk in models if pk != route.deployment}
        since = clock.now() - timedelta(seconds=rule.longest)
        if Trouble.objects.filter(subject__in=known | {key}, code=error.code, cooling_until__gt=since).exists():
            return key
    return place_of(rule.subject, route)


def mark_refused_plainly(route: Route, error: VendorError, holder: UUID) -> None:
    """Start a cooldown after a failed call that carried nobody's words, which ends all doubt."""
    rule = blame.rule_of(error)
    place = place_of_error(error, route)
    if place is not None and rule.rests is not Rests.NEVER:
        # A subject that is due for its probe has failed it, so that its next cooldown is longer.
        try_probe(place, holder, clock.now())
        mark_failed(place, error, holder, is_plain=True)


def mark_working(route: Route) -> None:
    """End the troubles that a call without anybody's words has disproved: of pair, deployment and endpoint."""
    subjects = (place_of(subject, route) for subject in (Subject.PAIR, Subject.DEPLOYMENT, Subject.ENDPOINT))
    _return(Trouble.objects.filter(subject__in={place for place in subjects if place}))


def mark_failed(subject: UUID, error: VendorError, holder: UUID, *, is_plain: bool = False) -> None:
    """Start a cooldown of this key, endpoint or deployment; a longer one if `holder` was probing it.

    With `is_plain` the failed call carried nobody's words.
    """
    now = clock.now()
    told = {"code": error.code, "text": blame.kept_text(error, is_plain=is_plain)}
    mine = Trouble.objects.filter(subject=subject, probed_by=holder).values_list("failures", flat=True).first()
    if mine is not None:
        until = now + timedelta(seconds=pause(error, mine + 1))
        with transaction.atomic():
            if Trouble.objects.filter(subject=subject, probed_by=holder).update(
                **told, failures=F("failures") + 1, cooling_until=until, probed_by=None, probed_until=None
            ):
                HealthEvent.note(subject, HealthEvent.Kind.COOLED, until=until, **told)
                _tell(Trouble.objects.get(pk=subject))
        return
    until = now + timedelta(seconds=pause(error, 1))
    try:
        with transaction.atomic():
            trouble = Trouble.objects.create(subject=subject, since=now, cooling_until=until, **told)
            HealthEvent.note(subject, HealthEvent.Kind.COOLED, until=until, **told)
            _tell(trouble)
    except IntegrityError:  # this call began before another call's failure was stored
        Trouble.objects.filter(subject=subject, cooling_until__lt=until).update(**told, cooling_until=until)


def _tell(trouble: Trouble) -> None:
    for told in when_resting:
        told(trouble)


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


def may_be_last_resort(subject: UUID) -> bool:
    """Return whether this subject's last failure is some seconds ago, so that a question may ask it early."""
    since = clock.now() - _LAST_RESORT_PAUSE
    return not HealthEvent.objects.filter(subject=subject, kind=HealthEvent.Kind.COOLED, at__gt=since).exists()


def mark_recovered(holder: UUID) -> None:
    """End the troubles that this holder has probed."""
    _return(Trouble.objects.filter(probed_by=holder))


def release_probe(holder: UUID) -> None:
    """Give the probe back without a result: the next caller may take it."""
    Trouble.objects.filter(probed_by=holder).update(probed_by=None, probed_until=None)


def holders() -> set[UUID]:
    """Return the ids of the replies that are probing."""
    return {holder for holder in Trouble.objects.values_list("probed_by", flat=True) if holder}


def resting_keys() -> list[tuple[ApiKey, Trouble]]:
    """Return the site's enabled keys whose account the vendor refuses now, each with its trouble."""
    refused = Trouble.objects.filter(code__in=OF_THE_ACCOUNT, cooling_until__gt=clock.now())
    troubles = {trouble.subject: trouble for trouble in refused}
    keys = ApiKey.objects.of_site().filter(enabled=True, pk__in=troubles).select_related("endpoint")
    return [(key, troubles[key.pk]) for key in keys] if troubles else []


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
