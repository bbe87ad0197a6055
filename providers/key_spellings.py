"""The spellings in which a vendor's sentence may repeat a key: split, escaped, in base64, in hex, backwards.

Only letters and digits are compared, without case: what stands between them, and how they are escaped, does not matter.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from itertools import takewhile
from operator import eq

_MIN_LETTERS = 8
_KNOWN_CHARACTERS = 9
"""This much of a key's beginning is masked; less of it is too common."""
_HEX_LENGTH, _BASE64_LENGTH = 2, 4 / 3
"""Letters of an encoding for each character of a key."""
_CHARACTER = re.compile(r"(?:%(?:25){0,9}|\\{1,9}x|\\{1,9}u00|&#x)([0-9a-f]{2});?|&#(\d{2,3});|.", re.I | re.S)
"""A character as it is, percent-encoded (perhaps twice), escaped as in JSON, or as an entity of HTML."""


def without_spellings(text: str, secret: str, shown: str, hidden: str) -> str:
    """Return `text` without `secret` in any spelling, and without beginnings of it.

    `shown` replaces the whole secret in its own order and letters, `hidden` everything else.
    """
    letters, places = _letters(text)
    found: dict[int, tuple[int, str]] = {}
    for number, (wanted, known) in enumerate(_spellings(secret)):
        start = letters.find(wanted[:known]) if len(wanted) >= _MIN_LETTERS else -1
        while start >= 0:
            size = sum(takewhile(bool, map(eq, letters[start:], wanted)))
            mask = shown if number == 0 and size == len(wanted) else hidden
            found[places[start][0]] = max(found.get(places[start][0], (0, "")), (places[start + size - 1][1], mask))
            start = letters.find(wanted[:known], start + size)
    return _masked(text, found)


def _masked(text: str, found: dict[int, tuple[int, str]]) -> str:
    """Return `text` with each place of `found`, a start with its end and its mask, replaced; they may overlap."""
    pieces, position = list[str](), 0
    for start, (end, mask) in sorted(found.items()):
        if start >= position:
            pieces += [text[position:start], mask]
        position = max(position, end)
    return "".join([*pieces, text[position:]])


def _letters(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the letters and digits of `text` in lower case, and the place of each: its start and end."""
    letters, places = list[str](), list[tuple[int, int]]()
    for found in _CHARACTER.finditer(text):
        character = chr(int(found[1], 16) if found[1] else int(found[2])) if found.lastindex else found[0]
        if character.isalnum():
            spelt = character.lower()
            letters.append(spelt)
            places += [found.span()] * len(spelt)
    return "".join(letters), places


def _spellings(secret: str) -> Iterator[tuple[str, int]]:
    """Yield the letters of each spelling, and the length of a beginning that is masked; first as it is."""
    raw = secret.encode()
    yield _only_letters(secret), _KNOWN_CHARACTERS
    yield _only_letters(secret[::-1]), _KNOWN_CHARACTERS
    yield raw.hex(), _HEX_LENGTH * _KNOWN_CHARACTERS
    for offset in range(3):
        # Behind "Bearer " or a user's name, the same bytes have other letters. Those shared with neighbours are left.
        first, last = -(-offset * 8 // 6), (offset + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * offset + raw)[first:last].decode()
            yield _only_letters(encoded), round(_BASE64_LENGTH * _KNOWN_CHARACTERS)


def _only_letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()
