"""One call of a vendor for a reply: deltas to the hub, costs to the ledger, failures to the pool."""

import logging
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from django.db import Error

from conversations.content.parts import LivePart, Parts
from conversations.errors import Refused
from conversations.files import storage
from conversations.generation.outcomes import Outcome, outcome_of_end, outcome_of_error, outcome_of_stop
from conversations.generation.queue import queue
from conversations.generation.tool_rounds import Tools, count_sources, next_route
from conversations.live import LiveReply, hub
from conversations.usage import budgets, key_probes, ledger
from conversations.usage.billing import BillingContext
from conversations.usage.estimates import Meter, Used, pictures_asked
from conversations.usage.ledger import Call
from conversations.workers import database_threads
from providers.client.route import Route, remember
from providers.client.stream import Stream
from providers.encryption import sealing
from providers.errors import CutOff, KeyWithdrawn, ReplyTooLong, Stalled, VendorError, VendorTimeout
from providers.pool import blame
from providers.pool.blame import Rests
from providers.reading.size_limits import SizeLimit
from providers.transport.body.waits import BLOCKING, Wait
from providers.types import Delta, Part, Prompt, Usage
from providers.wires.parameters import drawing
from providers.wires.sources import further_on

MAX_GENERATED_FILES = 50
"""Files that one reply may contain."""

NO_ROOM = "The budget has no room for the rest of this reply."
_NOT_WAITED_FOR = (VendorTimeout, Stalled, KeyWithdrawn)
"""Ends of our own making: the vendor continues, and charges."""
_PERHAPS_DRAWN = (VendorTimeout, Stalled, CutOff)
"""Ends after which pictures may have been made: nobody pays for them a second time unasked."""

