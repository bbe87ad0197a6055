"""Texts that were found: do they have the query's terms, how well, and the line that shows it."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from conversations.search.folding import fold, fold_with_places
from conversations.search.queries import Query
from conversations.search.terms import Term
from conversations.search.tokens import MAX_TEXT, length_factor

LINE, BEFORE, MAX_HITS = 200, 40, 200
"""Characters of a line, characters of it before the first hit, and hits of a term that are looked at."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a line; a hit is to be marked."""

    text: str
    hit: bool


def fits(text: str, query: Query) -> bool:
    """Return whether a folded text has all terms and none of the excluded ones."""
    if not all(term.pattern.search(text) for term in query.terms if not term.is_exact):
        return False
    return not any(term.pattern.search(text) for term in query.excluded)


def relevance(text: str, query: Query, *, is_title: bool) -> float:
    """Return how much a folded text is about the terms: their number counts less and less, a title's words more."""
    length = length_factor(len(text))
    found = [[match.span() for match in _matches(text, term)] for term in query.terms]
    weight = sum(len(spans) / (len(spans) + length) for spans in found) / max(1, len(found))
    return weight + (0.3 if _stand_together(found) else 0) + (0.5 if is_title else 0)


def line(text: str, terms: Sequence[Term]) -> list[Piece]:
    """Return the stretch of a text where most of the terms stand, with its hits apart."""
    shown = text[:MAX_TEXT]
    folded, places = (fold(shown), range(len(shown) + 1)) if shown.isascii() else fold_with_places(shown)
    hits = [(places[begin], max(places[end - 1] + 1, places[end])) for begin, end in _hits(folded, terms)]
    start = _start(shown, hits)
    end = min(len(shown), start + LINE)
    pieces = list(_pieces(shown, start, end, hits))
    if start > 0:
        pieces.insert(0, Piece("…", False))
    if end < len(shown.rstrip()):
        pieces.append(Piece("…", False))
    return _joined(pieces)


def _stand_together(found: Sequence[Sequence[tuple[int, int]]]) -> bool:
    """Return whether each term begins where the one before it ends, once, give or take three characters."""
    if len(found) < 2:
        return False
    ends = {end for _, end in found[0]}
    for spans in found[1:]:
        ends = {end for begin, end in spans if not ends.isdisjoint(range(begin - 3, begin + 1))}
    return bool(ends)


def _matches(text: str, term: Term) -> Iterator[re.Match[str]]:
    return islice(term.pattern.finditer(text), MAX_HITS)


def _hits(folded: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    return sorted(match.span() for term in terms for match in _matches(folded, term))


def _start(text: str, hits: Sequence[tuple[int, int]]) -> int:
    """Return where the line begins: a little before the hit that most others follow within the line, at a word."""
    if not hits:
        return 0
    begins = [begin for begin, _ in hits]
    best = max(range(len(hits)), key=lambda at: (bisect_right(begins, begins[at] + LINE - 2 * BEFORE) - at, -at))
    start = begins[best] - BEFORE
    if start <= 0:
        return 0
    blank = text.find(" ", start, begins[best])
    return blank + 1 if blank >= 0 else start


def _pieces(text: str, start: int, end: int, hits: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    marked = sorted({at for begin, stop in hits for at in range(max(begin, start), min(stop, end))})
    edges = sorted(
        {start, end, *(at for at in marked if at - 1 not in marked), *(at + 1 for at in marked if at + 1 not in marked)}
    )
    inside = set(marked)
    for begin, stop in pairwise(edges):
        yield Piece(text[begin:stop], begin in inside)


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces with single blanks for all white space."""
    flat = [Piece(" ".join(f".{piece.text}.".split())[1:-1], piece.hit) for piece in pieces]
    return [piece for piece in flat if piece.text]
