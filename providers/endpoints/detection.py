"""The detection of an unknown address's form, by a few short calls.

The wires take turns, so that a gateway that speaks only one of them is found early. The questions are in
`detection_plan` and in the wires themselves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from providers.audit import log
from providers.audit.log import Act
from providers.client.route import route_to
from providers.client.stream import Stream
from providers.endpoints.detection_plan import Search, searches
from providers.error_texts import localized
from providers.errors import (
    AddressRefused,
    BadRequest,
    Blocked,
    PageInstead,
    QuotaExhausted,
    RateLimited,
    VendorDown,
    VendorError,
    VendorTimeout,
    WayBlocked,
)
from providers.models import Endpoint
from providers.transport.call import key_mask
from providers.transport.network import Network
from providers.types import Address, Key, Part, Prompt, Turn
from providers.wires import registry
from providers.wires.declarations import Question, wire_quirk
from providers.wires.refusals.other_wire import spoken_instead

MAX_CALLS = 12
QUESTION = "Answer with the one word: hello"
_TOTAL_SECONDS = 90.0
_MAX_SILENT_CALLS = 2
# Asking for usage may take two calls: servers that refuse it are asked again without it.
_MAX_USAGE_CALLS = 2
# After these errors no other form of the question helps.
_FINAL = (AddressRefused, WayBlocked, QuotaExhausted, RateLimited, Blocked)
_FORM = ("wire", "base_url", "api_version", "key_placement", "ask_sse", "streaming", "ask_usage")


@dataclass(frozen=True, slots=True)
class Try:
    """One call: its request, without the key, and its result, in the administrator's language."""

    method: str
    url: str
    placement: str
    came: str
    works: bool


@dataclass(frozen=True, slots=True)
class Detection:
    """The form that works, or None, and every try that led to it.

    `lesson` is what holds only for the `model` that was asked: the quirk of another wire, and the vendor's sentence.
    """

    findings: Address | None
    tries: tuple[Try, ...]
    model: str = ""
    lesson: Mapping[str, str] = field(default_factory=dict)


def detect(
    base_url: str, key: Key | None, model: str, network: Network, headers: tuple[tuple[str, str], ...] = ()
) -> Detection:
    """Find the form in at most 12 calls, preferably one with a streamed answer.

    Raises sealing.Locked for a key that cannot be opened.
    """
    calls = _Calls(key, model, network)
    found = next(filter(None, (_first_that_works(calls, some) for some in searches(base_url, model, headers))), None)
    if found is not None:
        found = _asking_for_usage(calls, found)
    return Detection(found.address if found else None, tuple(calls.tries), model, calls.lesson if found else {})


def detect_endpoint(endpoint: Endpoint, model: str) -> Detection:
    """Detect the form of an endpoint with its first key, by questions to `model`. Raises sealing.Locked."""
    route = route_to(endpoint)
    return detect(endpoint.base_url, route.key, model, route.network(), tuple(endpoint.headers.items()))


def detection_obstacle(endpoint: Endpoint) -> str:
    """Return a sentence that says why the form cannot be detected, or ""."""
    if endpoint.is_local:
        return _("The local model is this site's own; there is nothing to detect.")
    if endpoint.needs_key and route_to(endpoint).key is None:
        return _("This endpoint has no key.")
    return ""


def conclude(by: Any, endpoint: Endpoint, detection: Detection) -> bool:
    """Store the findings, if there are any, and log the test. Returns whether they were stored."""
    with log.watch(by, Endpoint.objects.filter(pk=endpoint.pk), endpoint.deployments.all()):
        stored = detection.findings is not None and store(endpoint, detection.findings)
        for deployment in endpoint.deployments.filter(vendor_id=detection.model) if stored and detection.lesson else ():
            deployment.learn(detection.lesson, (), detection.lesson)
        log.note(by, Act.TESTED, endpoint, after={"calls": len(detection.tries), "stored": stored})
    return stored


def store(endpoint: Endpoint, findings: Address) -> bool:
    """Write the findings to the endpoint. Returns False if its address was changed meanwhile.

    The host is the same, so its keys stay. The quirks learnt with another form are deleted.
    """
    form = {name: getattr(findings, name) for name in _FORM}
    with transaction.atomic():
        stored = Endpoint.objects.filter(pk=endpoint.pk, base_url=endpoint.base_url).update(**form)
        if stored and any(getattr(endpoint, name) != value for name, value in form.items()):
            endpoint.deployments.update(learnt=[])
    return bool(stored)