_logger = logging.getLogger(__name__)
_starting = ThreadPoolExecutor(2, thread_name_prefix="local-model")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: the route to the vendor, the prompt, the payer, and the parts that the reply begins with.

    `sources` are the passages that go with the question: they are the reply's first part once the vendor answers.
    `tools` is what the model may still ask for. `searches` is how often the vendor was let go on with a search of its
    own. `counted` is the usage of the reply's earlier calls, and `written` the number of characters that they wrote.
    """

    route: Route
    prompt: Prompt
    payer: BillingContext
    carried: tuple[LivePart, ...] = ()
    sources: Part | None = None
    tools: Tools | None = None
    searches: int = 0
    counted: Usage | None = None
    written: int = 0


def attempt(live: LiveReply, task: Attempt) -> Generator[Wait, None, Outcome | None]:
    """Call, and again as often as the vendor is to go on; returns None if another route may be tried."""
    queue.dequeue(live)
    live.waiting = None
    step: Attempt | Outcome | None = task
    while isinstance(step, Attempt):
        step = yield from _one_call(live, step)
    return step


def _one_call(live: LiveReply, task: Attempt) -> Generator[Wait, None, Attempt | Outcome | None]:
    """Call once; returns the next call, the outcome, or None if the call failed before a word."""
    trying = _Trying(live, task, Meter(task.prompt), begin=len(live.fed.text()))
    outcome, fault = "unavailable", None  # unless the call ends in one of the usual ways, the fault is ours
    try:
        yield from _call(trying)
        outcome = trying.error.code if trying.error else "stopped" if live.stopped else "complete"
    except Exception as ours:
        fault = ours
    yield BLOCKING
    used = trying.used()
    counted = used.counted.plus(task.counted)
    if fault is None and (trying.asks or trying.following):
        return _go_on(trying, trying.call(ledger.WENT_ON, used), counted)
    call = trying.call(outcome, used)
    if trying.is_plain and fault is None:
        live.owed.append(_Owed(task.payer, call))
        return outcome_of_end(live, trying.stream, counted)
    may_go_on = _record_now(trying, call)
    live.drawing = None
    if fault is not None:
        raise fault
    if trying.error is None:
        return outcome_of_end(live, trying.stream, counted)
    if may_go_on and not live.stopped:
        return None
    return outcome_of_error(live, trying.error.code, trying.error.text, trying.stream, counted)


def _go_on(trying: "_Trying", call: Call, counted: Usage) -> Attempt | Outcome:
    """Record the call, answer what the model asked for, and return the next call, or why there is none."""
    live, task, stream = trying.live, trying.task, trying.stream
    assert stream is not None
    try:
        database_threads.submit_change(_record_round, trying, call).result()
        prompt, shown = _following(trying)
        wrote = live.fed.text()[trying.begin :]
        is_apart = prompt.turns[-1].role == "user" and wrote.strip() and not wrote.endswith("\n\n")
        between = "\n\n" if is_apart else ""
        for delta in (*([Delta(between)] if between else []), *(Delta(part=part) for part in shown)):
            _feed(live, delta)
        route = next_route(task.route, stream.quirks, call.total_ms / 1000)
        if live.withdrawn and not live.stopped:
            raise KeyWithdrawn
        if not live.stopped:
            database_threads.submit_change(budgets.reserve_again, task.payer, route, prompt).result()
            if not live.stopped:
                carried = (LivePart(live.fed.text(), live.fed.thought()),)
                following = replace(task, route=route, prompt=prompt, carried=carried, sources=None, counted=counted)
                searches = task.searches + (stream.following is not None)
                return replace(following, searches=searches, written=task.written + len(wrote) + len(between))
        outcome = outcome_of_stop(live, stream, counted)
    except KeyWithdrawn as error:
        outcome = outcome_of_error(live, error.code, error.text, stream, counted)
    except Refused as refusal:
        outcome = outcome_of_error(live, refusal.code, NO_ROOM, stream, counted)
    except Error:
        _logger.exception("The files for reply %s could not be read; it ends with what it has.", live.id)
        live.owed.append(_Owed(task.payer, call, is_tried=True))
        outcome = outcome_of_error(live, "unavailable", "The database did not answer.", stream, counted)
    assert live.search is not None
    database_threads.submit_change(live.search.release)
    return outcome


def _following(trying: "_Trying") -> tuple[Prompt, list[Part]]:
    """Return the prompt of the next call, and what the reply shows of the answers in it."""
    assert trying.stream is not None
    if trying.stream.following is not None:
        return trying.stream.following, []
    tools = trying.task.tools
    assert tools is not None
    first = 1 + count_sources(list(trying.live.fed))
    answer = database_threads.submit_preparation(tools.answer, trying.task.prompt, list(trying.said), first)
    return answer.result()


def _record_round(trying: "_Trying", call: Call) -> None:
    """Record a call that another one follows; the key stays taken."""
    assert trying.live.search is not None
    assert trying.stream is not None
    ledger.record(trying.task.payer, call)
    trying.live.search.succeeded()
    remember(trying.task.route, trying.stream.quirks, trying.stream.sentences)


def _call(trying: "_Trying") -> Iterator[Wait]:
    live, task = trying.live, trying.task
    try:
        with _current_route(live, task.route).stream(task.prompt, task.searches) as trying.stream:
            live.drawing = trying.stream if task.route.pictures is not None else None
            live.attach(trying.stream, task.route.key_id)
            queue.wake_next()  # wakes the next in the line
            yield from _feed_hub(trying)
    except VendorError as failure:
        trying.error = failure
    except sealing.Locked as locked:
        trying.error = KeyWithdrawn(because=str(locked))


@dataclass(slots=True)
class _Trying:
    """One attempt under way: its meter, its stream and its error."""

    live: LiveReply
    task: Attempt
    meter: Meter
    stream: Stream | None = None
    error: VendorError | None = None
    gaps: int = 0
    said: Parts = field(default_factory=Parts)
    """All that came, as it came; kept only if the model may ask for files."""
    asked: list[Delta] = field(default_factory=list)
    begin: int = 0
    """Characters of the reply before this call."""
    begun: float = field(default_factory=time.monotonic)

    @property
    def is_plain(self) -> bool:
        """Return whether only the ledger's row is to be written, which then goes with the reply's end."""
        search, stream = self.live.search, self.stream
        assert search is not None
        has_learnt = stream is not None and stream.quirks != self.task.route.address.quirks
        return self.error is None and not (search.probes or search.leases or has_learnt)

    @property
    def asks(self) -> bool:
        """Return whether the model waits for answers that it may have."""
        finish = self.stream.finish if self.stream else None
        return bool(self.asked) and finish is not None and finish.reason == "tool_call" and self._may_go_on

    @property
    def following(self) -> bool:
        """Return whether the vendor goes on by itself if it is called again."""
        return self.stream is not None and self.stream.following is not None and self._may_go_on

    @property
    def _may_go_on(self) -> bool:
        return self.error is None and not (self.live.stopped or self.live.withdrawn)

    @property
    def may_have_drawn(self) -> bool:
        """Return whether the vendor may have made the pictures, and charge them, although none has come whole."""
        has_left = self.stream is not None and self.stream.has_left
        is_open = self.live.stopped or isinstance(self.error, (*_PERHAPS_DRAWN, KeyWithdrawn))
        return self.task.route.pictures is not None and has_left and is_open

    def used(self) -> Used:
        """Return the usage by the vendor's count; if we ended the call, an estimate of what was sent and received."""
        stream = self.stream
        is_cut = self.live.stopped or isinstance(self.error, _NOT_WAITED_FOR)
        has_left = stream is not None and stream.has_left
        used = self.meter.read(stream.usage if stream else None, (self.error is None or is_cut) and has_left)
        asked = drawing(self.task.prompt.parameters, self.task.route.pictures)
        return used.with_pictures(pictures_asked(asked)) if self.may_have_drawn else used

    def call(self, outcome: str, used: Used) -> Call:
        """Return the call as the ledger records it."""
        first = self.stream.first_token_at if self.stream else None
        return Call(
            route=self.task.route,
            outcome=outcome,
            usage=used.usage,
            estimated=used.is_estimated,
            first_token_ms=round(1000 * (first - self.begun)) if first else None,
            total_ms=round(1000 * (time.monotonic() - self.begun)),
            gaps=self.gaps,
            parameters=self.task.prompt.parameters,
        )


