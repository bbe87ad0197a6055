"""The questions that find out whether an unknown address speaks the Messages wire."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from providers.types import Address
from providers.wires.declarations import AUTHORIZATION, BEARER, Hint, KeyPlacement, Neighbour, Question, translate_noop

API_KEY_HEADER = KeyPlacement("header-x-api-key", translate_noop("x-api-key header"), "x-api-key")
KEY_PLACEMENTS = (API_KEY_HEADER, BEARER, AUTHORIZATION)
NEIGHBOURS: tuple[Neighbour, ...] = ()
SHORT_ANSWER = {"max_tokens": 32}

_OURS = re.compile(r"\banthropic\b|/messages$", re.IGNORECASE)
_DOOR = re.compile(r"(/v1)?(/messages|/models)?$")


def normalised(base: str) -> str:
    """Return the address below which `/v1/messages` is, of one that was copied with some of that behind it."""
    return _DOOR.sub("", base.rstrip("/"))


def hint(base: str, model: str) -> Hint:
    """Return the strength of the evidence for this wire."""
    if _OURS.search(base):
        return Hint.ADDRESS
    return Hint.MODEL_NAME if "claude" in model.lower() else Hint.NONE


def doors(_base: str, root: str) -> Iterator[Question]:
    """Yield the one address below which the wire may begin."""
    yield Question(Address("anthropic", normalised(root)))


def plainer(question: Question) -> Question:
    """Return the question with the usual limit, for a vendor that refuses so short an answer."""
    return replace(question, limited=False)
