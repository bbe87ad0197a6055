"""The sentences that refuse a model on one wire, because it speaks another at the same address."""

from __future__ import annotations

from collections.abc import Iterable

from providers.errors import BadRequest, ModelNotFound, VendorError, beginning
from providers.types import Prompt
from providers.wires.declarations import Neighbour, wire_learnt, wire_quirk
from providers.wires.refusals.lessons import Lesson, is_said, quotes, words_of


def spoken_instead(neighbours: Iterable[Neighbour], error: VendorError) -> tuple[str, str]:
    """Return the wire that the model of a refusal speaks, and the words that say so; else two empty texts."""
    if not isinstance(error, BadRequest | ModelNotFound):
        return "", ""
    sentence = beginning(error.quote)
    found = ((one.wire, one.told.search(sentence)) for one in neighbours)
    return next(((wire, match[0]) for wire, match in found if match), ("", ""))


def lesson(
    neighbours: Iterable[Neighbour], quirks: frozenset[str], prompt: Prompt, error: VendorError
) -> Lesson | None:
    """Return the lesson that this model speaks another wire; it lasts unless the question holds the same words."""
    wire, words = spoken_instead(neighbours, error)
    if not wire:
        return None
    said, sentence = words_of(prompt), beginning(error.quote)
    learnt = (quirks - {wire_quirk(wire_learnt(quirks))}) | {wire_quirk(wire)}
    return Lesson(learnt, not is_said(words, said), "" if quotes(sentence, said) else sentence)
