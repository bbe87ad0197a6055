"""The parts of a reply, put together delta by delta."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from providers.reading.words.think_tags import unopened_thought
from providers.types import Delta, Part


@dataclass(frozen=True, slots=True)
class LivePart:
    """The content of one message.delta: growing text and thought, or one part that stays by itself.

    `carried` are whole parts of an earlier reply; `text` and `thought` are their words.
    """

    text: str = ""
    thought: str = ""
    part: Part | None = None
    carried: tuple[Part, ...] = ()


NumberedParts = list[tuple[int, LivePart]]
"""Pieces with their `seq`."""


class Parts:
    """The parts of one reply in order; neighbouring texts are one part, and so are neighbouring thoughts."""

    def __init__(self) -> None:
        self._parts: list[Part | tuple[str, list[str]]] = []
        self._thinking_since = 0.0
        self._thought_seconds: dict[int, float] = {}

    def add(self, piece: LivePart) -> None:
        if piece.carried:
            self._parts.extend(piece.carried)
            return
        if piece.thought and not self._thinking_since:
            self._thinking_since = time.monotonic()
        self._grow("thought", piece.thought)
        if piece.text or piece.part is not None:
            self._end_thought()
        self._grow("text", piece.text)
        if piece.part is not None:
            self._parts.append(piece.part)

    def text(self) -> str:
        """Return the answer's text: its text parts joined."""
        return self._joined("text")

    def thought(self) -> str:
        return self._joined("thought")

    def thinking_seconds(self) -> float | None:
        """Return for how long the thought that is the last part has been going on: seconds, or None."""
        return round(time.monotonic() - self._thinking_since, 1) if self._thinking_since else None

    def places(self) -> list[int]:
        """Return, for each part besides text and thought, the number of text characters before it."""
        places, at = [], 0
        for part in self:
            if part.kind == "text":
                at += len(part.text)
            elif part.kind != "thought":
                places.append(at)
        return places

    def as_json(self) -> list[dict[str, Any]]:
        return [part.to_json() for part in self]

    def __iter__(self) -> Iterator[Part]:
        for index, part in enumerate(self._parts):
            if isinstance(part, Part):
                yield part
            else:
                seconds = self._thought_seconds.get(index)
                part[1][:] = ["".join(part[1])]  # joined once: the next iteration starts from the joined text
                yield Part(part[0], part[1][0], {} if seconds is None else {"seconds": seconds})

    def _end_thought(self) -> None:
        """Measure the thought that is the last part from its first word to what follows it: seconds."""
        if self._thinking_since and self._parts:
            self._thought_seconds[len(self._parts) - 1] = round(time.monotonic() - self._thinking_since, 1)
            self._thinking_since = 0.0

    def _grow(self, kind: str, text: str) -> None:
        if not text:
            return
        last = self._parts[-1] if self._parts else None
        if last is not None and not isinstance(last, Part) and last[0] == kind:
            last[1].append(text)
        else:
            self._parts.append((kind, [text]))

    def _joined(self, kind: str) -> str:
        return _words(self, kind)


def parts_to_continue(parts: list[Part]) -> Iterator[LivePart]:
    """Yield an earlier reply's parts as the first pieces of the reply that continues it, then the seam.

    All words up to the first part of another kind are one piece, so the first delta carries them all.
    """
    for is_words, group in groupby(parts, key=lambda part: part.kind in ("text", "thought")):
        if is_words:
            words = tuple(group)
            yield LivePart(_words(words, "text"), _words(words, "thought"), carried=words)
        else:
            yield from (LivePart(part=part) for part in group)
    yield LivePart(part=Part("seam"))


def _words(parts: Iterable[Part], kind: str) -> str:
    return "".join(part.text for part in parts if part.kind == kind)


def merge_text(pending: Iterable[Delta | LivePart]) -> Iterator[LivePart]:
    """Yield the fewest pieces that carry these deltas in the same order of text, thought and parts."""
    text: list[str] = []
    thought: list[str] = []
    for delta in pending:
        if isinstance(delta, LivePart):
            yield delta
            continue
        if (delta.thought and text) or (delta.part is not None and (text or thought)):
            yield LivePart("".join(text), "".join(thought))
            text, thought = [], []
        if delta.text:
            text.append(delta.text)
        if delta.thought:
            thought.append(delta.thought)
        if delta.part is not None:
            yield LivePart(part=delta.part)
    if text or thought:
        yield LivePart("".join(text), "".join(thought))


def with_thought_apart(stored: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the parts of an ended reply, with a thought apart that no tag had opened."""
    place = next((place for place, part in enumerate(stored) if part["kind"] not in ("thought", "citation")), 0)
    first = stored[place] if stored else {}
    found = unopened_thought(first["text"]) if first.keys() == {"kind", "text"} and first["kind"] == "text" else None
    if found is None:
        return stored
    thought, answer = found
    cut = len(first["text"]) - len(answer)
    said = [{"kind": "thought", "text": thought}, *([{"kind": "text", "text": answer}] if answer else [])]
    return [*stored[:place], *said, *(_moved(part, cut) for part in stored[place + 1 :])]


def _moved(part: dict[str, Any], cut: int) -> dict[str, Any]:
    """Return a part whose sources stand so many characters further up in the text."""
    if part["kind"] != "citation":
        return part
    supports = [
        {**support, "start": max(0, support["start"] - cut), "end": support["end"] - cut}
        for support in part["supports"]
        if support["end"] > cut
    ]
    return {**part, "supports": supports}


def text_of(stored: Iterable[dict[str, Any]]) -> str:
    """Return the answer's text of stored parts."""
    return "".join(part.get("text", "") for part in stored if part["kind"] == "text")


def public_fields(stored: dict[str, Any]) -> dict[str, Any]:
    """Return a stored part as clients see it: without the fields that only its vendor understands."""
    return {name: value for name, value in stored.items() if name != "vendor"}
