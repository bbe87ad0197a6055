"""The order in which forms of calls are tried at an unknown address, likelier ones first.

Each wire first looks for the base address and version, then for the place of the key. Only then it asks in a plainer
form. Gateways differ in whether they judge the path or the key first, so both are searched together.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import replace

from providers.errors import (
    BadReply,
    BadRequest,
    CutOff,
    KeyRefused,
    ModelNotFound,
    PageInstead,
    VendorDown,
    VendorError,
)
from providers.types import Clocks
from providers.wires import registry
from providers.wires.declarations import BEARER, Hint, KeyPlacement, Question
from providers.wires.registry import Wire

# Short: a question of six words is answered at once, or never.
CLOCKS = Clocks(first_token=15, silence=10, total=20)
_VERSION = re.compile(r"(?<!/)/v\d+[a-z]*(?=/|$)")
_ABOUT_KEYS = re.compile(
    r"\b(api[ _-]?key|token|unauthori[sz]ed|authentication|authori[sz]ation|credentials?)\b|令牌|密钥", re.IGNORECASE
)
_ABOUT_PLACES = re.compile(r"\bnot[ _-]?(found|allowed)\b|\bcannot post\b|\binvalid url\b", re.IGNORECASE)


Search = Generator[Question, VendorError, None]


def searches(base_url: str, model: str, headers: tuple[tuple[str, str], ...]) -> list[list[Search]]:
    """Return a search for every wire, the likelier first, and apart those for when all others have failed."""
    base = base_url.strip().rstrip("/")
    likelier_first = sorted(registry.WIRES.values(), key=lambda wire: wire.hint(base, model), reverse=True)
    found = [(wire.hint(base, model) is Hint.LAST, _search(wire, base, headers)) for wire in likelier_first]
    return [[search for is_last, search in found if is_last is late] for late in (False, True)]


def _root(base: str) -> str:
    """Return the address before its version: people paste the address from their vendor's page."""
    found = _VERSION.search(base)
    return base[: found.start()] if found else base


def _search(wire: Wire, base: str, headers: tuple[tuple[str, str], ...]) -> Search:
    """Yield questions on one wire; the caller sends the error of each back."""
    places = iter(wire.KEY_PLACEMENTS)
    place: KeyPlacement | None = next(places)
    for door in wire.doors(base, _root(base)):
        asked = replace(door, address=replace(door.address, headers=headers, clocks=CLOCKS))
        question = _with_key_at(asked, place)
        error = yield question
        while _is_about_key(error):
            if (place := next(places, None)) is None:
                return
            question = _with_key_at(asked, place)
            error = yield question
        if not _is_about_place(error):
            yield from _plainer(wire, question)
            return


def _with_key_at(question: Question, place: KeyPlacement | None) -> Question:
    return replace(question, address=replace(question.address, key_placement=place.name if place else BEARER.name))


def _plainer(wire: Wire, question: Question) -> Iterator[Question]:
    """Yield simpler questions: the address and the key work, so the form of the question must be the cause."""
    question = wire.plainer(question)
    yield question
    yield replace(question, address=replace(question.address, streaming=False))


def _is_about_key(error: VendorError) -> bool:
    unclear = isinstance(error, BadRequest | VendorDown)
    return isinstance(error, KeyRefused | PageInstead) or (unclear and _ABOUT_KEYS.search(error.quote) is not None)


def _is_about_place(error: VendorError) -> bool:
    """Return whether an error means that no such API is here, such as a page or a broken reply."""
    unclear = isinstance(error, BadRequest)
    return isinstance(error, ModelNotFound | BadReply | CutOff) or (
        unclear and _ABOUT_PLACES.search(error.quote) is not None
    )
