"""The limits of a reply's size, in memory and in the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from providers.errors import ReplyTooLong
from providers.types import Delta, Part

MAX_TEXT_BYTES = 1024 * 1024
MAX_PARTS_BYTES = 8 * 1024 * 1024
Kind = Literal["text", "thought"]
_PART, _PIECE = 1_024, 64
_VALUE = 32


class SizeLimit:
    """The space left for one reply: 1 MiB of answer, 1 MiB of thought, 8 MiB of everything else.

    The bytes of files are not counted here.
    """

    def __init__(self) -> None:
        self._left: dict[Kind, int] = {"text": MAX_TEXT_BYTES, "thought": MAX_TEXT_BYTES}
        self._parts = MAX_PARTS_BYTES

    def fitting(self, delta: Delta) -> Iterator[Delta]:
        """Yield as much of `delta` as fits. Raises ReplyTooLong when some of it does not fit."""
        if delta.part:
            self.weigh(delta.part.detail, is_file=delta.part.kind in ("image", "file"))
            delta = _spelled_out(delta.part)
        text, thought = self._fit("text", delta.text), self._fit("thought", delta.thought)
        if (text, thought) == (delta.text, delta.thought):
            yield delta if not delta.part else Delta(part=delta.part)
            return
        if text or thought:
            yield Delta(text, thought)
        raise ReplyTooLong

    def used(self, kind: Kind) -> int:
        """Return the bytes of this kind so far."""
        return MAX_TEXT_BYTES - self._left[kind]

    def weigh(self, detail: object, *, is_file: bool = False, is_piece: bool = False) -> None:
        """Subtract the weight of a part, or of a piece of its text. Raises ReplyTooLong when it does not fit."""
        self._parts -= (_PIECE if is_piece else _PART) + _weight(detail, is_file)
        if self._parts < 0:
            raise ReplyTooLong

    def _fit(self, kind: Kind, text: str) -> str:
        if not text:
            return ""
        size = len(text) if text.isascii() else len(text.encode())
        left = self._left[kind]
        self._left[kind] = max(0, left - size)
        return text if size <= left else text.encode()[:left].decode("utf-8", "ignore")


def _spelled_out(part: Part) -> Delta:
    """Return a delta of the part with its text: thoughts as thought, all other text as answer."""
    if part.kind == "thought":
        return Delta(thought=part.text, part=part)
    return Delta(text=part.text, part=part)


def _weight(detail: object, is_file: bool) -> int:
    total, values = 0, [detail]
    while values:
        value = values.pop()
        total += _VALUE
        if isinstance(value, str):
            total += len(value)
        elif isinstance(value, dict):
            total += sum(map(len, value))
            values += [inner for name, inner in value.items() if not (is_file and name == "data")]
        elif isinstance(value, list):
            values += value
    return total
