"""Bytes of a reply in, deltas out: framing, wire and polish put together, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from time import monotonic

from providers.base import Assembler
from providers.errors import BadReply, CutOff, ReplyTooLong, VendorError
from providers.registry import Wire
from providers.text import KeyMask, Polish
from providers.types import Delta, Finish, Part, Usage

TEXT_BYTES = 1024 * 1024


class Reading:
    """Reads one reply. `usage` and `finish` hold what was reported so far, `first_token_at` is a monotonic time.

    `meaningful` counts what has carried the reply on: keep-alives, empty and blank deltas do not.
    """

    def __init__(self, wire: Wire, mask: KeyMask, *, streaming: bool = True) -> None:
        self.usage: Usage | None = None
        self.finish: Finish | None = None
        self.first_token_at: float | None = None
        self.meaningful = 0
        self._wire, self._mask, self._streaming = wire, mask, streaming
        self._assembler = Assembler()
        self._polish = Polish(mask.fresh(), think_tags=wire.THINK_TAGS)
        self._room = {"text": TEXT_BYTES, "thought": TEXT_BYTES}
        self._refusal = ""
        self._answered = False
        self._grew = False

    @property
    def done(self) -> bool:
        """Whether the end marker has come, after which nothing counts."""
        return self._assembler.done

    def feed(self, chunk: bytes) -> Iterator[Delta]:
        """The deltas that `chunk` completes; raises VendorError."""
        for event in self._assembler.feed(chunk):
            yield from self._deltas(event)

    def end(self) -> Iterator[Delta]:
        """The deltas that were still open when the body ended; raises VendorError unless the reply is complete."""
        for event in self._assembler.finish():
            yield from self._deltas(event)
        yield from self.rest()
        self._judge()

    def rest(self) -> Iterator[Delta]:
        """What was held back, for a reply that broke; a refusal comes last, and whole."""
        for delta in self._polish.rest():
            yield from self._fitting(delta)
        blocked = self.finish is not None and self.finish.reason == "blocked"
        if self._refusal or (blocked and not self._answered):
            yield Delta(part=self._refusal_part())

    def _deltas(self, event: dict[str, object]) -> Iterator[Delta]:
        try:
            for found in self._wire.parse(event):
                yield from self._note(found)
        except ReplyTooLong:
            raise
        except VendorError:
            # An error that follows the finish concerns nobody.
            if self.finish is None:
                raise

    def _note(self, found: Delta | Usage | Finish) -> Iterator[Delta]:
        if isinstance(found, Usage):
            self.usage = found
        elif isinstance(found, Finish):
            self._note_finish(found)
        elif found.part and found.part.kind == "refusal":
            self._refusal += found.part.text
            self.meaningful += 1
        else:
            self._note_growth(found)
            for delta in self._polish.deltas(found):
                yield from self._fitting(delta)

    def _note_finish(self, finish: Finish) -> None:
        # Some gateways mark every event as finished: the mark that comes after the last words is the true one.
        if self.finish is None or self._grew:
            self.finish, self._grew = finish, False
            self.meaningful += 1

    def _note_growth(self, delta: Delta) -> None:
        self._grew = True
        self._answered = self._answered or bool(delta.part or delta.text.strip())
        if delta.part or delta.text.strip() or delta.thought.strip():
            self.first_token_at = self.first_token_at or monotonic()
            self.meaningful += 1

    def _fitting(self, delta: Delta) -> Iterator[Delta]:
        """`delta` as far as there is room for it; raises ReplyTooLong when some of it does not fit."""
        text, thought = self._fit("text", delta.text), self._fit("thought", delta.thought)
        if (text, thought) == (delta.text, delta.thought):
            yield delta
            return
        if text or thought:
            yield Delta(text, thought)
        raise ReplyTooLong

    def _fit(self, kind: str, text: str) -> str:
        encoded = text.encode()
        fitting = encoded[: self._room[kind]]
        self._room[kind] = max(0, self._room[kind] - len(encoded))
        return text if len(fitting) == len(encoded) else fitting.decode("utf-8", "ignore")

    def _refusal_part(self) -> Part:
        reason = self.finish.vendor_reason if self.finish and self.finish.reason == "blocked" else ""
        text = self._mask.whole(self._refusal) or "The vendor's content rules blocked the answer."
        return Part("refusal", text, {"reason": reason} if reason else {})

    def _judge(self) -> None:
        """Without a finish a reply is complete only if something else says so."""
        if self.finish:
            refused = self._refusal and not self._answered
            self.finish = replace(self.finish, reason="blocked") if refused else self.finish
            return
        spoke = self.first_token_at is not None or bool(self._refusal)
        if spoke and (self.done or not self._streaming):
            self.finish = Finish("other")
        elif spoke or not (self._assembler.alien or self.done):
            raise CutOff
        else:
            raise BadReply
