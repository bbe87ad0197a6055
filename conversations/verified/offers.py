"""The verified answers that are offered to somebody who writes a question."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models.functions import Left

from conversations.models import Message, User, Verification
from conversations.search.entries import answered
from conversations.search.indexing import by_the_index
from conversations.verified.closeness import LEAST, closeness, weight_of
from conversations.verified.words import MAX_CHARACTERS, token_of, words_of

MOST = 2
"""Answers that are offered."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A verified answer, and how close its question is to what was typed."""

    mark: Verification
    closeness: float

    @property
    def question(self) -> Message:
        """Return the answered question: without one there is nothing to compare."""
        assert self.mark.message.parent is not None
        return self.mark.message.parent


def offers(person: User, typed: str) -> list[Offer]:
    """Return the closest verified answers that this person may read, the closest first."""
    words = words_of(typed)
    near = _near(person, words) if len(words) > 1 else {}
    if not near:
        return []
    marks = Verification.objects.visible_to(person).filter(message__parent__in=near).listed()
    found: dict[UUID, Offer] = {}
    for mark in marks.order_by("verified_at"):  # of several to one question the last one stays
        if parent := mark.message.parent_id:
            found[parent] = Offer(mark, near[parent])
    return sorted(found.values(), key=lambda offer: -offer.closeness)[:MOST]


def _near(person: User, words: Sequence[str]) -> dict[UUID, float]:
    """Return the closeness of the closest questions by their ids."""
    with by_the_index():
        rows = answered(person, {token_of(word): weight_of(word) for word in words})
        texts = list(rows.values_list("message", Left("message__text", MAX_CHARACTERS)))
    near = ((closeness(words, words_of(text)), message) for message, text in texts)
    closest = sorted((one for one in near if one[0] >= LEAST), reverse=True, key=lambda one: one[0])
    return {message: share for share, message in closest[:MOST]}
