"""The reader of a whole reply: joins framing, wire and cleaning, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from time import monotonic

from providers.errors import BadReply, CutOff, VendorError
from providers.reading.body import BodyDecoder
from providers.reading.finish import FinishState, Gaps
from providers.reading.gathering import EndOfReplyParts
from providers.reading.size_limits import MAX_TEXT_BYTES, SizeLimit
from providers.reading.text_cleaner import TextCleaner
from providers.text import KeyMask, repaired, without_key
from providers.types import Delta, Finish, FinishReason, Part, Usage
from providers.wires.parsed import CallPiece, Cited, Found, ReasoningPiece
from providers.wires.registry import Wire

__all__ = ["MAX_TEXT_BYTES", "Reading"]

# Kinds of parts that are no answer: those that only the vendor reads, and those that accompany an answer.
_SILENT = frozenset({"unknown", "thought", "citation"})

# Events without words are usual: some vendors send one for each hidden token of a thought. Even the shortest,
# `{"choices":[{"delta":{}}]}`, is longer than 24 bytes, so only events of no known wire can exceed the limit.
MAX_EMPTY_EVENTS = 4096
_EMPTY_EVENT_BYTES = 24


class Reading:
    """The reading of one reply.

    `usage` and `finish` hold the last report so far. `first_token_at` is a monotonic time: seconds. `meaningful` counts
    events that carried the reply on: keep-alives, empty and blank deltas do not count.
    """

    def __init__(self, wire: Wire, mask: KeyMask, *, streaming: bool = True) -> None:
        self.usage: Usage | None = None
        self.finish: Finish | None = None
        self.first_token_at: float | None = None
        self.meaningful = 0
        self._wire, self._mask, self._streaming = wire, mask, streaming
        self._assembler = BodyDecoder()
        self._polish = TextCleaner(mask.fresh(), think_tags=wire.THINK_TAGS)
        self._room = SizeLimit()
        self._gaps = Gaps()
        self._gathering = EndOfReplyParts(wire.NAME)
        self._ending = FinishState(has_marker=wire.END_MARKER, streaming=streaming)
        self._words: list[str] = []
        self._open_calls = 0
        self._bytes = 0
        self._empty = 0
        self._answered = False
        self._grew = False
        self._beside_words = False
        self._closed = False

    @property
    def done(self) -> bool:
        """Return whether the end marker has come; later data does not count."""
        return self._assembler.done

    @property
    def is_blank(self) -> bool:
        """Return whether the body held nothing so far, or only white space and comments."""
        return self._assembler.is_blank

    @property
    def is_over(self) -> bool:
        """Return whether a finish has come that seems to end the reply."""
        return self._ending.is_reached

    @property
    def is_believed(self) -> bool:
        """Return whether the reply is whole even if the connection breaks or falls silent now."""
        return self.finish is not None and (self.done or self._ending.is_believed)

    def feed(self, chunk: bytes) -> Iterator[Delta]:
        """Yield the deltas that `chunk` completes. Raises VendorError."""
        self._bytes += len(chunk)
        yield from self._deltas(self._assembler.feed(chunk))

    def end(self) -> Iterator[Delta]:
        """Yield the deltas that were open when the body ended. Raises VendorError unless the reply is complete."""
        yield from self._deltas(self._assembler.finish())
        if self._assembler.unread:
            self._note_unread()
        if self._is_whole():
            yield from self._gap(self._gaps.at_end())
        yield from self.flush()
        self._judge()

    def broken(self) -> Iterator[Delta]:
        """Yield the deltas held back of a reply that broke. Drops a finish that was not its end."""
        yield from self.flush()
        if not self.is_believed:
            self.finish = None

    def flush(self) -> Iterator[Delta]:
        """Yield the deltas held back: words, then calls, sources and a refusal. Later calls yield nothing."""
        if self._closed:
            return
        self._closed = True
        for delta in self._polish.flush():
            yield from self._fitting(delta)
        yield from self._polished(self._gathering.calls())
        yield from self._polished(self._gathering.citations("".join(self._words), self._shown))
        yield from self._polished(self._gathering.refused(self.finish, answered=self._answered))

    def _polished(self, deltas: Iterator[Delta]) -> Iterator[Delta]:
        # No size check: their pieces were weighed when they came.
        for delta in deltas:
            self._note_call(delta.part)
            yield from self._polish.deltas(delta)

    def _deltas(self, events: Iterator[dict[str, object]]) -> Iterator[Delta]:
        """Yield the events' deltas; words of neighbouring events are joined.

        Each later step costs as much for one word as for many.
        """
        words: list[str] = []
        try:
            for event in events:
                if self._assembler.unread:
                    self._note_unmarked(words)
                    self._note_unread()
                if text := self._wire.words_alone(event):
                    if self._gaps.are_noted:
                        yield from self._before_content(words)
                    words.append(text)
                    continue
                self._note_unmarked(words)
                for found in self._found(event):
                    if self._gaps.are_noted and isinstance(found, Delta | CallPiece):
                        yield from self._before_content(words)
                    if isinstance(found, Delta) and found.is_words:
                        words.append(found.text)
                        continue
                    yield from self._said(words)
                    yield from self._note(found)
        except VendorError:
            yield from self._said(words)
            raise
        self._note_unmarked(words)
        yield from self._said(words)

    def _note_unread(self) -> None:
        self._gaps.note(self._assembler.take_unread(), is_over=self.is_over)

    def _before_content(self, words: list[str]) -> Iterator[Delta]:
        yield from self._said(words)
        yield from self._gap(self._gaps.before_content())

    def _gap(self, part: Part | None) -> Iterator[Delta]:
        if part:
            for delta in self._polish.deltas(Delta(part=part)):
                yield from self._fitting(delta)

    def _note_unmarked(self, words: list[str]) -> None:
        """Record that the collected words had no finish beside them."""
        if words:
            self._ending.words()

    def _said(self, words: list[str]) -> Iterator[Delta]:
        if words:
            said = "".join(words)
            words.clear()
            yield from self._note(Delta(text=said))

    def _found(self, event: dict[str, object]) -> Iterator[Found]:
        found, self._beside_words = None, False
        try:
            for found in self._wire.parse(event):
                self._beside_words = self._beside_words or _carries_on(found)
                yield found
        except VendorError:
            # An error after the end of the reply does not matter.
            if not self.is_believed:
                raise
        if self._beside_words:
            self._ending.words()
        if found is None:
            self._note_nothing()

    def _note_nothing(self) -> None:
        """Count an event without content. Raises BadReply when there are too many.

        Reading an empty event costs as much as reading a word: a flood of tiny ones is not a reply.
        """
        self._empty += 1
        if self._empty > MAX_EMPTY_EVENTS + self._bytes // _EMPTY_EVENT_BYTES:
            raise BadReply(because="The vendor sent thousands of events that say nothing.")

    def _note(self, found: Found) -> Iterator[Delta]:
        if isinstance(found, Usage):
            self.usage = found
        elif isinstance(found, Finish):
            message = without_key(found.message, self._mask)
            self._note_finish(replace(found, vendor_reason=self._shown(found.vendor_reason), message=message))
        elif isinstance(found, CallPiece | ReasoningPiece | Cited):
            self._note_piece(found)
        elif found.part and found.part.kind == "refusal":
            self._room.weigh(found.part.text)
            self._gathering.refuse(found.part.text)
            self.meaningful += 1
        else:
            self._note_growth(found)
            for delta in self._polish.deltas(found):
                yield from self._fitting(delta)

    def _note_finish(self, finish: Finish) -> None:
        was_over = self.is_over
        self._ending.finish(beside_words=self._beside_words, is_blocked=finish.reason == "blocked")
        self._beside_words = False
        # Some gateways mark every event as finished: the finish after the last words is the true one.
        if self.finish is None or self._grew or was_over != self.is_over:
            self.finish, self._grew = finish, False
            self.meaningful += 1

    def _shown(self, words: str) -> str:
        """Return a vendor's words repaired and masked. They are cut, so they may end in a piece of the key."""
        mask = self._mask.fresh()
        return mask.feed(repaired(words)) + mask.flush()

    def _note_piece(self, piece: CallPiece | ReasoningPiece | Cited) -> None:
        self.meaningful += 1
        if not isinstance(piece, Cited):
            self._room.weigh(piece.fields)
        if isinstance(piece, CallPiece):
            self._grew = self._answered = True
            self.first_token_at = self.first_token_at or monotonic()
        self._gathering.add(piece)

    def _note_growth(self, delta: Delta) -> None:
        part = delta.part
        self._grew = True
        self._note_call(part)
        says_something = bool(delta.text.strip() or (part and part.kind not in _SILENT and _is_seen(part)))
        self._answered = self._answered or says_something
        if says_something or delta.thought.strip():
            self.first_token_at = self.first_token_at or monotonic()
        if says_something or part or delta.thought.strip():
            self.meaningful += 1

    def _note_call(self, part: Part | None) -> None:
        """Count the open calls. A call that the same reply answers was executed by the vendor."""
        if part and part.kind in ("call", "call_result"):
            self._open_calls = self._open_calls + 1 if part.kind == "call" else max(0, self._open_calls - 1)

    def _fitting(self, delta: Delta) -> Iterator[Delta]:
        for fitting in self._room.fitting(delta):
            part = fitting.part
            self._words.append(part.text if part and part.kind == "text" else fitting.text)
            yield fitting

    def _judge(self) -> None:
        """Set the true finish at the end of the body. Raises CutOff or BadReply.

        Without a reported finish, a reply is complete only after an end marker or when it was not streamed.
        """
        if self.finish:
            self.finish = replace(self.finish, reason=self._true_reason(self.finish))
        elif self._is_whole():
            self.finish = Finish("other")
        elif self._spoke or not (self._assembler.alien or self.done):
            raise CutOff
        else:
            raise BadReply

    @property
    def _spoke(self) -> bool:
        return self.first_token_at is not None or self._gathering.is_refused

    def _is_whole(self) -> bool:
        return self.finish is not None or (self._spoke and (self.done or not self._streaming))

    def _true_reason(self, finish: Finish) -> FinishReason:
        """Return the true reason: vendors report "stop" for refusals and for calls of functions too."""
        if self._gathering.is_refused and not self._answered:
            return "blocked"
        return "tool_call" if finish.reason == "stop" and self._open_calls > 0 else finish.reason


def _carries_on(found: Found) -> bool:
    """Return whether `found` is content of the reply itself, even if it is blank."""
    if not isinstance(found, Delta) or not found.part:
        return isinstance(found, Delta | CallPiece)
    return found.part.kind not in ("unknown", "citation", "text", "thought") or found.part.text != ""


def _is_seen(part: Part) -> bool:
    """Return whether a reader sees something of the part: a lone signature is only for the vendor."""
    return part.kind != "text" or bool(part.text.strip())
