"""A vendor that talks without an end, and records when it sent what."""

import random
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic

from tests.fake_vendor import FakeVendor
from tests.providers.dialects import DIALECTS, Dialect
from tests.vendor_replies import Received, Step, history

WORDS = ("word", "字", "naïve", "😀", "**bold**", "`code`", "- item", "\n\n", "\n", "<b>", "\u2028", "…", "0.5")
_OPENAI = next(dialect for dialect in DIALECTS if dialect.name == "openai")
_NAME = re.compile(r"\A\w+: ")


@dataclass
class Call:
    """One question that reached the vendor, and its answer."""

    question: str
    request: Received
    said: list[tuple[float, str]] = field(default_factory=list)
    """Monotonic seconds and text of each piece, recorded before it is sent."""
    is_whole: bool = False

    @property
    def text(self) -> str:
        return "".join(piece for _, piece in self.said)


class Chatterbox:
    """A vendor's script: each question gets its own number of pieces, one every `pace` seconds.

    `calls` keeps each call.
    """

    def __init__(
        self, vendor: FakeVendor, pieces: tuple[int, int] = (5, 60), pace: float = 0.02, dialect: Dialect = _OPENAI
    ) -> None:
        self.calls: list[Call] = []
        self.is_over = False
        """True: every answer ends with its next piece."""
        self.vendor, self.pieces, self.pace, self.dialect = vendor, pieces, pace, dialect
        self._lock = threading.Lock()
        vendor.script = self.script

    def script(self, request: Received) -> Iterator[Step]:
        call = Call(question(request), request)
        with self._lock:
            self.calls.append(call)
        return self.answer(call)

    def answer(self, call: Call) -> Iterator[Step]:
        for piece in pieces(call.question, self.pieces):
            if self.is_over:
                break
            yield self.pace
            call.said.append((monotonic(), piece))
            yield self.dialect.piece(piece)
        call.is_whole = True
        yield self.dialect.end()


def question(request: Received) -> str:
    """Return the last question as it was written.

    Earlier questions without an answer stand before it, and its author's name where several people write.
    """
    asked = request.json.get("messages") or request.json.get("contents") or [{}]
    parts = asked[-1].get("content") or asked[-1].get("parts")  # some wires have a part for each
    last = parts[-1].get("text", "") if isinstance(parts, list) else history(request)[-1]
    return _NAME.sub("", last.rpartition("\n\n")[2])


def pieces(question: str, count: tuple[int, int]) -> Sequence[str]:
    """Return the answer to this question, the same every time."""
    luck = random.Random(question)
    return [f"{luck.choice(WORDS)} {number} " for number in range(luck.randint(*count))]
