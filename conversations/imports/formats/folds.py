"""Elements between tags, into which tools fold parts of their texts."""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

_ATTRIBUTE = re.compile(r'(\w{1,40})="([^"]*)"')


class Fold(NamedTuple):
    """One element in a text: its place, its attributes and what stands inside it."""

    begin: int
    end: int
    told: dict[str, str]
    text: str


def folds(said: str, opening: re.Pattern[str], closing: str) -> Iterator[Fold]:
    """Yield the elements that begin like this; each ends at the next `closing`.

    One expression for the whole would look for an end from every beginning, again and again.
    """
    end = 0
    while found := opening.search(said, end):
        inside = said.find(">", found.end()) + 1
        close = said.find(closing, inside)
        if not inside or close < 0:
            return
        end = close + len(closing)
        told = {name: unescape(value) for name, value in _ATTRIBUTE.findall(said[found.start() : inside])}
        yield Fold(found.start(), end, told, said[inside:close])
