"""Calls of a model that write no reply, as for a title; paid and recorded like those for replies."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from conversations.errors import Refused
from conversations.generation.outcomes import closing
from conversations.usage import budgets, ledger, model_access
from conversations.usage.billing import BillingContext
from conversations.usage.estimates import Meter
from conversations.usage.ledger import Call
from providers.client.route import Route, remember
from providers.client.speech import SpeechStream
from providers.client.stream import Stream
from providers.encryption.sealing import Locked
from providers.errors import KeyWithdrawn, VendorError, VendorTimeout
from providers.pool.route_search import RouteSearch, Waiting
from providers.types import Part, Prompt

_streams: set[Stream | SpeechStream] = set()


@dataclass(slots=True)
class SideCall:
    """A call with its payer and the search that found its route."""

    route: Route
    prompt: Prompt
    payer: BillingContext
    search: RouteSearch
    words: str = ""
    sound: Part | None = None
    is_speech: bool = False
    """True if the words of the prompt are read aloud."""
    stream: Stream | SpeechStream | None = None
    error: VendorError | None = None
    meter: Meter = field(init=False)
    begun: float = field(default_factory=time.monotonic)
    first_at: float | None = None
    is_stopped: bool = False
    goes_on: bool = False
    """True if another route may be tried after it failed."""

    def __post_init__(self) -> None:
        self.meter = Meter(self.prompt)

    def run(self, seconds: float, most: int) -> None:
        """Collect the answer's words until it ends, so many seconds are over or there are more than so many."""
        try:
            with self.route.speech(self.prompt) if self.is_speech else self.route.stream(self.prompt) as self.stream:
                self._read(self.stream, seconds, most)
        except VendorError as failure:
            self.error = failure
        except Locked as locked:
            self.error = KeyWithdrawn(because=str(locked))

    def stop(self) -> None:
        """Hang up, also if the call has not begun."""
        self.is_stopped = True
        if self.stream is not None:
            self.stream.stop()

    @property
    def breaks_off(self) -> bool:
        """Return whether the answer reached the limit of its length."""
        finish = self.stream.finish if self.stream is not None else None
        return finish is not None and finish.reason == "length"

    @property
    def is_hung_up(self) -> bool:
        """Return whether this side ended the call."""
        return self.stream is not None and self.stream.stopped

    def conclude(self) -> bool:
        """Record the call and free its key; returns whether the answer is whole."""
        ledger.record(self.payer, self._call())
        budgets.close(self.payer.reply)
        stream = self.stream
        if self.error is not None:
            self.goes_on = self.search.failed(self.route, self.error)
        elif not self.is_hung_up:
            self.search.succeeded()
        self.search.release()
        if stream is not None:
            remember(self.route, stream.quirks, stream.sentences)
        is_refusal = stream is not None and stream.finish is not None and stream.finish.reason == "blocked"
        return self.error is None and stream is not None and not stream.stopped and not is_refusal

    def _read(self, stream: Stream | SpeechStream, seconds: float, most: int) -> None:
        in_time = threading.Timer(seconds, stream.stop)
        in_time.daemon = True
        in_time.start()
        _streams.add(stream)
        try:
            if closing.is_set() or self.is_stopped:
                stream.stop()
            for delta in stream:
                self.first_at = self.first_at or time.monotonic()
                self.meter.count(delta)
                self.words += delta.text
                self.sound = delta.part or self.sound
                if len(self.words) > most:
                    break
        finally:
            _streams.discard(stream)
            in_time.cancel()

    def _is_owed(self) -> bool:
        """Return whether the vendor bills the call even without an answer of its own."""
        if isinstance(self.stream, SpeechStream) and self.stream.has_spoken:
            return True
        return self.error is None and self.stream is not None and self.stream.has_left

    def _call(self) -> Call:
        """Return the call as the ledger records it."""
        stream = self.stream
        ours = "stopped" if closing.is_set() or self.is_stopped else VendorTimeout.code
        outcome = self.error.code if self.error else ours if self.is_hung_up else "complete"
        used = self.meter.read(stream.usage if stream else None, self._is_owed())
        return Call(
            self.route,
            outcome,
            used.usage,
            used.is_estimated,
            None if self.first_at is None else round(1000 * (self.first_at - self.begun)),
            round(1000 * (time.monotonic() - self.begun)),
            parameters=self.prompt.parameters,
        )


def prepared(payer: BillingContext, prompt_for: Callable[[Route], Prompt]) -> SideCall | Waiting:
    """Return the call to make, its likely cost reserved, or the wait for a key; refuses what is not paid.

    A probe decides when people's replies may use a route again. That is not left to a call that may be hung up.
    """
    search = search_for(payer)
    step = search.next()
    if isinstance(step, Waiting):
        return step
    if not search.probes:
        return _reserved(step, prompt_for(step), payer, search)
    search.release()
    raise Refused("unavailable", "This call cannot be made now.")


def next_for_speech(
    payer: BillingContext, prompt_for: Callable[[Route], Prompt], search: RouteSearch, *, is_speech: bool = False
) -> SideCall | Waiting:
    """Return the next call of a model for speech, as `prepared` does.

    No replies use these models, so this call itself is the probe.
    """
    step = search.next()
    if isinstance(step, Waiting):
        return step
    call = _reserved(step.for_speech(), prompt_for(step), payer, search)
    call.is_speech = is_speech
    return call


def search_for(payer: BillingContext) -> RouteSearch:
    """Return the search for a route over keys that the payer may use."""
    assert payer.model is not None
    return RouteSearch(
        payer.model, partial(model_access.keys_that_serve, payer.model, payer.user, payer.team), payer.reply
    )


def _reserved(route: Route, prompt: Prompt, payer: BillingContext, search: RouteSearch) -> SideCall:
    if budgets.reserve_call(payer, route, prompt):
        return SideCall(route, prompt, payer, search)
    search.release()
    raise Refused("over_budget", "This call may cost more than the budget has left.")


def stop_all() -> None:
    """Hang up all of these calls because the server ends."""
    for stream in list(_streams):
        stream.stop()
