"""Pictures that stand in the text as data addresses: as a Markdown image, or bare.

Source: public issues of new-api, WebAI2API and others: gateways of picture models write them into the answer's text.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Mapping

from providers.types import Part
from providers.wires.pictures import inline, media_type_of

MAX_CHARACTERS = 34 * 1024 * 1024
"""Characters of base64 held back for one picture; a file may have 25 MB."""
MIN_CUT_OFF = 4096
"""Characters of base64 from which on a picture that is not whole is no text either: nobody reads it."""
_MAX_UNREAD, _LINE_BEGINNING = 4096, 16
_MAX_TRAILING = 1024
"""Bytes that may follow a JPEG's end, as some tools append their own data."""


def _partial(word: str) -> str:
    """Return a pattern of every beginning of `word`, with what may follow the whole word."""
    pattern = r"(?:[\w.+-]{1,40}(?:;[\w=.+-]{0,40}){0,5})?"
    for letter in reversed(word):
        pattern = f"(?:{re.escape(letter)}{pattern})?"
    return pattern


_HEADER = r"data:image/[\w.+-]{1,40}(?:;[\w=.+-]{1,40}){0,4};base64,"
_WORD = "data:image/"
_ALT = r"!\[[^\[\]\n]{0,300}"
_OPENING = re.compile(rf"{_ALT}\]\( ?<?(?={_HEADER})|(?={_HEADER})", re.ASCII)
_PARTIAL_ALT = rf"!(?:\[[^\[\]\n]{{0,300}}(?:\](?:\( ?<?{_partial(_WORD)})?)?)?"
_PARTIAL = re.compile(rf"(?:{_PARTIAL_ALT}|(?<!\S)d{_partial(_WORD[1:])})\Z", re.ASCII)
_DATA = re.compile(_HEADER, re.ASCII)
_MAYBE = re.compile(r"!\[|data:|(?:!|(?<!\S)(?:d|da|dat|data))\Z")
_BASE64 = re.compile(r"[\w+/=-]*", re.ASCII)
_BASE64_IN_LINES = re.compile(r"[\w+/=\s-]*", re.ASCII)
_BLANKS = re.compile(r"\s+")
_CLOSING = re.compile(r">?\)")
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)


