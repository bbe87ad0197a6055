"""JSON objects out of text that may hold several, only a piece of one, or none at all.

Gateways put several objects into one event, or repeat the name of its field. They encode an object twice, or cut it.
"""

from __future__ import annotations

import re
from typing import Any

from providers.wires.json_values import from_json, from_json_at, has_too_many_values

# After this many unreadable pieces the rest is not searched: each failure costs as much as the text before it.
_MAX_FAILURES = 8
_OPENING = re.compile(rb"\s*+(?:data:\s*+)*+[{\[]")
_LIKE_JSON = re.compile(r"\{|\[\s*+[\[{\"]")
_BETWEEN = re.compile(r"[\s,]*+(?:data:[\s,]*+)*+")
_PIECE = re.compile(r'"\s{0,9}:')
"""A name within an object: keep-alives hold none, but a piece of an object whose beginning is missing does."""
_NEXT = re.compile(r"(?:data:|[\r\n])[ \t]*+(?=\{)")


Found = tuple[list[dict[str, Any]], int, bool]
"""The objects of a text, and whether it is JSON. Between them, the number of bytes that cannot be read as objects."""


def opens_json(text: bytes) -> bool:
    """Return whether `text` begins as a JSON object or list does."""
    return _OPENING.match(text) is not None


def is_whole_json(text: bytes) -> bool:
    """Return whether `text` is one finished object or list."""
    opening = _OPENING.match(text)
    try:
        return opening is not None and bool(from_json(str(text[opening.end() - 1 :], "utf-8", "replace")))
    except (ValueError, RecursionError):
        return False


def objects_in_list(texts: list[bytes]) -> list[dict[str, Any]]:
    """Return the objects that `texts` are the members of a list of; an empty list if one cannot be read.

    Texts that are not UTF-8 cannot.
    """
    try:
        joined = texts[0] if len(texts) == 1 else b"[%b]" % b",".join(texts)
        value = from_json(str(joined, "utf-8"))
        return [value] if isinstance(value, dict) else _found(value)[0]
    except (ValueError, RecursionError):
        return []


def objects_in(text: str) -> Found:
    """Return the objects of one event: its own, those in its list, or those that follow each other in it.

    Vendors send some errors as a list with one element.
    """
    if "{" not in text:
        return [], 0, False
    try:
        value = from_json(text)
    except (ValueError, RecursionError):
        return _one_after_another(text)
    if isinstance(value, str) and _PIECE.search(value):
        return _of_string(value)
    return ([value], 0, True) if isinstance(value, dict) else _found(value)


def _found(value: object) -> Found:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = from_json(value)
        except (ValueError, RecursionError):
            return [], 0, False
    members = value if isinstance(value, list) else [value]
    objects = [member for member in members if isinstance(member, dict)]
    return objects, 0, bool(objects) or isinstance(value, list)


def _of_string(text: str) -> Found:
    """Return the objects of an event that was encoded twice; one that cannot be read counts whole."""
    objects, _, is_json = _found(text)
    return objects, 0 if is_json else _size(text), is_json


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _one_after_another(text: str) -> Found:
    if has_too_many_values(text):
        return [], _size(text), True
    objects = list[dict[str, Any]]()
    unread, failures, is_json, place = 0, 0, False, _after_separators(text, 0)
    while place < len(text):
        try:
            value, end = from_json_at(text, place)
            objects += _found(value)[0]
        except (ValueError, RecursionError):
            failures += 1
            following = _NEXT.search(text, place + 1) if failures < _MAX_FAILURES else None
            end = following.end() if following else len(text)
            if is_like_json := _LIKE_JSON.match(text, place) is not None:
                is_json = True
            if is_like_json or _PIECE.search(text, place, end):
                unread += _size(text[place:end])
        place = _after_separators(text, end)
    return objects, unread, is_json or bool(objects)


def _after_separators(text: str, place: int) -> int:
    found = _BETWEEN.match(text, place)
    assert found
    return found.end()


_STRUCTURE = re.compile(rb'["{}\[\]]')
_IN_STRING = re.compile(rb'["\\]')


class ObjectEnd:
    """The search for the end of a JSON object, in pieces: it counts brackets outside strings."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._escaped = False

    @property
    def is_open(self) -> bool:
        """Return whether an object or list has begun that has not ended."""
        return self._depth > 0

    def find(self, piece: bytes, place: int = 0) -> int:
        """Return the position behind the end, or the piece's length when it does not end in this piece."""
        if self._escaped and place < len(piece):
            place, self._escaped = place + 1, False
        while found := (_IN_STRING if self._in_string else _STRUCTURE).search(piece, place):
            place, mark = found.end(), found[0]
            if mark == b'"':
                self._in_string = not self._in_string
            elif mark == b"\\":
                self._escaped = place == len(piece)
                place += 1
            elif mark in b"}]":
                self._depth -= 1
                if self._depth <= 0:
                    self._depth = 0
                    return place
            else:
                self._depth += 1
        return len(piece)
