"""What happens to a vendor's text on its way to people: broken characters, `<think>` tags and echoed keys.

All of it works on text that arrives in pieces: what may still become something is held back until the next piece.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from providers.types import Delta, Part

MASKED_FROM = 8
DEEPEST = 100
# What is held back while a `<think>` may still come; without an end to it a flood of blanks would be kept and re-read.
MOST_BLANKS = 1000
_BROKEN = re.compile("[\x00\ud800-\udfff]")
_OPENING = "<think>"
_CLOSING = "</think>"
_HIDDEN = "••••"


class Polish:
    """Carries the deltas of one reply through the three steps below; answer and thought each have their own."""

    def __init__(self, mask: KeyMask, *, think_tags: bool) -> None:
        self._tags = ThinkTags() if think_tags else None
        self._answer = Characters(), mask
        self._thought = Characters(), mask.fresh()

    def deltas(self, delta: Delta) -> Iterator[Delta]:
        """What of `delta` can be shown now, together with what was held back before."""
        if delta.thought:
            yield from _thought(_through(self._thought, delta.thought))
        if delta.part:
            # What is held back stood before the part.
            yield from self.rest()
            yield Delta(part=self._clean(delta.part))
        if delta.text:
            yield from self._split(self._tags.feed(delta.text) if self._tags else [(delta.text, False)])

    def rest(self) -> Iterator[Delta]:
        """What is still held back where a part follows, or the reply ends."""
        yield from self._split(self._tags.rest() if self._tags else [])
        yield from _thought(_end(self._thought))
        yield from _text(_end(self._answer))

    def _split(self, pieces: list[tuple[str, bool]]) -> Iterator[Delta]:
        for piece, is_thought in pieces:
            if is_thought:
                yield from _thought(_through(self._thought, piece))
            else:
                yield from _text(_through(self._answer, piece))

    def _clean(self, part: Part) -> Part:
        mask = self._answer[1]
        cleaned = Part(part.kind, _cleaned(part.text, mask), _cleaned(part.detail, mask))
        if part.kind in ("text", "thought"):
            steps = self._thought if part.kind == "thought" else self._answer
            return _retold(cleaned, _through(steps, part.text) + _end(steps))
        return cleaned


class Characters:
    """Joins surrogate halves across pieces; what stays lone, and NUL, becomes U+FFFD.

    Gateways that slice by UTF-16 unit send an emoji as two events; neither half can be encoded.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """`text` repaired; a high half at its end waits for its low half."""
        text, self._held = self._held + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._held = text[:-1], text[-1]
        if not _BROKEN.search(text):
            return text
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return joined.replace("\x00", "\ufffd")

    def rest(self) -> str:
        """U+FFFD for a half that stayed alone."""
        held, self._held = self._held, ""
        return "\ufffd" if held else ""


class ThinkTags:
    """Tells thought from answer where a model writes `<think>…</think>` into its answer text.

    Only a tag that opens the reply (after a little white space) counts: later on it is something the model writes
    about. A reply whose opening tag is missing stays as it is, because its words have already been shown when
    `</think>` comes.
    """

    def __init__(self) -> None:
        self._held = ""
        self._state = "before"

    def feed(self, text: str) -> list[tuple[str, bool]]:
        """`text` in pieces, each with whether it is a thought."""
        if self._state == "after":
            return [(text, False)]
        self._held += text
        pieces = []
        if self._state == "before":
            pieces += self._open()
        if self._state == "inside":
            pieces += self._close()
        return [piece for piece in pieces if piece[0]]

    def rest(self) -> list[tuple[str, bool]]:
        """What was held back when the reply ended."""
        held, self._held = self._held, ""
        return [(held, self._state == "inside")] if held else []

    def _open(self) -> list[tuple[str, bool]]:
        start = self._held.lstrip()
        blank = self._held[: len(self._held) - len(start)]
        if len(blank) > MOST_BLANKS:
            return self._answer()
        if start.startswith(_OPENING):
            self._state, self._held = "inside", start[len(_OPENING) :]
            return [(blank, False)]
        if _OPENING.startswith(start):
            return []
        return self._answer()

    def _close(self) -> list[tuple[str, bool]]:
        thought, closing, after = self._held.partition(_CLOSING)
        if closing:
            self._held = after
            return [(thought, True), *self._answer()]
        kept = overlap(thought, _CLOSING)
        self._held = thought[len(thought) - kept :]
        return [(thought[: len(thought) - kept], True)]

    def _answer(self) -> list[tuple[str, bool]]:
        text, self._state, self._held = self._held, "after", ""
        return [(text, False)]


