"""The conversations of a JSON document, one at a time, however long the document is."""

import json
import re
from collections.abc import Iterator
from typing import IO, Any

from conversations.imports.thread import MAX_MESSAGES, Problem

CHUNK = 2**20
MAX_ITEM_BYTES = 64 * 2**20
MAX_COMMAS = 4_000_000
"""Commas of one item: there are no more values than that, each of which takes tens of bytes of memory."""
MAX_DEPTH = 600
"""Levels of objects and lists; Python's parser gives up at about a thousand."""
MAX_TREE_DEPTH = MAX_DEPTH + 2 * MAX_MESSAGES
"""Levels of a conversation whose messages lie in the `children` of the one above."""
_CHILDREN = b'"children"'
_MARKS = re.compile(rb'["{}\[\]]')
_TEXT = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
"""A text up to its closing quote, or up to the end of what is there."""
_QUOTE, _OPENING, _LIST = ord('"'), b"{[", ord("[")
_TOKEN = re.compile(r'\s*+([{}\[\]:,]|"(?:[^"\\]++|\\.)*+"|[^\s{}\[\]:,"]++)\s*+', re.DOTALL)
_ENDS = {"}": dict, "]": list}


def items(document: IO[bytes]) -> Iterator[dict[str, Any] | Problem]:
    """Yield the objects of a list, or the one object; a Problem for each that cannot be read."""
    for found in _Scanner(document).items():
        yield found if isinstance(found, Problem) else _parsed(*found)


def _parsed(item: bytes, depth: int) -> dict[str, Any] | Problem:
    if item.count(b",") > MAX_COMMAS:
        return Problem("too_long")
    if depth > MAX_DEPTH and _CHILDREN not in item:
        return Problem("too_deep")
    try:
        value = json.loads(item) if depth <= MAX_DEPTH else _parsed_in_steps(item.decode())
    except (ValueError, RecursionError):
        return Problem("broken")
    return value if isinstance(value, dict) else Problem("broken")


def _parsed_in_steps(document: str) -> Any:
    """Return the value of a document as deep as it may be; raises ValueError for a malformed one."""
    whole: list[Any] = []
    around: list[Any] = []
    place: Any = whole
    key: str | None = None
    expected, at = "value", 0
    while at < len(document):
        found = _TOKEN.match(document, at)
        if found is None or (place is whole and whole):
            raise ValueError("malformed JSON")
        mark, at = found[1], found.end()
        if mark in _ENDS and expected in ("comma", "first") and type(place) is _ENDS[mark] and around:
            place, expected = around.pop(), "comma"
        elif expected in ("comma", "colon"):
            if mark != {"comma": ",", "colon": ":"}[expected]:
                raise ValueError("malformed JSON")
            expected = "value"
        elif isinstance(place, dict) and key is None:
            if mark[0] != '"':
                raise ValueError("malformed JSON")
            key, expected = json.loads(mark), "colon"
        else:
            value = {} if mark == "{" else [] if mark == "[" else json.loads(mark)
            if isinstance(place, dict):
                place[str(key)], key = value, None
            else:
                place.append(value)
            expected = "comma"
            if mark in ("{", "["):
                around.append(place)
                place, expected = value, "first"
    if around or not whole:
        raise ValueError("malformed JSON")
    return whole[0]


class _Scanner:
    """Finds where items begin and end, without parsing them, so that too long and too deep ones are never parsed."""

    def __init__(self, document: IO[bytes]) -> None:
        self._document = document
        self._depth = self._level = 0
        self._in_text = self._is_escaped = False
        self._held: list[bytes] = []
        self._size = self._deepest = 0
        self._problem = ""

    def items(self) -> Iterator[tuple[bytes, int] | Problem]:
        """Yield each item with the number of its levels."""
        first = self._document.read(CHUNK).removeprefix(b"\xef\xbb\xbf").lstrip()
        if first[:1] not in (b"[", b"{"):
            return
        self._level = 2 if first[0] == _LIST else 1
        chunk = first
        while chunk:
            yield from self._items_in(chunk)
            chunk = self._document.read(CHUNK)
        if self._depth >= self._level:
            yield Problem("broken")  # the document ends in the middle of an item

    def _items_in(self, chunk: bytes) -> Iterator[tuple[bytes, int] | Problem]:
        begin = 0
        for at in self._marks_in(chunk):
            mark = chunk[at]
            if mark in _OPENING:
                self._depth += 1
                if self._depth == self._level:
                    begin = at
                elif self._depth > self._deepest:
                    self._deepest = self._depth
                    if self._depth > MAX_TREE_DEPTH:
                        self._problem = "too_deep"
            else:
                self._depth -= 1
                if self._depth == self._level - 1:
                    yield from self._ended(chunk[begin : at + 1])
                    begin = at + 1
        if self._depth >= self._level:
            self._hold(chunk[begin:])

    def _marks_in(self, chunk: bytes) -> Iterator[int]:
        """Yield the places of brackets outside texts."""
        at, self._is_escaped = int(self._is_escaped), False
        while True:
            if self._in_text:
                at = self._end_of_text(chunk, at)
            found = None if self._in_text else _MARKS.search(chunk, at)
            if found is None:
                return
            at = found.end()
            if chunk[at - 1] == _QUOTE:
                self._in_text = True
            else:
                yield at - 1

    def _end_of_text(self, chunk: bytes, at: int) -> int:
        """Return the place behind the text's closing quote; the text may go on in the next chunk."""
        found = _TEXT.match(chunk, at)
        end = found.end() if found else at
        if end < len(chunk):
            self._in_text, self._is_escaped = chunk[end] != _QUOTE, chunk[end] != _QUOTE
        return end + 1

    def _hold(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > MAX_ITEM_BYTES:
            self._problem, self._held = self._problem or "too_long", []
        elif not self._problem:
            self._held.append(piece)

    def _ended(self, piece: bytes) -> Iterator[tuple[bytes, int] | Problem]:
        self._hold(piece)
        item, problem, deepest = b"".join(self._held), self._problem, self._deepest
        self._held, self._size, self._deepest, self._problem = [], 0, 0, ""
        yield Problem(problem) if problem else (item, deepest)
