"""Folding: texts that differ in case, accents or width alone have one folded form."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from unicodedata import category, combining, is_normalized, normalize

_MARKS = re.compile("[\u0300-\u036f]")
_ALIKE = str.maketrans({"æ": "ae", "œ": "oe", **dict(zip("“”„«»‘’‚łøđħŧı", '"""""\'\'\'lodhti', strict=True))})
"""Plain quotes for others, and plain letters for those that do not come apart into a letter and a mark."""


class _Characters(dict[int, str]):
    """The folded form of each character that was met, for `str.translate`."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold(chr(code))
        return folded


_characters = _Characters()


def fold(text: str) -> str:
    """Return the folded text: NFKC without case and accents; each white space is a blank, invisible signs go."""
    return text.lower() if text.isascii() else normalize("NFC", text.translate(_characters))


def fold_with_places(text: str) -> tuple[str, list[int]]:
    """Return the folded text, and the place in `text` of each of its characters; the last is the length."""
    pieces = [_characters[ord(character)] for character in text]
    places: Iterable[int] = range(len(text))
    if not is_normalized("NFC", "".join(pieces)):
        ends = [*_begins(text), len(text)]
        pieces = [normalize("NFC", "".join(pieces[begin:end])) for begin, end in pairwise(ends)]
        places = ends[:-1]
    return "".join(pieces), [*(at for at, piece in zip(places, pieces, strict=True) for _ in piece), len(text)]


def _begins(text: str) -> Iterator[int]:
    """Yield the places of characters that do not join the one before, as the mark of ｶﾞ does."""
    for at, character in enumerate(text):
        piece = _characters[ord(character)]
        if at == 0 or not (piece and (combining(piece[0]) or "\u1160" <= piece[0] <= "\u11ff")):
            yield at


def _fold(character: str) -> str:
    if character.isspace():
        return " "
    if category(character) in ("Cc", "Cf", "Cs"):
        return ""
    apart = normalize("NFKD", character.casefold())
    return normalize("NFKC", _MARKS.sub("", apart)).casefold().translate(_ALIKE)