def _current_route(live: LiveReply, route: Route) -> Route:
    """Return the route with its present address: a local model takes seconds to start, which a stop interrupts."""
    if not route.is_local:
        return route
    work = _starting.submit(route.reachable)
    live.wait_for(work)
    # If a stop cut the wait short the address does not matter: a stopped reply makes no call.
    return replace(route, address=work.result() if work.done() else route.address, is_local=False)


class _Owed:
    """The ledger's row of a call, to be written with its reply's end; a second try looks for the first."""

    def __init__(self, payer: BillingContext, call: Call, *, is_tried: bool = False) -> None:
        self._payer, self._call, self._is_tried = payer, call, is_tried

    def __call__(self) -> None:
        write = ledger.record_owed if self._is_tried else ledger.record
        self._is_tried = True
        write(self._payer, self._call)


def _record_now(trying: _Trying, call: Call) -> bool:
    """Run _record on a database thread; if the database is away, keep the ledger row for the reply's end."""
    try:
        return database_threads.submit_change(_record, trying, call).result()
    except Error:
        _logger.exception("A call could not be written to the ledger; it is kept: %s", call.usage)
        trying.live.owed.append(_Owed(trying.task.payer, call, is_tried=True))
        return False


def _feed_hub(trying: _Trying) -> Iterator[Wait]:
    """Feed the vendor's deltas to the hub."""
    live, stream = trying.live, trying.stream
    assert stream is not None
    for delta in _limited(trying.task.carried, stream):
        if isinstance(delta, Wait):
            yield delta
            continue
        if not live.heard:
            live.heard = True
            _note_first_word(live)
            if trying.task.sources is not None:
                _feed(live, Delta(part=trying.task.sources))
        trying.meter.count(delta)
        if trying.task.tools is not None and trying.task.tools.are_left:
            trying.said.add(LivePart(delta.text, delta.thought, delta.part))
            if delta.part is not None and delta.part.kind == "call":
                trying.asked.append(delta)
                continue
        trying.gaps += delta.part is not None and delta.part.kind == "gap"
        if delta.part is not None:
            delta = replace(delta, part=further_on(delta.part, trying.task.written))
        if delta.part is not None and "data" in delta.part.detail:
            yield BLOCKING
            delta = _with_file_kept(live, delta.part)
            trying.gaps += delta.part is not None and delta.part.kind == "gap"
        _feed(live, delta)
    if live.withdrawn and not live.stopped:
        raise KeyWithdrawn
    for delta in trying.asked if not trying.asks else ():
        _feed(live, delta)


def _feed(live: LiveReply, delta: Delta) -> None:
    hub.feed(live, delta)
    live.fed.add(LivePart(delta.text, delta.thought, delta.part))


def _note_first_word(live: LiveReply) -> None:
    assert live.search is not None
    if live.search.probes:
        database_threads.submit_change(live.search.succeeded).add_done_callback(lambda _: queue.wake_next())


def _record(trying: _Trying, call: Call) -> bool:
    """Record how a call ended and its cost; returns whether another may follow."""
    live, route, error = trying.live, trying.task.route, trying.error
    assert live.search is not None
    ledger.record(trying.task.payer, call)
    may_go_on = False
    if error is not None and not trying.meter.has_begun:
        is_free = live.search.failed(route, error) and not live.heard
        may_go_on = is_free and (isinstance(error, KeyWithdrawn) or not trying.may_have_drawn)
        if blame.rule_of(error).rests is Rests.CONFIRMED and route.pictures is None:  # else it would cost a picture
            key_probes.confirm(route, trying.task.payer)
    elif live.heard or not live.stopped:
        live.search.succeeded()
    live.search.release()
    if trying.stream is not None:
        remember(route, trying.stream.quirks, trying.stream.sentences)
    return may_go_on


def _limited(carried: tuple[LivePart, ...], stream: Stream) -> Iterator[Delta | Wait]:
    """Yield the steps within the size limit of a reply, of which carried parts use a share.

    Raises ReplyTooLong after the last delta that fits.
    """
    if not carried:
        yield from stream.steps()
        return
    room = SizeLimit()
    for piece in carried:
        list(room.fitting(Delta(piece.text, piece.thought)))
    for step in stream.steps():
        if isinstance(step, Wait):
            yield step
        else:
            yield from room.fitting(step)


def _with_file_kept(live: LiveReply, part: Part) -> Delta:
    """Return the delta of a picture or file that was stored at once: megabytes stay out of rows and frames."""
    live.made += 1
    if live.made > MAX_GENERATED_FILES:
        raise ReplyTooLong
    return Delta(part=database_threads.submit_change(storage.store_generated, live.id, part).result())
