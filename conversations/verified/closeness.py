"""The closeness of two questions, from the words that they share: no model is asked."""

from collections.abc import Iterable, Sequence

from conversations.verified.words import is_pair

FEW = 2.0
"""The weight of shared words below which no question is close. With just as much, they must be half of its words."""
LEAST = 0.45
"""The closeness from which on an answer is offered."""
OF_TYPED = 0.7
"""The share of what is typed in the closeness. The rest is that of the answered question, which may be long."""
_WORD, _PAIR = 1.0, 0.7


def closeness(typed: Sequence[str], answered: Sequence[str]) -> float:
    """Return 0 to 1: how much of the one question's words the other has, too.

    The last word that is typed may still be growing.
    """
    known = set(answered)
    shared = [word for word in typed if word in known]
    if typed and typed[-1] not in known and len(typed[-1]) > 1 and any(one.startswith(typed[-1]) for one in known):
        shared.append(typed[-1])
    weight = _weight(shared)
    of_answered = min(1.0, weight / (_weight(known) or 1))
    if weight < FEW or (weight == FEW and of_answered < 0.5):
        return 0.0
    return OF_TYPED * weight / _weight(typed) + (1 - OF_TYPED) * of_answered


def weight_of(word: str) -> float:
    """Return what a shared word counts; Chinese words have several pairs."""
    return _PAIR if is_pair(word) else _WORD


def _weight(words: Iterable[str]) -> float:
    return sum(map(weight_of, words))
