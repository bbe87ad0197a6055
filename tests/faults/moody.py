"""A vendor that streams, and sometimes breaks off, is too busy or limits the rate."""

import random
import re
from collections import Counter
from collections.abc import Iterator

from tests.fake_vendor import FakeVendor
from tests.faults.chatterbox import Call, Chatterbox, pieces
from tests.vendor_replies import Received, Step, close, history, openai_event, reset

PIECES = (5, 60)
_QUESTION = re.compile(r"\w+ (?:asks|rewords) \d+")
_JSON = {"Content-Type": "application/json"}
_REFUSALS: dict[str, list[Step]] = {
    "too many calls": [429, {**_JSON, "Retry-After": "1"}, b'{"error":{"message":"slow down"}}'],
    "too busy": [503, _JSON, b'{"error":{"message":"overloaded"}}'],
}
_BREAKS: dict[str, Step] = {"cut off": close, "torn off": reset}


class Moody(Chatterbox):
    """A vendor that gives the same answer to the same question, as far as it gets."""

    def __init__(self, vendor: FakeVendor, luck: random.Random, pace: float = 0.03) -> None:
        super().__init__(vendor, PIECES, pace)
        self.moods: Counter[str] = Counter()
        self._luck = luck

    def script(self, request: Received) -> Iterator[Step]:
        call = Call(_QUESTION.findall("\n".join(history(request)))[-1], request)
        self.calls.append(call)
        chance = self._luck.random()
        if chance < 0.03:
            return self._refuse(self._luck.choice(list(_REFUSALS)))
        return self._break_off(call, self._luck.choice(list(_BREAKS))) if chance < 0.10 else self.answer(call)

    def _refuse(self, mood: str) -> Iterator[Step]:
        self.moods[mood] += 1
        yield from _REFUSALS[mood]

    def _break_off(self, call: Call, mood: str) -> Iterator[Step]:
        self.moods[mood] += 1
        words = pieces(call.question, PIECES)
        for piece in words[: self._luck.randrange(len(words))]:
            yield self.pace
            call.said.append((0.0, piece))
            yield openai_event(piece)
        yield _BREAKS[mood]


def whole_answer(question: str) -> str:
    """Return the vendor's answer to a question when nothing goes wrong."""
    return "".join(pieces(question, PIECES))
