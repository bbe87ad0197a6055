"""Folding: texts that differ in case, accents or width alone have one folded form."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from unicodedata import category, combining, is_normalized, normalize

_MARKS = re.compile("[\u0300-\u036f]")
_ALIKE = str.maketrans({"æ": "ae", "œ": "oe", **dict(zip("“”„«»‘’‚łøđħŧı", '"""""\'\'\'lodhti', strict=True))})
"""Plain quotes for others, and plain letters for those that do not come apart into a letter and a mark."""


class _Characters(dict[int, str]):
    """The folded form of each character that was met, for `str.translate`, and those that are not one in it."""

    def __init__(self) -> None:
        super().__init__()
        self.longer_or_none: set[str] = set()

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold(chr(code))
        if len(folded) != 1:
            self.longer_or_none.add(chr(code))
        return folded


_characters = _Characters()


def fold(text: str) -> str:
    """Return the folded text: NFKC without case and accents; each white space is a blank, invisible signs go."""
    return text.lower() if text.isascii() else normalize("NFC", text.translate(_characters))


def fold_with_places(text: str) -> tuple[str, Sequence[int]]:
    """Return the folded text, and the place in `text` of each of its characters; the last is the length."""
    apart = text.translate(_characters)
    is_composed = is_normalized("NFC", apart)
    if is_composed and _characters.longer_or_none.isdisjoint(text):
        return apart, range(len(text) + 1)
    ends = range(len(text) + 1) if is_composed else [*_begins(text), len(text)]
    pieces = [normalize("NFC", text[begin:end].translate(_characters)) for begin, end in pairwise(ends)]
    places = [at for at, piece in zip(ends, pieces, strict=False) for _ in piece]
    return "".join(pieces), [*places, len(text)]


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
