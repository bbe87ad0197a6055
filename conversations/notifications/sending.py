"""The sending of waiting events: each target is told by one process at a time, a few times at most."""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from conversations.mail import letters
from conversations.models import Delivery, Notification, Target
from conversations.models.notifications.delivery import MAX_WAITING, DeliveryQuerySet
from conversations.models.notifications.delivery_status import DeliveryStatus
from conversations.notifications import robots
from conversations.notifications.routing import may_tell
from conversations.notifications.wording import told
from conversations.workers.thread_pool import ThreadPool
from providers.encryption import sealing
from providers.errors import AddressRefused
from providers.models import Endpoint
from providers.transport import egress
from providers.transport.network import Network
from providers.transport.posting import Answer, post
from providers.wires.vendor_errors import waits

MAX_THREADS = 4
MAX_TARGETS_AT_ONCE = 50
MAX_SECONDS = 20
"""Seconds of one claim in which further posts begin, where each tells one event."""
MAX_LINES = 20
"""Events in one post to a robot."""
MAILED = 250
"""The answer of a mail server that has taken a letter."""
MAX_ATTEMPTS = 6
MAX_FAILURES = 12
"""Failures in a row after which a target is switched off."""
PACE = timedelta(seconds=3)
"""Time between two posts to a robot: those of DingTalk and WeCom take 20 a minute."""
BETWEEN_LETTERS = timedelta(hours=1)
FIRST_PAUSE, LONGEST_PAUSE = 10.0, 3600.0
_GONE = {"404", "410"}
"""Answers about a browser that will never be there again."""
_FINAL = {"400", "401", "403", "404", "405", "410", "413", "address_refused", "bad_request", "locked"}
"""Outcomes that another try would not change."""
_queued: set[UUID] = set()
"""Targets that wait for a thread of this process, or are told by one."""
_logger = logging.getLogger(__name__)
_pool = ThreadPool("notifier", MAX_THREADS, each=lambda _: 1, kept=0)


def send() -> None:
    """Begin to tell the targets for which something waits, one at a time for each person who has made some.

    Else the slow targets of many teams with one lead would take all threads.
    """
    for target in Target.objects.due().exclude(pk__in=list(_queued))[:MAX_TARGETS_AT_ONCE]:
        _queued.add(target.pk)
        owner = target.created_by_id or target.person_id or target.team_id
        _pool.submit_for(owner, partial(_in_thread, target.pk)).add_done_callback(partial(_done, target.pk))


def _in_thread(key: UUID) -> None:
    close_old_connections()
    tell(key)


def _done(key: UUID, work: "Future[None]") -> None:
    _queued.discard(key)
    if problem := work.exception():
        _logger.error("What happened could not be told.", exc_info=problem)


def tell(key: UUID) -> None:
    """Tell a target what waits for it, the oldest first, a webhook event by event; unless another process does."""
    rows = Target.objects.filter(pk=key)
    if not rows.claim():
        return
    target = rows.select_related("person", "team", "created_by", "session").get()
    if target.is_signed_out:
        target.delete()
        return
    until = time.monotonic() + MAX_SECONDS
    while batch := _begin(target):
        is_taken = _tell(target, batch)
        if not is_taken or target.form not in robots.ONE_BY_ONE:
            return
        target.failures = 0
        if time.monotonic() > until:
            break
    Delivery.objects.trim(target)  # also of what was dropped
    rows.update(claimed_until=None)


def _tell(target: Target, batch: Sequence[Delivery]) -> bool:
    answer = _post(target, batch)
    outcome = answer.problem or (answer.status != MAILED and robots.refusal(target.form, answer.status, answer.body))
    rows = Delivery.objects.filter(pk__in=[one.pk for one in batch])
    if not outcome:
        rows.end(DeliveryStatus.SENT, str(answer.status))
        target.rest(_soon(target), failed=False, is_kept=target.form in robots.ONE_BY_ONE)
    elif target.form == Target.Form.PUSH and outcome in _GONE:
        target.delete()
        return False
    else:
        wait = waits.in_headers(answer.headers) or 0
        _fail(target, rows, outcome, wait, is_unknown=answer.has_left and not answer.status)
    Delivery.objects.trim(target)
    return not outcome


