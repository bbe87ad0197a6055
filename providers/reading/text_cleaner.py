"""The cleaning of a vendor's text: repairs characters, masks keys, separates thoughts in <think> tags."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from providers.text import Characters, KeyMask, overlap, repaired
from providers.types import Delta, Part

MAX_DEPTH = 100


# Limit of the white space held back while a `<think>` may still come: a flood of it would be read again and again.
MAX_BLANKS = 1000
_OPENING = "<think>"
_CLOSING = "</think>"


class TextCleaner:
    """The cleaning steps of one reply's deltas; answer and thought have separate state."""

    def __init__(self, mask: KeyMask, *, think_tags: bool) -> None:
        self._tags = ThinkTags() if think_tags else None
        self._answer = Characters(), mask
        self._thought = Characters(), mask.fresh()

    def deltas(self, delta: Delta) -> Iterator[Delta]:
        """Yield the text of `delta`, with text held back earlier, that can be shown now."""
        if delta.thought:
            yield from _thought(_through(self._thought, delta.thought))
        if delta.part:
            # The text held back stands before the part.
            yield from self.flush()
            yield Delta(part=self._clean(delta.part))
        if delta.text:
            yield from self._split(self._tags.feed(delta.text) if self._tags else [(delta.text, False)])

    def flush(self) -> Iterator[Delta]:
        """Yield the text still held back, before a part or at the end of the reply."""
        yield from self._split(self._tags.flush() if self._tags else [])
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


class ThinkTags:
    """The separation of thought from answer for models that write `<think>…</think>` into their answer.

    Only a tag that opens the reply, after a little white space, counts. Later on the model writes about the tag. A
    reply without an opening tag stays as it is: when `</think>` comes, its words have already been shown.
    """

    def __init__(self) -> None:
        self._held = ""
        self._state = "before"

    def feed(self, text: str) -> list[tuple[str, bool]]:
        """Return `text` in pieces, each with True if it is a thought."""
        if self._state == "after":
            return [(text, False)]
        self._held += text
        pieces = []
        if self._state == "before":
            pieces += self._open()
        if self._state == "inside":
            pieces += self._close()
        return [piece for piece in pieces if piece[0]]

    def flush(self) -> list[tuple[str, bool]]:
        """Return the text held back when the reply ended, with True if it is a thought."""
        held, self._held = self._held, ""
        return [(held, self._state == "inside")] if held else []

    def _open(self) -> list[tuple[str, bool]]:
        start = self._held.lstrip()
        blank = self._held[: len(self._held) - len(start)]
        if len(blank) > MAX_BLANKS:
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


def _cleaned(value: Any, mask: KeyMask, level: int = 0) -> Any:
    """Return `value` repaired and masked at every level, and fit to be stored.

    NaN, infinities and values nested deeper than 100 levels become None.
    """
    if isinstance(value, str):
        return mask.whole(value if value.isascii() and "\x00" not in value else repaired(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if not isinstance(value, dict | list):
        return value
    if level == MAX_DEPTH:
        return None
    if isinstance(value, list):
        return [_cleaned(inner, mask, level + 1) for inner in value]
    return {_cleaned(name, mask): _cleaned(inner, mask, level + 1) for name, inner in value.items()}


def _retold(part: Part, text: str) -> Part:
    """Return `part` with `text`, also in the copy that goes back to its vendor."""
    if text == part.text:
        return part
    vendor = part.detail["vendor"]
    return Part(part.kind, text, {**part.detail, "vendor": {**vendor, "part": {**vendor["part"], "text": text}}})


def _through(steps: tuple[Characters, KeyMask], text: str) -> str:
    characters, mask = steps
    return mask.feed(characters.feed(text))


def _end(steps: tuple[Characters, KeyMask]) -> str:
    characters, mask = steps
    return mask.feed(characters.flush()) + mask.flush()


def _text(text: str) -> Iterator[Delta]:
    if text:
        yield Delta(text=text)


def _thought(text: str) -> Iterator[Delta]:
    if text:
        yield Delta(thought=text)
