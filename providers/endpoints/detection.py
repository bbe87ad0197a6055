"""How does an unknown address want to be spoken to? Found out by asking it, a few times and briefly.

The wires take turns, so that a gateway that speaks only one of them is found early; what each asks stands in
`detection_plan` and in the wire itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from providers.audit import log
from providers.audit.log import Act
from providers.client import route as pool
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
from providers.wires.declarations import Question

CALLS = 12
QUESTION = "Answer with the one word: hello"
_SECONDS_IN_ALL = 90.0
_SILENT_CALLS = 2
# Asking for usage may take two calls: servers that refuse the wish are asked again without it.
_USAGE_CALLS = 2
# After these it is known that no other way of asking helps.
_FINAL = (AddressRefused, WayBlocked, QuotaExhausted, RateLimited, Blocked)


@dataclass(frozen=True, slots=True)
class Try:
    """One call: what was asked, without the key, and what came of it, in the language of who asked."""

    method: str
    url: str
    placement: str
    came: str
    works: bool


@dataclass(frozen=True, slots=True)
class Detection:
    """What works, None when nothing does, and every try that led there."""

    findings: Address | None
    tries: tuple[Try, ...]


def detect(
    base_url: str, key: Key | None, model: str, network: Network, headers: tuple[tuple[str, str], ...] = ()
) -> Detection:
    """Ask in at most 12 calls, with a streamed answer as the aim; raises vault.Locked for a key that cannot be read."""
    calls = _Calls(key, model, network)
    found = _first_that_works(calls, searches(base_url, model, headers))
    if found is not None:
        found = _asking_for_usage(calls, found)
    return Detection(found.address if found else None, tuple(calls.tries))


def detect_endpoint(endpoint: Endpoint, model: str) -> Detection:
    """The same for an endpoint with its first key, asked for `model`."""
    route = pool.route_to(endpoint)
    return detect(endpoint.base_url, route.key, model, route.network(), tuple(endpoint.headers.items()))


def why_not(endpoint: Endpoint) -> str:
    """Why nothing can be detected there, "" when it can."""
    if endpoint.is_local:
        return _("The local model is this site's own; there is nothing to detect.")
    if endpoint.needs_key and pool.route_to(endpoint).key is None:
        return _("This endpoint has no key.")
    return ""


def conclude(by: Any, endpoint: Endpoint, detection: Detection) -> bool:
    """Store what was found, if anything was, and note that it was tried; False where nothing is stored."""
    with log.watch(by, Endpoint.objects.filter(pk=endpoint.pk), endpoint.deployments.all()):
        stored = detection.findings is not None and store(endpoint, detection.findings)
        log.note(by, Act.TESTED, endpoint, after={"calls": len(detection.tries), "stored": stored})
    return stored


def store(endpoint: Endpoint, findings: Address) -> bool:
    """Make the endpoint what was found; False when its address was changed meanwhile. The host is the same, so its
    keys stay; what its models were learnt to refuse was learnt the old way, and goes."""
    with transaction.atomic():
        stored = Endpoint.objects.filter(pk=endpoint.pk, base_url=endpoint.base_url).update(
            wire=findings.wire,
            base_url=findings.base_url,
            api_version=findings.api_version,
            key_placement=findings.key_placement,
            ask_sse=findings.ask_sse,
            streaming=findings.streaming,
            ask_usage=findings.ask_usage,
        )
        if stored:
            endpoint.deployments.update(learnt=[])
    return bool(stored)


class _Calls:
    """The calls of one detection: makes them, counts them, notes them."""

    def __init__(self, key: Key | None, model: str, network: Network) -> None:
        self.tries: list[Try] = []
        self.reported_usage = False
        self._key, self._model, self._network = key, model, network
        self._mask = key_mask(key)
        self._silent = 0
        self._until = monotonic() + _SECONDS_IN_ALL

    def has_room(self, calls: int = 1) -> bool:
        """Whether so many more may be made: time, their number, and a vendor that answers at all."""
        return len(self.tries) + calls <= CALLS and monotonic() < self._until and self._silent < _SILENT_CALLS

    def ask(self, question: Question) -> VendorError | None:
        """One call, and what went wrong with it."""
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

    def _answer(self, address: Address, prompt: Prompt) -> str:
        begun = monotonic()
        with Stream(address, prompt, self._key, network=self._network) as stream:
            said = " ".join("".join(delta.text for delta in stream).split())[:60]
        # What was learnt on the way is that the wish for usage was refused: nothing else that is asked can be left out.
        self.reported_usage = stream.usage is not None and not stream.learnt
        seconds = f"{monotonic() - begun:.2f}"
        return _("Works: “%(said)s” after %(seconds)s s.") % {"said": said, "seconds": seconds}

    def _prompt(self, question: Question) -> Prompt:
        # The limit is given in the vendor's own words, so that a refusal of it comes back here instead of being mended
        # by further calls that nobody counts.
        raw = registry.wire(question.address.wire).SHORT_ANSWER if question.limited else {}
        return Prompt(self._model, (Turn("user", (Part("text", QUESTION),)),), parameters={"raw": raw})


def _first_that_works(calls: _Calls, searches: Iterable[Search]) -> Question | None:
    """The first question that gets a streamed answer, else the first that gets one at all."""
    whole: Question | None = None
    turns = deque((search, next(search)) for search in searches)
    while turns and calls.has_room():
        search, question = turns.popleft()
        error = calls.ask(question)
        if error is None and question.address.streaming:
            return question
        if error is None:
            whole = whole or question
        elif isinstance(error, _FINAL):
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
    """The same with the wish for token counts, where they do not come unasked and asking does no harm."""
    address = found.address
    can_ask = registry.wire(address.wire).ASKS_USAGE and address.streaming
    if not can_ask or calls.reported_usage or not calls.has_room(_USAGE_CALLS):
        return found
    wishing = replace(found, address=replace(address, ask_usage=True))
    return wishing if calls.ask(wishing) is None and calls.reported_usage else found


def _url(address: Address, prompt: Prompt) -> str:
    try:
        return registry.wire(address.wire).request(address, prompt).url
    except BadRequest:  # a name of a model that cannot stand in a path
        return address.base_url


def _is_silence(error: VendorError) -> bool:
    """Nobody answered: what a vendor says is quoted."""
    return isinstance(error, VendorDown | VendorTimeout) and not isinstance(error, PageInstead) and not error.quote
