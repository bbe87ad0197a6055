"""Plain calls without anybody's words, which tell whether a vendor refuses one question or all."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid4

from django.db import Error

from conversations.models import UsageRecord
from conversations.models.spending import NOBODY
from conversations.usage import ledger
from conversations.usage.billing import BillingContext
from conversations.usage.estimates import Meter
from conversations.usage.ledger import Call
from conversations.workers import database_threads
from providers.client.route import Route
from providers.client.stream import Stream
from providers.encryption.sealing import Locked
from providers.endpoints.detection import QUESTION
from providers.errors import KeyWithdrawn, VendorError
from providers.models import ApiKey
from providers.pool import cooldown, leases
from providers.types import Part, Prompt, Turn

PAUSE_SECONDS = 60.0
"""Seconds between two plain calls with the same key and model."""
_MAX_TOKENS = 200

_calls = ThreadPoolExecutor(2, thread_name_prefix="plain-call")
_asked: dict[tuple[UUID | None, UUID | None], float] = {}
_lock = threading.Lock()
_logger = logging.getLogger(__name__)


def confirm(route: Route, payer: BillingContext) -> None:
    """Start a plain call to learn whether this route refuses all questions; returns at once."""
    way, now = (route.key_id, route.deployment), time.monotonic()
    with _lock:
        if now - _asked.get(way, -PAUSE_SECONDS) < PAUSE_SECONDS:
            return
        _asked[way] = now
    nobody = replace(payer, reply=NOBODY, conversation=NOBODY, user=None, team=None, purpose=UsageRecord.Purpose.CHECK)
    _calls.submit(_ask, route, nobody)


def _ask(route: Route, payer: BillingContext) -> None:
    holder = uuid4()
    try:
        if database_threads.submit_change(_has_a_place, route, holder).result():
            call, error = _called(route)
            database_threads.submit_change(_conclude, route, payer, call, error, holder).result()
    except Error:
        _logger.exception("What a plain call has found could not be written.")


def _has_a_place(route: Route, holder: UUID) -> bool:
    key = ApiKey.objects.filter(pk=route.key_id).first() if route.key_id else None
    return key is None or leases.acquire(key, holder) is None


def _called(route: Route) -> tuple[Call, VendorError | None]:
    """Call the vendor up to the first delta, which is enough."""
    parameters = {"max_tokens": _MAX_TOKENS}
    prompt = Prompt(route.vendor_id, (Turn("user", (Part("text", QUESTION),)),), parameters=parameters)
    meter, begun = Meter(prompt), time.monotonic()
    stream: Stream | None = None
    error: VendorError | None = None
    try:
        with route.stream(prompt) as stream:
            for delta in stream:
                meter.count(delta)
                break
    except VendorError as failure:
        error = failure
    except Locked as locked:
        error = KeyWithdrawn(because=str(locked))
    used = meter.read(stream.usage if stream else None, False)
    milliseconds = round(1000 * (time.monotonic() - begun))
    outcome = error.code if error else "complete"
    first = milliseconds if meter.has_begun else None
    call = Call(route, outcome, used.usage, used.is_estimated, first, milliseconds, parameters=parameters)
    return call, error


def _conclude(route: Route, payer: BillingContext, call: Call, error: VendorError | None, holder: UUID) -> None:
    ledger.record(payer, call)
    if error is None:
        cooldown.mark_working(route)
    else:
        cooldown.mark_refused_plainly(route, error, holder)
    leases.release(holder)
