"""The events of one reply on the Messages wire, in their order.

Source: the Messages API reference (streaming), plus variants of gateways: no names of events, no index, null for what
is empty, deltas without a start. Some send a message's start twice or with content, or a whole message in a stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from providers.types import Delta, Finish, Part
from providers.wires import vendor_errors
from providers.wires.anthropic.blocks import called, finished
from providers.wires.anthropic.usage import Counts, reports
from providers.wires.finishes import finish_of
from providers.wires.json_values import as_list, mapping, sequence, string, unwrapped
from providers.wires.parsed import END, Found, Held, WholeMessage, Working

Raw = Mapping[str, Any]

REPLIES = "content"
MAX_CITATIONS = 500
MAX_OPEN, MAX_GROWING = 128, 16
"""Calls that may be open at a time. Fields that grow in a block of a kind that is not known."""
_OF_DELTA = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "thinking",
    "citations_delta": "text",
}
_ARGUMENTS = "input_json_delta"
_WORDS = {"text": "text", "thinking": "thinking"}
_MARKS = ("text", "thought")


class _Block:
    """A block that is open: its fields as they came, its words and arguments in pieces."""

    def __init__(self, fields: Raw, index: object, begin: int) -> None:
        self.fields = {name: value for name, value in fields.items() if value is not None}
        self.kind = string(fields.get("type")) or "text"
        self.is_call = self.kind.endswith("tool_use")
        self.index, self.begin = index, begin
        self.words: list[str] = []
        self.arguments: list[str] = []
        self.citations = [*sequence(fields.get("citations"))]
        self.grown: dict[str, list[str]] = {}

    def mark(self, told: Raw) -> Iterator[Held | Working]:
        """Keep the signature and the citation of a delta. A signature may come in pieces, or twice."""
        signature, pieces = string(told.get("signature")), self.grown.setdefault("signature", [])
        if signature and signature != (pieces[-1] if pieces else self.fields.get("signature")):
            pieces.append(signature)
            yield Working(signature)
        if "citation" in told and len(self.citations) < MAX_CITATIONS:
            self.citations.append(told["citation"])
            yield Held(told["citation"])

    def grow(self, told: Raw) -> Iterator[Working]:
        """Keep a delta of an unknown kind: the texts in it go on with those of the block."""
        for name, piece in told.items():
            if isinstance(piece, str) and (name in self.grown or len(self.grown) < MAX_GROWING):
                self.grown.setdefault(name, []).append(piece)
                yield Working(piece)

    def whole(self) -> dict[str, Any]:
        """Return the block as if it had come at once."""
        grown = {name: string(self.fields.get(name)) + "".join(pieces) for name, pieces in self.grown.items() if pieces}
        if self.kind in _WORDS:
            kept = {**self.fields, **grown, _WORDS[self.kind]: "".join(self.words)}
            cited = {**kept, "citations": self.citations} if self.citations else kept
            return cited if self.citations else {name: cited[name] for name in cited if name != "citations"}
        if self.is_call:
            return called(self.fields, "".join(self.arguments))
        return {**self.fields, **grown}


class Events:
    """The reader of one reply's events."""

    def __init__(self) -> None:
        self._open: list[_Block] = []
        self._unsigned: _Block | None = None
        self._said = 0
        self._has_blocks = False
        self._has_finished = False
        self._counts = Counts()

    def __call__(self, event: Raw) -> Iterator[Found]:
        """Yield the findings of the next event. Raises VendorError when it is an error."""
        event = unwrapped(event, REPLIES)
        kind = _kind(event)
        yield from self._content(kind, event)
        if failure := vendor_errors.in_event(event, replies=REPLIES):
            raise failure
        yield from self._usage(kind, event)
        yield from self._finish(kind, event)

    def _content(self, kind: str, event: Raw) -> Iterator[Found]:
        if kind == "content_block_delta":
            yield from self._delta(event.get("index"), event.get("delta"))
        elif kind == "content_block_start":
            yield from self._begin(mapping(event.get("content_block")), event.get("index"))
        elif kind == "message_start":
            message = mapping(event.get("message"))
            self._counts.note_id(string(message.get("id")))
            yield from [] if self._has_blocks else self._blocks(message.get("content"))
        elif kind == "message":
            self._counts.note_id(string(event.get("id")))
            yield from self._message(event.get("content"))
        elif kind == "content_block_stop":
            yield from self._close(event.get("index"))
        elif kind in ("message_delta", "message_stop") or event is END:
            yield from self._close()

    def _message(self, content: object) -> Iterator[Found]:
        """Yield a message that came whole; behind deltas, without the copies of what they were."""
        yield from self._close()
        is_repeated = self._has_blocks
        found = [one for one in self._blocks(content) if not isinstance(one, WholeMessage)]
        if is_repeated:
            found = [one for one in found if not _is_mark(one)]
        yield WholeMessage(tuple(found))

    def _blocks(self, content: object) -> Iterator[Found]:
        said = [{"type": "text", "text": content}] if isinstance(content, str) else as_list(content)
        for block in said:
            yield from self._begin({"type": "text", "text": block} if isinstance(block, str) else mapping(block), None)
            yield from self._close()

    def _begin(self, fields: Raw, index: object) -> Iterator[Found]:
        block = _Block(fields, index, self._said)
        # Calls may grow in turns. Of other kinds, the next one begins where an end was left out.
        is_beside = block.is_call and len(self._open) < MAX_OPEN
        kept = [one for one in self._open if is_beside and one.is_call and one.index not in (None, index)]
        yield from self._end([one for one in self._open if one not in kept])
        self._open = kept
        if not fields:
            return
        self._has_blocks = True
        self._open.append(block)
        name = _WORDS.get(block.kind)
        if name:
            yield from self._words(block, name, _spelled(fields.get(name)))

    def _of(self, index: object) -> _Block | None:
        """Return the open block with this index: the last one where either has none."""
        return next((one for one in reversed(self._open) if index is None or one.index in (None, index)), None)

    def _delta(self, index: object, delta: object) -> Iterator[Found]:
        # Some gateways send the fields of every kind of delta with each, empty or null where they have no place.
        sent = {"text": delta} if isinstance(delta, str) else mapping(delta)
        told = {name: value for name, value in sent.items() if value not in (None, "")}
        named = string(told.pop("type", None))
        is_arguments = named == _ARGUMENTS or (named not in _OF_DELTA and "partial_json" in told)
        kind = _OF_DELTA.get(named) or ("thinking" if "thinking" in told or "signature" in told else "text")
        block = self._of(index)
        if block is None and kind == "thinking" and self._unsigned and index == self._unsigned.index:
            block = self._unsigned
            self._open.append(block)
        is_of_another = block is not None and block.kind in _WORDS and kind != block.kind
        if told and not is_arguments and (block is None or is_of_another):
            # Some gateways leave the start out.
            yield from self._begin({"type": kind}, index)
            block = self._open[-1]
        if block is None:
            return
        if is_arguments:
            block.arguments.append(string(told.get("partial_json")))
            yield Held(block.arguments[-1])
        elif block.kind in _WORDS or named in _OF_DELTA or kind in told:
            words = _spelled(told.get(kind))
            # A proxy repeats the whole thought beside its signature: open-webui#29860.
            is_again = "signature" in told and words == "".join(block.words)
            yield from self._words(block, kind, "" if is_again else words)
            yield from block.mark(told)
        else:
            yield from block.grow(told)

    def _words(self, block: _Block, name: str, words: str) -> Iterator[Found]:
        if not words:
            return
        block.words.append(words)
        if name == "thinking":
            yield Delta(thought=words)
        else:
            self._said += len(words)
            yield Delta(text=words)

    def _close(self, index: object = None) -> Iterator[Found]:
        """Yield what the open blocks say, or the one with this index."""
        ending = [one for one in self._open if index is None or one.index in (None, index)]
        self._open = [one for one in self._open if one not in ending]
        yield from self._end(ending)

    def _end(self, blocks: list[_Block]) -> Iterator[Found]:
        for block in blocks:
            whole = block.whole()
            if block.kind == "thinking":
                # It goes on if the next block came in its middle: its signature holds for all of it.
                self._unsigned = None if whole.get("signature") else block
            yield from finished(whole, block.begin, self._said)

    def _usage(self, kind: str, event: Raw) -> Iterator[Found]:
        is_final = kind != "message_start"
        told = [self._counts.add(report, is_final=is_final) for report in reports(event)]
        if kind == "message_stop" and not self._counts.are_final:
            self._counts.are_final = True
            told.append(True)
        usage = self._counts.usage() if any(told) else None
        if usage and (usage.input_tokens or usage.output_tokens):
            yield usage

    def _finish(self, kind: str, event: Raw) -> Iterator[Found]:
        places = (mapping(event.get("delta")), event, mapping(event.get("message")))
        place = next((one for one in places if one.get("stop_reason")), {})
        details = mapping(place.get("stop_details"))
        finish = finish_of(place.get("stop_reason"), string(details.get("category")))
        if finish and finish.reason == "blocked" and (told := string(details.get("explanation"))):
            yield Delta(part=Part("refusal", told))
        if finish is None and kind == "message_stop" and not self._has_finished:
            finish = Finish("stop")
        if finish:
            self._has_finished = True
            yield finish


def _kind(event: Raw) -> str:
    """Return the type of an event, or what its fields show where a gateway left it out."""
    kind = string(event.get("type"))
    if kind:
        return kind
    if "delta" in event:
        return "message_delta" if "stop_reason" in mapping(event["delta"]) else "content_block_delta"
    shown = (("content_block", "content_block_start"), ("message", "message_start"), ("content", "message"))
    return next((found for name, found in shown if name in event), "")


def _spelled(words: object) -> str:
    """Return words that may stand in an object."""
    return words if isinstance(words, str) else string(mapping(words).get("value"))


def _is_mark(found: Found) -> bool:
    """Return whether this is a copy that stands behind its words, for their vendor only."""
    return isinstance(found, Delta) and found.part is not None and found.part.kind in _MARKS
