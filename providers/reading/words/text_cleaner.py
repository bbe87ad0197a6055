"""The cleaning of a vendor's text: repairs characters, masks keys, separates thoughts and pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from providers.reading.words.data_pictures import DataPictures
from providers.reading.words.repeated_thought import RepeatedThought
from providers.reading.words.think_tags import ThinkTags
from providers.text import Characters, KeyMask, repaired
from providers.types import Delta, Part

MAX_DEPTH = 100


class TextCleaner:
    """The cleaning steps of one reply's deltas; answer and thought have separate state."""

    def __init__(self, mask: KeyMask) -> None:
        self._tags = ThinkTags()
        self._pictures = DataPictures()
        self._thoughts = RepeatedThought()
        self._answer = Characters(), mask
        self._thought = Characters(), mask.fresh()

    def deltas(self, delta: Delta) -> Iterator[Delta]:
        """Yield the text of `delta`, with text held back earlier, that can be shown now."""
        if delta.thought:
            yield from _thought(_through(self._thought, self._thoughts.feed("field", delta.thought)))
        if delta.part:
            # The text held back stands before the part.
            yield from self.flush()
            yield Delta(part=self._clean(delta.part))
        if delta.text and self._tags.is_past and not self._thoughts.is_waiting:
            yield from self._said(self._pictures.feed(delta.text), None if delta.thought or delta.part else delta)
        elif delta.text:
            yield from self._split(self._tags.feed(delta.text))

    def flush(self) -> Iterator[Delta]:
        """Yield the text still held back, before a part or at the end of the reply."""
        yield from self._split(self._tags.flush())
        yield from _thought(_through(self._thought, self._thoughts.flush()))
        yield from _thought(_end(self._thought))
        yield from self._said(self._pictures.flush())
        yield from _text(_end(self._answer))

    def _split(self, pieces: list[tuple[str, bool]]) -> Iterator[Delta]:
        for piece, is_thought in pieces:
            if is_thought:
                yield from _thought(_through(self._thought, self._thoughts.feed("tags", piece)))
            else:
                if self._thoughts.is_waiting:
                    yield from _thought(_through(self._thought, self._thoughts.flush()))
                yield from self._said(self._pictures.feed(piece))

    def _said(self, found: list[str | Part], words: Delta | None = None) -> Iterator[Delta]:
        """Yield what was found; `words` is the delta that it came from, which is yielded again if nothing changes."""
        for one in found:
            if isinstance(one, Part):
                yield from _text(_end(self._answer))
                yield Delta(part=self._clean(one))
            elif text := _through(self._answer, one):
                yield words if words is not None and text == words.text else Delta(text=text)

    def _clean(self, part: Part) -> Part:
        mask = self._answer[1]
        cleaned = Part(part.kind, _cleaned(part.text, mask), _cleaned(part.detail, mask))
        if part.kind in ("text", "thought"):
            steps = self._thought if part.kind == "thought" else self._answer
            return _retold(cleaned, _through(steps, part.text) + _end(steps))
        return cleaned


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