def _begin(target: Target) -> list[Delivery]:
    """Return the events of the next post, and note in their rows that it begins.

    One that was begun before without a result is told once more, and says so. It is not told a third time.
    """
    waiting = Delivery.objects.waiting().filter(target=target)
    waiting.filter(is_repeated=True, started_at__isnull=False).end(DeliveryStatus.FAILED, "unknown")
    waiting.filter(started_at__isnull=False).update(is_repeated=True)
    several = MAX_WAITING if target.form == Target.Form.MAIL else MAX_LINES
    several = 1 if target.form in robots.ONE_BY_ONE else several
    rows = waiting.select_related("conversation__project", "message", "team", "by").order_by("pk")
    batch = list[Delivery]()
    while not batch and (first := list(rows[:several])):
        batch = [one for one in first if may_tell(target, one)]
        dropped = {one.pk for one in first} - {one.pk for one in batch}
        Delivery.objects.filter(pk__in=dropped).end(DeliveryStatus.DROPPED)
    if target.form != Target.Form.MAIL:
        batch = batch[: robots.fitting(target.form, [told(target, one) for one in batch])]
    begun = Delivery.objects.filter(pk__in=[one.pk for one in batch])
    begun.update(started_at=timezone.now(), attempts=F("attempts") + 1)
    return batch


def _post(target: Target, batch: Sequence[Delivery]) -> Answer:
    words = [told(target, one) for one in batch]
    if target.form == Target.Form.MAIL:
        page = settings.CHATSITE_ORIGINS[0] + reverse("notifications")
        is_sent = target.person is not None and letters.send_digest(target.person, words, page)
        return Answer(status=MAILED) if is_sent else Answer(problem="not_mailed")
    try:
        make = lambda url, secret: robots.request(target.form, url, secret, words, time.time())  # noqa: E731
        return post(target.address, target.signing or None, make, network())
    except sealing.Locked:
        return Answer(problem="locked")


def _fail(target: Target, rows: DeliveryQuerySet, outcome: str, wait: float, *, is_unknown: bool) -> None:
    """Keep the events for another try, unless none would help; the target rests meanwhile, `wait` seconds at least.

    Where the post has left and no answer came, it may have arrived: `started_at` stays.
    """
    over = rows if outcome in _FINAL else rows.filter(attempts__gte=MAX_ATTEMPTS)
    over.end(DeliveryStatus.FAILED, outcome)
    rows.waiting().update(outcome=outcome)
    if not is_unknown:
        rows.waiting().update(started_at=None)
    pause = min(max(wait, FIRST_PAUSE * 4.0 ** min(target.failures, 10)), LONGEST_PAUSE)
    target.rest(timezone.now() + timedelta(seconds=pause), failed=True)
    if target.failures + 1 >= MAX_FAILURES:
        _switch_off(target)


def _switch_off(target: Target) -> None:
    Target.objects.filter(pk=target.pk).update(is_on=False)
    Delivery.objects.waiting().filter(target=target).end(DeliveryStatus.FAILED, "off")
    owner = target.person_id or (target.created_by and target.created_by.pk)
    if owner:
        Notification.objects.note_target_off(owner, target.pk, target.name)


def _soon(target: Target) -> datetime:
    """Return when the next post may follow."""
    if target.form in robots.ONE_BY_ONE:
        return timezone.now()
    return timezone.now() + (BETWEEN_LETTERS if target.form == Target.Form.MAIL else PACE)


def network() -> Network:
    """Return the network of targets: that of vendors, without the private hosts at which vendors are.

    Whoever may name a target may not talk to those.
    """
    taken = {_place(url) for url in Endpoint.objects.values_list("base_url", flat=True)}
    private = frozenset(one for one in settings.CHATSITE_PRIVATE_HOSTS if one.strip().lower() not in taken)
    return Network(private, settings.CHATSITE_PROXY, settings.CHATSITE_CA_FILE)


def _place(url: str) -> str:
    """Return the host and port of a vendor's address, or an empty text for what is none."""
    try:
        host, port, _scheme = egress.split(url)
    except AddressRefused:
        return ""
    return f"{host}:{port}"
