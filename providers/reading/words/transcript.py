"""The words and thoughts of a reply so far, cleaned and within their limits, and each picture once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from providers.reading.size_limits import MAX_TEXT_BYTES, Kind, SizeLimit
from providers.reading.words.repetition import rest_beyond, unsaid
from providers.reading.words.text_cleaner import TextCleaner
from providers.reading.words.think_tags import unopened_thought
from providers.text import KeyMask
from providers.types import Delta, Part

_FILES = ("image", "file")
_WORDS = ("text", "thought")
_MAX_HASHED = 64 * 1024


class Transcript:
    """The words and parts of one reply, on their way from the vendor to people."""

    def __init__(self, mask: KeyMask) -> None:
        self._mask = mask
        self._cleaner = TextCleaner(mask.fresh())
        self._limit = SizeLimit()
        self._words: list[str] = []
        self._thoughts: list[str] = []
        self._other_message = ""
        self._kinds: set[str] = set()
        self._files: set[tuple[object, ...]] = set()

    @property
    def text(self) -> str:
        """Return the answer's text so far."""
        return "".join(self._words)

    def add(self, delta: Delta) -> Iterator[Delta]:
        """Yield what can be shown of `delta` and of what was held back. Raises ReplyTooLong beyond the limit."""
        for cleaned in self._cleaner.deltas(delta):
            yield from self._fitting(cleaned)

    def add_weighed(self, delta: Delta) -> Iterator[Delta]:
        """Yield what can be shown of a part whose pieces were weighed when they came."""
        yield from self._cleaner.deltas(delta)

    def weigh(self, detail: object) -> None:
        """Subtract the weight of a piece of a part. Raises ReplyTooLong when it does not fit."""
        self._limit.weigh(detail, is_piece=isinstance(detail, str))

    def flush(self) -> Iterator[Delta]:
        """Yield the words held back."""
        for cleaned in self._cleaner.flush():
            yield from self._fitting(cleaned)

    def add_beyond(self, deltas: Iterable[Delta]) -> Iterator[Delta]:
        """Yield what a whole message, which may repeat all that was said, says beyond it."""
        yield from self.flush()
        cleaner = TextCleaner(self._mask.fresh())
        message = [cleaned for delta in deltas for cleaned in cleaner.deltas(delta)]
        message += cleaner.flush()
        known = frozenset(self._kinds)
        whole = "".join(delta.text for delta in message)
        thought = self._beyond("thought", self._thoughts, "".join(delta.thought for delta in message))
        text = self._beyond("text", self._words, whole)
        if text is None and len(whole) > len(self._other_message):
            self._other_message = whole[:MAX_TEXT_BYTES]
        parts = [delta.part for delta in message if delta.part and (delta.part.kind not in known - {*_FILES})]
        for new in (Delta(thought=thought or ""), Delta(text=text or ""), *(Delta(part=part) for part in parts)):
            if new.text or new.thought or new.part:
                yield from self._fitting(new)

    def unsaid(self) -> int:
        """Return how many bytes of words stand in a whole message that differs, and nowhere else."""
        if not self._other_message:
            return 0
        apart = unopened_thought(self._other_message)
        return unsaid(self.text, apart[1] if apart else self._other_message)

    def _beyond(self, kind: Kind, said: list[str], whole: str) -> str | None:
        """Return what `whole` says beyond the pieces said; None if it is another text, or much shorter.

        Each comparison costs as much as all that was said, and a vendor may send any number of short messages.
        """
        if not whole or 2 * len(whole.encode("utf-8", "replace")) < self._limit.used(kind):
            return None if whole else ""
        return rest_beyond("".join(said), whole)

    def _fitting(self, delta: Delta) -> Iterator[Delta]:
        if delta.part and self._is_repeated(delta.part):
            return
        for fitting in self._limit.fitting(delta):
            part = fitting.part
            self._words.append(part.text if part and part.kind == "text" else fitting.text)
            if fitting.thought:
                self._thoughts.append(fitting.thought)
            yield fitting

    def _is_repeated(self, part: Part) -> bool:
        """Return whether this picture or file has come before; one with a signature of its own always counts."""
        if part.kind not in _WORDS:
            self._kinds.add(part.kind)
        content, address = part.detail.get("data"), part.detail.get("uri")
        if part.kind not in _FILES or not (content or address) or (content and "vendor" in part.detail):
            return False
        identity = (part.kind, address, _digest(content or "", is_picture=part.kind == "image"))
        is_repeated = identity in self._files
        self._files.add(identity)
        return is_repeated


def _digest(content: str, *, is_picture: bool) -> tuple[int, ...]:
    """Return numbers that tell one file from another; of a large picture, those of some characters and the end.

    Pictures are compressed, and checksums stand at their ends: two that differ do so everywhere.
    """
    if len(content) < _MAX_HASHED or not is_picture:
        return len(content), hash(content)
    return len(content), hash(content[::255]), hash(content[-_MAX_HASHED:])