class _Calls:
    """The calls of one detection: makes, counts and records them."""

    def __init__(self, key: Key | None, model: str, network: Network) -> None:
        self.tries: list[Try] = []
        self.reported_usage = self.is_over = False
        self.lesson: dict[str, str] = {}
        self._key, self._model, self._network = key, model, network
        self._mask = key_mask(key)
        self._silent = 0
        self._until = monotonic() + _TOTAL_SECONDS

    def has_room(self, calls: int = 1) -> bool:
        """Return whether `calls` more may be made: limits are time, number, and a vendor that never answers."""
        return (
            not self.is_over
            and len(self.tries) + calls <= MAX_CALLS
            and monotonic() < self._until
            and self._silent < _MAX_SILENT_CALLS
        )

    def ask(self, question: Question) -> VendorError | None:
        """Make one call and return its error, or None."""
        address = question.address
        error, came = None, ""
        try:
            came = self._answer(address, self._prompt(question))
        except VendorError as failure:
            error, came = failure, localized(failure)
            self._silent += _is_silence(failure)
        url = _url(address, self._prompt(question))
        placement = address.key_placement if self._key else "none"
        self.tries.append(Try("POST", self._mask.whole(url), placement, self._mask.whole(came), error is None))
        return error

    def works_elsewhere(self, question: Question, error: VendorError) -> bool:
        """Return whether this model answers over another wire at the same address, if the error names one."""
        wire, _words = spoken_instead(registry.wire(question.address.wire).NEIGHBOURS, error)
        if not wire or not self.has_room():
            return False
        works = self.ask(replace(question, address=replace(question.address, wire=wire))) is None
        self.lesson = {wire_quirk(wire): error.quote} if works else {}
        return works

    def _answer(self, address: Address, prompt: Prompt) -> str:
        begun = monotonic()
        with Stream(address, prompt, self._key, network=self._network, keeps_wire=True) as stream:
            said = " ".join("".join(delta.text for delta in stream).split())[:60]
        # The only quirk that these questions can teach is a refusal of usage: they ask for nothing else optional.
        self.reported_usage = stream.usage is not None and not stream.quirks
        seconds = f"{monotonic() - begun:.2f}"
        return _("Works: “%(said)s” after %(seconds)s s.") % {"said": said, "seconds": seconds}

    def _prompt(self, question: Question) -> Prompt:
        # The limit is given in the vendor's own fields, so that its refusal comes back here. As a parameter it would
        # cause retries inside the stream, which nobody counts.
        raw = registry.wire(question.address.wire).SHORT_ANSWER if question.limited else {}
        return Prompt(self._model, (Turn("user", (Part("text", QUESTION),)),), parameters={"raw": raw})


def _first_that_works(calls: _Calls, searches: Iterable[Search]) -> Question | None:
    """Return the first question with a streamed answer, else the first with any answer, or None."""
    whole: Question | None = None
    turns = deque((search, first) for search in searches if (first := next(search, None)))
    while turns and calls.has_room():
        search, question = turns.popleft()
        error = calls.ask(question)
        if question.address.streaming and (error is None or calls.works_elsewhere(question, error)):
            return question
        if error is None:
            whole = whole or question
        elif isinstance(error, _FINAL):
            calls.is_over = True
            break
        else:
            turns.extend((search, following) for following in _following(search, error))
    return whole


def _following(search: Search, error: VendorError) -> Iterator[Question]:
    try:
        yield search.send(error)
    except StopIteration:
        return


def _asking_for_usage(calls: _Calls, found: Question) -> Question:
    """Return the question with a request for token counts, if they come only then and it is accepted."""
    address = found.address
    can_ask = registry.wire(address.wire).ASKS_USAGE and address.streaming and not calls.lesson
    if not can_ask or calls.reported_usage or not calls.has_room(_MAX_USAGE_CALLS):
        return found
    wishing = replace(found, address=replace(address, ask_usage=True))
    return wishing if calls.ask(wishing) is None and calls.reported_usage else found


def _url(address: Address, prompt: Prompt) -> str:
    try:
        return registry.wire(address.wire).request(address, prompt).url
    except BadRequest:  # a model name that no path can hold
        return address.base_url


def _is_silence(error: VendorError) -> bool:
    """Return whether no server answered: an answer would be quoted."""
    return isinstance(error, VendorDown | VendorTimeout) and not isinstance(error, PageInstead) and not error.quote
