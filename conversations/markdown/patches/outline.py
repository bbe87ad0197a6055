"""The nodes of sanitised HTML, counted as a page counts them, up to any character."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple, Optional

# A formula is one node: its elements are of another namespace, so a page cannot add to them.
_TOKEN = re.compile(r'<math[ >].*?</math>|<(/?)([a-z][a-z0-9]*)[^<>"]*(?:"[^"]*"[^<>"]*)*>', re.DOTALL)
_VOID = frozenset({"br", "hr", "img"})
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


class Place(NamedTuple):
    """A place between two characters: the way to its element, the whole nodes before it, and characters of the next."""

    path: tuple[int, ...]
    nodes: int
    characters: int


class _Frame(NamedTuple):
    """An open element: the one around it, its own number there, and the nodes in it so far."""

    parent: Optional["_Frame"]
    number: int
    nodes: int

    def grown(self) -> "_Frame":
        return _Frame(self.parent, self.number, self.nodes + 1)


class Outline:
    """The outline of one piece of HTML; another one that begins in the same way takes its place cheaply."""

    def __init__(self, html: str = "") -> None:
        self.html = ""
        self._ends = [0]
        self._frames = [_Frame(None, 0, 0)]
        self._measured = (0, 0, 0)
        self.become(html, 0)

    def become(self, html: str, same: int) -> None:
        """Take this HTML, of which the first `same` characters are those of the present one."""
        kept = bisect_right(self._ends, same)
        del self._ends[kept:], self._frames[kept:]
        if self._measured[1] > same:
            self._measured = (0, 0, 0)
        self.html = html
        for end, frame in _scanned(html, self._ends[-1], self._frames[-1]):
            self._ends.append(end)
            self._frames.append(frame)

    def boundary(self, at: int) -> int:
        """Return the last place up to `at` where the HTML may be cut: inside no tag and no entity."""
        begin = self._ends[bisect_right(self._ends, at) - 1]
        tag = self.html.find("<", begin, at)
        at = tag if tag >= 0 else at
        entity = self.html.rfind("&", begin, at)
        return entity if entity >= 0 and self.html.find(";", entity, at) < 0 else at

    def place(self, at: int) -> Place:
        """Return the place of a boundary."""
        index = bisect_right(self._ends, at) - 1
        path, frame = [], self._frames[index]
        nodes = frame.nodes
        while frame.parent is not None:
            path.append(frame.number)
            frame = frame.parent
        return Place(tuple(reversed(path)), nodes, self._characters(self._ends[index], at))

    def _characters(self, begin: int, at: int) -> int:
        """Return the length of this text as a page counts it; a longer and longer text is measured once."""
        known, measured, characters = self._measured
        if known == begin and begin < measured <= at:
            characters += length(self.html[measured:at])
        else:
            characters = length(self.html[begin:at])
        self._measured = (begin, at, characters)
        return characters


def length(html: str) -> int:
    """Return the number of UTF-16 units of text without tags."""
    return units(unescape(html) if "&" in html else html)


def units(text: str) -> int:
    """Return the number of UTF-16 units, in which a page counts."""
    return len(text) if text.isascii() else len(text) + len(_ASTRAL.findall(text))


def nodes_of(html: str) -> int:
    """Return the number of top-level nodes."""
    place = Outline(html).place(len(html))
    return place.nodes + (place.characters > 0)


def levels(html: str) -> list[str]:
    """Return what follows a place, by the elements that are open there, the innermost first."""
    pieces, begin, depth = [], 0, 0
    for token in _TOKEN.finditer(html):
        if _is_node(token):
            continue
        if not token[1]:
            depth += 1
        elif depth:
            depth -= 1
        else:
            pieces.append(html[begin : token.start()])
            begin = token.end()
    return [*pieces, html[begin:]]


def end_of_element(html: str, begin: int) -> int:
    """Return where the element that is open at `begin` is closed, or -1."""
    depth = 0
    for token in _TOKEN.finditer(html, begin):
        if not _is_node(token):
            depth += -1 if token[1] else 1
            if depth < 0:
                return token.start()
    return -1


def elements(html: str) -> Iterator[str]:
    """Yield the top-level elements, each with the text that follows it."""
    begin = depth = 0
    for token in _TOKEN.finditer(html):
        if not depth and html[begin : token.start()].strip():
            yield html[begin : token.start()]
            begin = token.start()
        if not _is_node(token):
            depth += -1 if token[1] else 1
    if begin < len(html):
        yield html[begin:]


def _scanned(html: str, at: int, frame: _Frame) -> Iterator[tuple[int, _Frame]]:
    for token in _TOKEN.finditer(html, at):
        if token.start() > at:
            frame = frame.grown()
        at = token.end()
        if _is_node(token):
            frame = frame.grown()
        elif not token[1]:
            frame = _Frame(frame.grown(), frame.nodes, 0)
        elif frame.parent is not None:
            frame = frame.parent
        yield at, frame


def _is_node(token: re.Match[str]) -> bool:
    """Return whether a token is a whole node: a formula, or an element that holds nothing."""
    return token[2] is None or token[2] in _VOID or token[0].endswith("/>")
