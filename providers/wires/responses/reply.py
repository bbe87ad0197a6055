"""The parser of one reply: events of the Responses wire, which only make sense together.

Source: the OpenAI API reference (streaming events of responses) and the sources of its Python library. Gateways send
events without numbers or ids, and text only when it is done. Some send replies of the OpenAI-compatible wire.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.errors import BadReply, ReplyTooLong, VendorDown
from providers.types import Delta, Part
from providers.wires import vendor_errors
from providers.wires.finishes import finish_of
from providers.wires.json_values import as_list, count, mapping, sequence, string, unwrapped
from providers.wires.openai import wire as openai
from providers.wires.openai.pictures import pictured
from providers.wires.openai.usage import usage
from providers.wires.parsed import END, Cited, Finding, Found, Held, Source, Support, WholeMessage, Working
from providers.wires.responses.items import SEPARATOR, carrier, pages_of, parts_of
from providers.wires.sources import source

Raw = Mapping[str, Any]

_EVENT = "response."
_ENDS = {f"{_EVENT}{status}": status for status in ("completed", "incomplete", "failed", "cancelled")}
_CALLS = ("function_call", "custom_tool_call")
_ASIDE = "commentary"
_TEXTS = frozenset({"output_text", "text", "input_text"})
_KIND = re.compile("[a-z][a-z_.]{1,39}")
MAX_ITEMS, MAX_CITATIONS = 1000, 500


@dataclass(slots=True)
class _Item:
    """An item under way: its fields, its words so far, and where each of its texts begins in the answer."""

    fields: Raw = field(default_factory=dict)
    said: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    starts: dict[int, int] = field(default_factory=dict)
    is_done: bool = False

    @property
    def is_aside(self) -> bool:
        """Return whether this is a message about the work, and not the answer."""
        return self.fields.get("phase") == _ASIDE

    def add(self, kind: str, index: int, words: str) -> None:
        self.kinds.add(kind)
        self.said.setdefault((kind, index), []).append(words)

    def words(self, kind: str, index: int) -> str:
        pieces = self.said.get((kind, index), [])
        pieces[:] = ["".join(pieces)]  # joined once: the next look starts from the joined text
        return pieces[0]


class Reply:
    """The parser of one reply."""

    def __init__(self) -> None:
        self._items: dict[int | str, _Item] = {}
        self._whole: set[str] = set()
        """The kinds of items that came whole: a response at the end repeats them."""
        self._called: set[str] = set()
        self._length = 0
        self._has_answered = self._has_cited = self._has_ended = False
        self._pages: list[Source] = []

    def parse(self, event: Raw) -> Iterator[Found]:
        """Yield the findings of one event, or of a whole response. Raises VendorError when it is an error."""
        kind = string(event.get("type"))
        if event is END:
            yield from self._remaining()
        elif "choices" in event:
            yield from openai.parse(event)
        elif kind == f"{_EVENT}error":
            yield from self._of_object({**event, "type": "error"}, is_event=True)
        elif kind in _ENDS:
            yield from self._ended(mapping(event.get("response")), _ENDS[kind])
        elif kind.startswith(_EVENT):
            if event.get("error") and (failure := vendor_errors.in_event(event, "type")):
                raise failure
            yield from self._of_event(kind.removeprefix(_EVENT), event)
        else:
            yield from self._of_object(event, is_event=bool(kind))

    def _of_object(self, event: Raw, *, is_event: bool) -> Iterator[Found]:
        """Yield the findings of an object that is no event of a response: a whole one, or an error."""
        whole = event if is_event else unwrapped(event, "output")
        if failure := vendor_errors.in_event(event, "output"):
            raise failure
        if not is_event and isinstance(whole.get("output"), list):
            yield from self._ended(whole, string(whole.get("status")) or "completed")
        elif not is_event and (named := string(event.get("object"))) and named != "response":
            if not _KIND.fullmatch(named):
                raise BadReply
            raise BadReply(because="The vendor answered with “%(kind)s” instead of a reply.", about={"kind": named})

    def _of_event(self, kind: str, event: Raw) -> Iterator[Found]:
        name, _, step = kind.rpartition(".")
        index = _index(event, "content_index")
        if step == "delta" and name in ("output_text", "refusal"):
            yield from self._said(self._item(event), name, index, string(event.get("delta")))
        elif step == "done" and name in ("output_text", "refusal"):
            whole = string(event.get("text" if name == "output_text" else "refusal"))
            yield from self._rest(self._item(event, is_late=True), name, index, whole)
        elif name in ("reasoning_summary_text", "reasoning_text"):
            index = _index(event, "summary_index" if "summary" in name else "content_index")
            if step == "delta":
                yield from self._said(self._item(event), name, index, string(event.get("delta")))
            else:
                yield from self._rest(self._item(event, is_late=True), name, index, string(event.get("text")))
        elif kind == "output_text.annotation.added":
            yield from self._cited(self._item(event, is_late=True), index, mapping(event.get("annotation")))
        elif kind == "output_item.added":
            self._begin(event, _Item(mapping(event.get("item"))))
            yield Working()
        elif kind == "output_item.done":
            yield from self._done(event, mapping(event.get("item")))
        elif name == "function_call_arguments":
            yield from self._arguments(self._item(event, is_late=True), step, event)
        elif name.partition(".")[0].endswith(("_call", "_call_code")):
            yield Working()

    def _item(self, event: Raw, *, is_late: bool = False) -> _Item:
        """Return the item of an event; a delta for one that is done begins another, unless it `is_late`."""
        item = self._items.get(_key(event))
        if item is None or (item.is_done and not is_late):
            item = self._begin(event, _Item())
        return item

    def _begin(self, event: Raw, item: _Item) -> _Item:
        self._items[_key(event)] = item
        if len(self._items) > MAX_ITEMS:
            raise ReplyTooLong
        return item

    # --- Words ---------------------------------------------------------------------------------------------------

    def _said(self, item: _Item, kind: str, index: int, words: str) -> Iterator[Finding]:
        if not words:
            return
        if kind == "refusal":
            item.add(kind, index, words)
            yield Delta(part=Part("refusal", words))
        elif kind == "output_text" and not item.is_aside:
            yield Delta(text=self._answered(item, index, words))
        elif not _is_told_otherwise(item, kind):
            is_next = kind in item.kinds and (kind, index) not in item.said
            item.add(kind, index, words)
            yield Delta(thought=f"{SEPARATOR}{words}" if is_next else words)

    def _answered(self, item: _Item, index: int, words: str) -> str:
        """Return words of the answer as they are shown: messages stand apart."""
        if not words:
            return ""
        gap = SEPARATOR if self._has_answered and "output_text" not in item.kinds else ""
        if index not in item.starts:
            item.starts[index] = self._length + len(gap)
        item.add("output_text", index, words)
        self._length += len(gap) + len(words)
        self._has_answered = True
        return gap + words

    def _rest(self, item: _Item, kind: str, index: int, whole: str) -> Iterator[Finding]:
        """Yield what a text that is done says beyond its deltas."""
        said = item.words(kind, index)
        if whole.startswith(said) and not item.is_done:
            yield from self._said(item, kind, index, whole[len(said) :])

    def _cited(self, item: _Item, index: int, annotation: Raw) -> Iterator[Cited]:
        page = source(annotation.get("url"), annotation.get("title"))
        if annotation.get("type") != "url_citation" or not (page.uri or page.title):
            return
        self._has_cited = True
        start, end = count(annotation.get("start_index")) or 0, count(annotation.get("end_index")) or 0
        begun, quote = item.starts.get(index, 0), item.words("output_text", index)[start:end]
        yield Cited((page,), (Support(begun + start, begun + end, False, quote, (page,)),))

    # --- Items -----------------------------------------------------------------------------------------------------

    def _done(self, event: Raw, whole: Raw) -> Iterator[Finding]:
        """Yield what a whole item says beyond its deltas, and its parts."""
        item = self._item(event, is_late=True)
        if item.is_done:
            if _is_again(item.fields, whole):
                return
            item = self._begin(event, _Item())
        kind = string(whole.get("type"))
        item.fields = {**item.fields, **whole}
        if kind == "message":
            yield from self._message(item, whole)
        else:
            if kind == "reasoning":
                yield from self._thoughts(item, whole)
            if kind in _CALLS:
                self._called.add(string(whole.get("call_id")))
            self._note_pages(whole)
            yield from parts_of(whole)
        self._whole.add(kind)
        item.is_done = True

    def _note_pages(self, whole: Raw) -> None:
        self._pages = [*self._pages, *pages_of(whole)][:MAX_CITATIONS]

    def _message(self, item: _Item, whole: Raw) -> Iterator[Finding]:
        for index, part in enumerate(_contents(whole.get("content"))):
            kind = string(part.get("type")) or "output_text"
            if kind == "refusal":
                yield from self._rest(item, kind, index, string(part.get("refusal")))
            elif kind in _TEXTS:
                text = part.get("text")
                yield from self._rest(item, "output_text", index, string(mapping(text).get("value", text)))
            elif not item.is_done:
                yield from pictured(part)
            for annotation in sequence(part.get("annotations")):
                yield from self._cited(item, index, mapping(annotation))
        if item.is_aside:
            yield carrier(whole)
        elif phase := whole.get("phase"):
            yield carrier({"type": "message", "phase": phase})

    def _thoughts(self, item: _Item, whole: Raw) -> Iterator[Finding]:
        for kind, name in (("reasoning_summary_text", "summary"), ("reasoning_text", "content")):
            for index, part in enumerate(map(mapping, sequence(whole.get(name)))):
                yield from self._rest(item, kind, index, string(part.get("text")))

    def _arguments(self, item: _Item, step: str, event: Raw) -> Iterator[Finding]:
        """Keep the arguments of a call, in case its item never comes whole."""
        pieces = item.said.setdefault(("arguments", 0), [])
        if step == "done" and string(event.get("arguments")):
            pieces.clear()
        piece = string(event.get("arguments" if step == "done" else "delta"))
        pieces.append(piece)
        yield Held(piece)

    # --- The end ---------------------------------------------------------------------------------------------------

    def _ended(self, response: Raw, status: str) -> Iterator[Found]:
        beyond, calls = self._beyond(response)
        if beyond:
            yield WholeMessage(tuple(beyond))
        yield from calls
        yield from usage(response, {})
        told = string(response.get("status"))
        status = told if status == "completed" and told in _ENDS.values() else status
        if status == "failed":
            failure = vendor_errors.in_event({"error": response.get("error")})
            raise failure or VendorDown(because="The vendor broke off the reply.")
        reason = string(mapping(response.get("incomplete_details")).get("reason")) if status == "incomplete" else ""
        finish = finish_of(reason or status)
        yield from [finish] if finish else []

    def _beyond(self, response: Raw) -> tuple[list[Finding], list[Finding]]:
        """Return what a response says that no item said whole before, and its further calls.

        Some gateways send nothing else, or only the last of several items whole.
        """
        again, beyond, calls = Reply(), list[Finding](), list[Finding]()
        for index, whole in enumerate(map(mapping, sequence(response.get("output")))):
            kind, found = string(whole.get("type")), list(again._done({"output_index": index}, whole))
            if kind not in self._whole:
                self._has_cited = self._has_cited or again._has_cited
                self._note_pages(whole)
                beyond += found
            elif kind == "message" and not self._has_ended:
                beyond += [one for one in found if isinstance(one, Delta) and one.is_words]
            elif kind in _CALLS and string(whole.get("call_id")) not in self._called:
                calls += found
        self._whole |= again._whole
        self._called |= again._called
        self._has_ended = True
        return beyond, calls

    def _remaining(self) -> Iterator[Finding]:
        """Yield the calls whose items never came whole, and the pages that were read."""
        for item in self._items.values():
            is_open = item.fields.get("type") in _CALLS and not item.is_done
            if is_open and string(item.fields.get("call_id")) not in self._called:
                item.is_done = True
                yield from parts_of({**item.fields, "arguments": item.words("arguments", 0)})
        if self._pages and not self._has_cited:
            yield Cited(tuple(self._pages))


def _is_again(said: Raw, whole: Raw) -> bool:
    """Return whether a whole item is the one that was said, sent once more; some have no id."""
    identity = whole.get("id")
    return identity == said.get("id") if identity else whole.items() <= said.items()


def _is_told_otherwise(item: _Item, kind: str) -> bool:
    """Return whether the same thoughts are told already: summarized, or in full."""
    return kind != "output_text" and not item.kinds <= {kind}


def _contents(content: object) -> list[Raw]:
    """Return the parts of a message; gateways also send one part, or a text, where a list belongs."""
    held = [content] if isinstance(content, str) else as_list(content)
    return [{"text": part} if isinstance(part, str) else mapping(part) for part in held]


def _key(event: Raw) -> int | str:
    number = count(event.get("output_index"))
    return string(event.get("item_id")) if number is None else number


def _index(event: Raw, name: str) -> int:
    return count(event.get(name)) or 0
