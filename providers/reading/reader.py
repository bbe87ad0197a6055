"""The reader of a whole reply: joins framing, wire and cleaning, without a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from providers.errors import VendorError
from providers.reading.body import BodyDecoder
from providers.reading.finish import FinishState, Gaps, fault_at_end
from providers.reading.gathering import EndOfReplyParts
from providers.reading.reply_choice import ReplyChoice
from providers.reading.size_limits import MAX_TEXT_BYTES
from providers.reading.words.progress import Progress, carries_on, is_piece, is_refusal
from providers.reading.words.repetition import CumulativeText
from providers.reading.words.transcript import Transcript
from providers.text import KeyMask, repaired, without_key
from providers.types import Delta, Finish, Part, Usage
from providers.wires.parsed import END, CallPiece, Cited, Finding, Found, Held, ReasoningPiece, WholeMessage, Working
from providers.wires.registry import Wire

__all__ = ["MAX_TEXT_BYTES", "Reading"]


class Reading:
    """The reading of one reply.

    `usage` and `finish` hold the last report so far.
    """

    def __init__(self, wire: Wire, mask: KeyMask, *, streaming: bool = True) -> None:
        self.usage: Usage | None = None
        self.finish: Finish | None = None
        self._wire, self._mask, self._streaming = wire, mask, streaming
        self._parse = wire.parser()
        self._assembler = BodyDecoder()
        self._choice = ReplyChoice(wire.REPLIES)
        self._text, self._thought = CumulativeText(), CumulativeText()
        self._transcript = Transcript(mask)
        self._progress = Progress()
        self._gaps = Gaps()
        self._gathering = EndOfReplyParts(wire.NAME)
        self._ending = FinishState(has_marker=wire.END_MARKER, streaming=streaming)
        self._came: set[type] = set()
        self._bytes = 0
        self._beside_words = self._is_unmarked = self._closed = self._is_foreign = self._is_message = False

    @property
    def done(self) -> bool:
        """Return whether the end marker has come, and no words behind it."""
        return self._assembler.done

    @property
    def first_token_at(self) -> float | None:
        """Return the time of the first word, or thought: monotonic seconds."""
        return self._progress.first_token_at

    @property
    def meaningful(self) -> int:
        """Return the number of findings that carried the reply on; keep-alives and blank deltas do not count."""
        return self._progress.meaningful

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
        """Yield the deltas that `chunk` completes. Raises VendorError.

        Words behind an end marker show that it was none. An error there does not matter.
        """
        self._bytes += len(chunk)
        yield from self._deltas(self._assembler.feed(chunk))

    def end(self) -> Iterator[Delta]:
        """Yield the deltas that were open when the body ended. Raises VendorError unless the reply is complete."""
        yield from self._deltas(self._assembler.finish())
        yield from self._deltas(self._choice.flush())
        if self._assembler.unread:
            self._note_unread()
        if self._is_whole():
            yield from self._flush_repetition()
            yield from self._transcript.flush()
            yield from self._gap(self._gaps.at_end(self._transcript.unsaid() + self._assembler.undecodable))
        yield from self.flush()
        self._judge()

    def broken(self) -> Iterator[Delta]:
        """Yield the deltas held back of a reply that broke. Drops a finish that was not its end."""
        yield from self._deltas(self._choice.flush())
        yield from self.flush()
        if not self.is_believed:
            self.finish = None

    def flush(self) -> Iterator[Delta]:
        """Yield the deltas held back: words, then calls, sources and a refusal. Later calls yield nothing."""
        if self._closed:
            return
        self._closed = True
        yield from self._flush_repetition()
        yield from self._transcript.flush()
        for found in self._parse(END):
            yield from self._note(found)
        yield from self._gathered(self._gathering.calls())
        yield from self._gathered(self._gathering.citations(self._transcript.text, self._shown))
        yield from self._gathered(self._gathering.refused(self.finish, answered=self._progress.is_answered))

    def _gathered(self, deltas: Iterator[Delta]) -> Iterator[Delta]:
        for delta in deltas:
            self._gathering.count_call(delta.part)
            yield from self._transcript.add_weighed(delta)

    def _flush_repetition(self) -> Iterator[Delta]:
        """Yield the words of deltas that were held back because they might repeat each other."""
        for held in (Delta(thought=self._thought.flush()), Delta(text=self._text.flush())):
            if held.thought or held.text:
                yield from self._note_delta(held)

    def _deltas(self, events: Iterator[Mapping[str, Any]]) -> Iterator[Delta]:
        """Yield the events' deltas; words of neighbouring events are joined.

        Each later step costs as much for one word as for many.
        """
        words: list[str] = []
        try:
            for event in events:
                if self._assembler.unread:
                    self._note_unmarked()
                    self._note_unread()
                if text := self._wire.words_alone(event):
                    if self._gaps.are_noted:
                        yield from self._before_content(words)
                    self._is_unmarked, self._assembler.done = True, False
                    words.append(text if self._text.is_settled else self._text.feed(text))
                    continue
                self._note_unmarked()
                for found in self._found(event):
                    if self._gaps.are_noted and isinstance(found, Delta | CallPiece):
                        yield from self._before_content(words)
                    if isinstance(found, Delta) and found.is_words:
                        words.append(self._text.feed(found.text))
                        continue
                    yield from self._said(words)
                    yield from self._note(found)
        except VendorError:
            yield from self._said(words)
            raise
        self._note_unmarked()
        yield from self._said(words)

    def _note_unread(self) -> None:
        self._gaps.note(self._assembler.take_unread(), is_over=self.is_over)

    def _before_content(self, words: list[str]) -> Iterator[Delta]:
        yield from self._said(words)
        yield from self._flush_repetition()
        yield from self._gap(self._gaps.before_content())

    def _gap(self, part: Part | None) -> Iterator[Delta]:
        if part:
            yield from self._transcript.add(Delta(part=part))

    def _note_unmarked(self) -> None:
        """Record the words, if any, that came without a finish beside them."""
        if self._is_unmarked:
            self._is_unmarked = False
            self._came.add(Delta)
            self._ending.words()

    def _said(self, words: list[str]) -> Iterator[Delta]:
        if not words:
            return
        said = "".join(words)
        words.clear()
        if said:
            yield from self._note_delta(Delta(text=said))

    def _found(self, event: Mapping[str, Any]) -> Iterator[Found]:
        found, self._beside_words = None, False
        try:
            for one in self._choice.of(event, spoke=Delta in self._came):
                for found in self._findings(one):
                    if carries_on(found):
                        self._beside_words = True
                        self._assembler.done = self.done and isinstance(found, WholeMessage)
                    yield found
        except VendorError:
            # An error after the end of the reply does not matter.
            if not (self.is_believed or self.done):
                raise
        if self._beside_words:
            self._ending.words()
        if found is None and not self.done:
            self._progress.note_nothing(self._bytes)
            self._is_foreign = self._is_foreign or (bool(event) and self._wire.REPLIES not in event)

    def _findings(self, event: Mapping[str, Any]) -> Iterator[Found]:
        """Yield what the wire finds; a whole message before any delta is read as a delta."""
        for found in self._parse(event):
            if isinstance(found, WholeMessage) and not self._came:
                self._is_message = True
                yield from found.findings
            else:
                if isinstance(found, Delta | CallPiece | ReasoningPiece):
                    self._came.add(type(found))
                yield found

    def _note(self, found: Found) -> Iterator[Delta]:
        if isinstance(found, Usage):
            self.usage = found.completed(self.usage)
        elif isinstance(found, Finish):
            message = without_key(found.message, self._mask)
            self._note_finish(replace(found, vendor_reason=self._shown(found.vendor_reason), message=message))
        elif isinstance(found, CallPiece | ReasoningPiece | Cited | Held):
            self._note_piece(found)
        elif isinstance(found, Working):
            self._progress.meaningful += 1
            if found.piece:
                self._transcript.weigh(found.piece)
        elif isinstance(found, WholeMessage):
            yield from self._note_message(found.findings)
        elif found.part and found.part.kind == "refusal":
            self._transcript.weigh(found.part.text)
            self._gathering.refuse(found.part.text)
            self._progress.meaningful += 1
        else:
            yield from self._flush_repetition() if found.part else ()
            yield from self._note_delta(replace(found, thought=self._thought.feed(found.thought)))

    def _note_delta(self, delta: Delta) -> Iterator[Delta]:
        self._progress.note(delta)
        self._gathering.count_call(delta.part)
        yield from self._transcript.add(delta)

    def _note_message(self, findings: tuple[Finding, ...]) -> Iterator[Delta]:
        """Yield what a message behind deltas says beyond them; it names its calls and its refusal again."""
        yield from self._flush_repetition()
        known = self._came | ({Delta} if self._gathering.is_refused else set())
        deltas = [found for found in findings if isinstance(found, Delta) and not is_refusal(found)]
        for new in self._transcript.add_beyond(deltas):
            self._progress.note(new)
            yield new
        for found in findings:
            if isinstance(found, Cited) or (is_piece(found) and type(found) not in known):
                yield from self._note(found)

    def _note_finish(self, finish: Finish) -> None:
        was_over = self.is_over
        self._ending.finish(beside_words=self._beside_words, is_blocked=finish.reason == "blocked")
        self._beside_words = False
        # Some gateways mark every event as finished: the finish after the last words is the true one.
        if self.finish is None or self._progress.has_grown or was_over != self.is_over:
            self.finish, self._progress.has_grown = finish, False
            self._progress.meaningful += 1

    def _shown(self, words: str) -> str:
        """Return a vendor's words repaired and masked. They are cut, so they may end in a piece of the key."""
        mask = self._mask.fresh()
        return mask.feed(repaired(words)) + mask.flush()

    def _note_piece(self, piece: CallPiece | ReasoningPiece | Cited | Held) -> None:
        self._progress.meaningful += 1
        if isinstance(piece, Held):
            self._transcript.weigh(piece.piece)
            self._progress.note_call()
            return
        if not isinstance(piece, Cited):
            self._transcript.weigh(piece.fields)
        if isinstance(piece, CallPiece):
            self._progress.note_call()
        self._gathering.add(piece)

    def _judge(self) -> None:
        """Set the true finish at the end of the body. Raises CutOff, BadReply or NothingSaid.

        Without a reported finish, a reply is complete only after an end marker or when it came in one piece.
        """
        if self.finish:
            reason = self._gathering.true_reason(self.finish, answered=self._progress.is_answered)
            self.finish = replace(self.finish, reason=reason)
        elif self._is_whole():
            self.finish = Finish("stop")
        else:
            raise fault_at_end(self._assembler, has_spoken=self._spoke, is_foreign=self._is_foreign)

    @property
    def _spoke(self) -> bool:
        return self.first_token_at is not None or self._gathering.is_refused

    def _is_whole(self) -> bool:
        is_body_whole = self.done or not self._streaming or (self._is_message and self._assembler.is_one_object)
        return self.finish is not None or (self._spoke and is_body_whole)
