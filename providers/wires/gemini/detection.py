"""The questions that find out whether an unknown address speaks the Gemini wire."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from providers.types import Address, ApiVersion
from providers.wires.declarations import AUTHORIZATION, BEARER, GOOGLE_HEADER, QUERY, Hint, Neighbour, Question

KEY_PLACEMENTS = (GOOGLE_HEADER, BEARER, AUTHORIZATION, QUERY)
NEIGHBOURS: tuple[Neighbour, ...] = ()
SHORT_ANSWER = {"generationConfig": {"maxOutputTokens": 32}}

_VERSIONS: tuple[tuple[ApiVersion, bool], ...] = (("v1beta", True), ("v1", True), ("v1beta", False))


def hint(base: str, model: str) -> Hint:
    """Return the strength of the evidence for this wire."""
    if "/v1beta" in base:
        return Hint.ADDRESS
    return Hint.MODEL_NAME if "gemini" in model.lower() else Hint.NONE


def doors(_base: str, root: str) -> Iterator[Question]:
    """Yield questions that differ in version and form, the likelier first."""
    for version, ask_sse in _VERSIONS:
        yield Question(Address("gemini", root, version, ask_sse=ask_sse))


def plainer(question: Question) -> Question:
    """Return the question without an event stream: some gateways do not know its name."""
    return replace(question, address=replace(question.address, ask_sse=False))
