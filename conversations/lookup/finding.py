"""The passages that fit a question best, by the words that they share: no model is asked."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import log
from uuid import UUID

from conversations.models import Passage, User
from conversations.search.folding import fold
from conversations.search.passages import MAX_HOLDERS, holders
from conversations.usage.estimates import LOOKED_UP_TOKENS
from conversations.usage.token_counts import tokens
from conversations.verified.words import token_of, weights_of

MAX_PASSAGES = 8
"""Passages that go with a question."""
MAX_CANDIDATES = 40
"""Passages that are read, because they have the heaviest words."""
OF_EARLIER = 0.3
"""The share of its weight that a word of the question before has."""
LEAST, OF_BEST = 0.12, 0.3
"""Least score of a passage: shares of the weight of all words, and of the best score."""
_SATURATION, _LENGTH_SHARE, _USUAL_LENGTH = 1.2, 0.5, 500
"""How soon a repeated word counts no more, how much a long passage counts less, a usual one's characters."""


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the question with its weight, and the passages that hold it by the index."""

    text: str
    weight: float
    holders: frozenset[int]
    is_frequent: bool


def passages_for(
    person: User, project: UUID, question: str, earlier: str = "", most: int = LOOKED_UP_TOKENS
) -> list[Passage]:
    """Return the best passages that this person may read, the best first, with so many tokens at most."""
    before = {word: OF_EARLIER * said for word, said in weights_of(earlier).items()}
    words = _words(project, before | weights_of(question))
    candidates = _candidates(words)
    rows = Passage.objects.visible_to(person).filter(held__project=project, held__looked_up=True, pk__in=candidates)
    scored = [(_score(passage, words), passage) for passage in rows.select_related("held__file")]
    scored.sort(key=lambda one: (-one[0], one[1].pk))
    least = max(LEAST * sum(word.weight for word in words), OF_BEST * scored[0][0]) if scored else 0.0
    return _fitting([passage for score, passage in scored if score >= least], most)


def _words(project: UUID, said: Mapping[str, float]) -> list[_Word]:
    """Return the words, which weigh the more the fewer of the project's passages hold them."""
    found = [frozenset(keys) for keys in holders(project, map(token_of, said))]
    count = Passage.objects.filter(held__project=project).values("pk")[:MAX_HOLDERS].count() if any(found) else 0
    return [
        _Word(word, share * log(1 + (count + 0.5) / (len(keys) + 0.5)), keys, len(keys) >= MAX_HOLDERS)
        for (word, share), keys in zip(said.items(), found, strict=True)
    ]


def _candidates(words: Sequence[_Word]) -> list[int]:
    """Return the passages with the greatest weight of words; each word counts once."""
    weights: defaultdict[int, float] = defaultdict(float)
    for word in words:
        for key in word.holders:
            weights[key] += word.weight
    return nlargest(MAX_CANDIDATES, weights, key=weights.__getitem__)


def _score(passage: Passage, words: Sequence[_Word]) -> float:
    """Return how much a passage says of the words (Okapi BM25); words of its file's name and place count, too."""
    text, above = fold(passage.text), fold(f"{passage.held.file.name} {passage.place}")
    length = 1 - _LENGTH_SHARE + _LENGTH_SHARE * len(text) / _USUAL_LENGTH
    score = 0.0
    for word in words:
        count = text.count(word.text) + above.count(word.text)
        if count and (word.is_frequent or passage.pk in word.holders):
            score += word.weight * count * (_SATURATION + 1) / (count + _SATURATION * length)
    return score


def _fitting(passages: Sequence[Passage], most: int) -> list[Passage]:
    """Return the first passages with so many tokens, and one at least; words that stand in two files go once."""
    found: list[Passage] = []
    said: set[str] = set()
    for passage in passages:
        if passage.text in said:
            continue
        said.add(passage.text)
        most -= tokens(passage.text)
        if len(found) == MAX_PASSAGES or (found and most < 0):
            break
        found.append(passage)
    return found