class KeyMask:
    """Replaces an echoed key, also one that arrives in pieces; keys under 8 characters are too common to look for."""

    def __init__(self, secret: str) -> None:
        self._secrets = tuple({secret, quote(secret, safe="")}) if len(secret) >= MASKED_FROM else ()
        self._shown = _HIDDEN + secret[-4:]
        self._told = ""
        self._held = ""

    def fresh(self) -> KeyMask:
        """A mask for the same key that holds nothing back yet."""
        other = KeyMask("")
        other._secrets, other._shown = self._secrets, self._shown
        return other

    def feed(self, text: str) -> str:
        """`text` masked; an end that may be the beginning of the key is held back."""
        if not self._secrets:
            return text
        if self._told:
            return self._continued(text)
        text = self.whole(self._held + text)
        kept = max(overlap(text, secret) for secret in self._secrets)
        self._held = text[len(text) - kept :]
        return text[: len(text) - kept]

    def rest(self) -> str:
        """What was held back, where a part follows or the text ends; text that still comes is masked together with it.

        The larger beginning of a key is as secret as all of it.
        """
        self._told, held, self._held = self._told + self._held, self._held, ""
        if not held or len(self._told) <= min(MASKED_FROM, *(len(secret) - 5 for secret in self._secrets)):
            return held
        return _HIDDEN

    def whole(self, text: str) -> str:
        """`text` masked, for text that comes in one piece."""
        for secret in self._secrets:
            text = text.replace(secret, self._shown)
        return text

    def _continued(self, text: str) -> str:
        """`text` masked, where what may be the beginning of the key stands before a part already."""
        told, text = len(self._told), self._told + self._held + text
        ends = [len(secret) + at for secret in self._secrets if 0 <= (at := text.find(secret)) < told]
        start = len(text) - max(overlap(text, secret) for secret in self._secrets)
        self._told, self._held = "", ""
        if ends:
            return _HIDDEN + self.feed(text[max(ends) :])
        if start < told:
            self._told, self._held = text[start:told], text[told:]
            return ""
        return self.feed(text[told:])


def overlap(text: str, wanted: str) -> int:
    """How many characters at the end of `text` are a beginning of `wanted`, short of all of it."""
    tail = text[max(0, len(text) - len(wanted) + 1) :]
    start = tail.find(wanted[0])
    while start >= 0 and not wanted.startswith(tail[start:]):
        start = tail.find(wanted[0], start + 1)
    return len(tail) - start if start >= 0 else 0


def _cleaned(value: Any, mask: KeyMask, level: int = 0) -> Any:
    """`value` repaired and masked to its depths, and fit to be stored: no number without a value, nothing too deep."""
    if isinstance(value, str):
        return mask.whole(value if value.isascii() and "\x00" not in value else repaired(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if not isinstance(value, dict | list):
        return value
    if level == DEEPEST:
        return None
    if isinstance(value, list):
        return [_cleaned(inner, mask, level + 1) for inner in value]
    return {_cleaned(name, mask): _cleaned(inner, mask, level + 1) for name, inner in value.items()}


def _retold(part: Part, text: str) -> Part:
    """`part` saying `text`, also in the copy that goes back to its vendor."""
    if text == part.text:
        return part
    vendor = part.detail["vendor"]
    return Part(part.kind, text, {**part.detail, "vendor": {**vendor, "part": {**vendor["part"], "text": text}}})


def repaired(text: str) -> str:
    """`text` that came in one piece, with U+FFFD for lone surrogates and NUL."""
    characters = Characters()
    return characters.feed(text) + characters.rest()


def _through(steps: tuple[Characters, KeyMask], text: str) -> str:
    characters, mask = steps
    return mask.feed(characters.feed(text))


def _end(steps: tuple[Characters, KeyMask]) -> str:
    characters, mask = steps
    return mask.feed(characters.rest()) + mask.rest()


def _text(text: str) -> Iterator[Delta]:
    if text:
        yield Delta(text=text)


def _thought(text: str) -> Iterator[Delta]:
    if text:
        yield Delta(thought=text)