class DataPictures:
    """The search for pictures in a text that arrives in pieces.

    A Markdown image counts, and an address that stands by itself between white space. One in a code block, in quotes or
    behind any other character is part of what the model writes about. So is a short one whose bytes are no whole
    picture. A long one that was cut off, or is longer than this site reads, leaves a gap.
    """

    def __init__(self) -> None:
        self._held = ""
        self._opening = ""
        self._base64: list[str] = []
        self._size = 0
        self._is_dropped = False
        self._lines = Lines()

    def feed(self, text: str) -> list[str | Part]:
        """Return text and pictures in their order; holds back what may become a picture."""
        if not (self._held or self._opening or _MAYBE.search(text)):
            self._lines.add(text)
            return [text]
        found: list[str | Part] = []
        text, self._held, at = self._held + text, "", 0
        while at < len(text):
            at = self._inside(text, at, found) if self._opening else self._outside(text, at, found)
        return [one for one in found if one]

    def flush(self) -> list[str | Part]:
        """Return what the text's end leaves of what was held back: a whole bare picture, the text, or a gap."""
        found: list[str | Part] = []
        if self._opening:
            self._end(found, is_closed=False)
        self._say(self._held, found)
        self._held = ""
        return [one for one in found if one]

    def _outside(self, text: str, at: int, found: list[str | Part]) -> int:
        """Read up to the end of the next header, or of the text; return the place to go on at."""
        opening = _OPENING.search(text, at)
        if opening is None:
            end = self._start_of_partial(text, at)
            self._held = text[end:]
            self._say(text[at:end], found)
            return len(text)
        header = _DATA.match(text, opening.end())
        assert header
        self._say(text[at : opening.start()], found)
        written = text[opening.start() : header.end()]
        if self._lines.is_in_code or not (opening[0] or self._lines.ends_blank):
            self._say(written, found)
        else:
            self._opening = written
        return header.end()

    def _start_of_partial(self, text: str, at: int) -> int:
        """Return where a header may begin at the end of the text: not within a word."""
        partial = _PARTIAL.search(text, at)
        if partial is None or (partial.start() == 0 and partial[0][0] == "d" and not self._lines.ends_blank):
            return len(text)
        return partial.start()

    def _inside(self, text: str, at: int, found: list[str | Part]) -> int:
        """Read base64 and its closing; return the place to go on at. Some gateways put a blank before it."""
        if text[at] == " " and self._opening.endswith(","):
            self._opening, at = f"{self._opening} ", at + 1
        end = _matched(_BASE64_IN_LINES if self._is_image else _BASE64, text, at)
        self._size += end - at
        if not self._is_dropped:
            self._base64.append(text[at:end])
            self._is_dropped = self._size > MAX_CHARACTERS and self._drop(found)
        if not self._opening:
            return end
        if end == len(text) or (self._is_image and end == len(text) - 1 and text[end] == ">"):
            self._held = text[end:]
            return len(text)
        closed = _matched(_CLOSING, text, end) if self._is_image else end
        return closed if self._end(found, is_closed=closed > end) else end

    def _drop(self, found: list[str | Part]) -> bool:
        """Forget a picture that is too long, of which only the size counts; other base64 is text."""
        is_picture = media_type_of(self._content()) != ""
        if not is_picture:
            self._give_up(found)
        self._base64 = []
        return is_picture

    def _content(self) -> str:
        """Return the base64 without the blanks and line ends that some encoders put into it."""
        return _BLANKS.sub("", "".join(self._base64))

    @property
    def _is_image(self) -> bool:
        return self._opening.startswith("!")

    def _end(self, found: list[str | Part], *, is_closed: bool) -> bool:
        """Add the picture, else the text or a gap; returns whether anything but text was added."""
        if is_closed or not self._is_image:
            content, media_type = self._content(), self._opening.partition("data:")[2].partition(";")[0]
            part = inline(media_type, content) if _is_picture(content, whole=not self._is_image) else None
            if part:
                found.append(part)
                self._reset()
                return True
        return self._give_up(found)

    def _give_up(self, found: list[str | Part]) -> bool:
        """Add a gap for a long piece of a picture, else the text; returns whether it was a gap."""
        is_gap = self._is_dropped or (self._size >= MIN_CUT_OFF and media_type_of(self._content()) != "")
        if is_gap:
            found.append(Part("gap", detail={"bytes": len(self._opening) + self._size}))
        else:
            self._say(self._opening + "".join(self._base64), found)
        self._reset()
        return is_gap

    def _reset(self) -> None:
        self._opening, self._base64, self._size, self._is_dropped = "", [], 0, False

    def _say(self, text: str, found: list[str | Part]) -> None:
        self._lines.add(text)
        found.append(text)


class Lines:
    """The place behind the text so far: in a code block or not, after white space or not."""

    def __init__(self) -> None:
        self._unread: list[str] = []
        self._is_in_code = False

    def add(self, text: str) -> None:
        if text:
            self._unread.append(text)
        if len(self._unread) > _MAX_UNREAD:
            self._read()

    @property
    def ends_blank(self) -> bool:
        return not self._unread or self._unread[-1][-1].isspace()

    @property
    def is_in_code(self) -> bool:
        """Return whether a code block is open."""
        is_opening = bool(_FENCE.search(self._read()))
        return self._is_in_code ^ is_opening

    def _read(self) -> str:
        """Note the code blocks in the whole lines, and return the beginning of the last line."""
        whole, newline, last = "".join(self._unread).rpartition("\n")
        self._is_in_code ^= len(_FENCE.findall(whole)) % 2 == 1
        # Its end shows what stands before the next place; a long line is not kept.
        last = last if len(last) < 2 * _LINE_BEGINNING else last[:_LINE_BEGINNING] + last[-1]
        self._unread = [newline + last] if newline or last else []
        return last


def _is_picture(content: str, *, whole: bool) -> bool:
    """Return whether this base64 is a picture of a known format; `whole`: also to its end."""
    kind = media_type_of(content)
    try:
        data = b64decode(content.replace("-", "+").replace("_", "/") + "=" * (-len(content) % 4), validate=True)
    except ValueError:
        return False
    return bool(kind) and (not whole or _ENDS[kind](data))


_ENDS: Mapping[str, Callable[[bytes], bool]] = {
    "image/png": lambda data: data[-8:-4] == b"IEND",
    "image/jpeg": lambda data: b"\xff\xd9" in data[-_MAX_TRAILING:],
    "image/webp": lambda data: 0 <= len(data) - 8 - int.from_bytes(data[4:8], "little") <= 1,
    "image/gif": lambda data: data.endswith(b";"),
}


def _matched(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Return the end of what matches at this place, or the place itself."""
    found = pattern.match(text, at)
    return found.end() if found else at
