"""The parser of one reply: events of the Responses wire, which only make sense together.

Source: the OpenAI API reference (streaming events of responses) and the sources of its Python library. Gateways send
events without numbers or ids, and text only when it is done. Some send replies of the OpenAI-compatible wire.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
from providers.wires.responses.open_item import ANSWER, REFUSAL, SUMMARY, THOUGHT, OpenItem
from providers.wires.sources import source

Raw = Mapping[str, Any]

_EVENT = "response."
_ENDS = {
    **{f"{_EVENT}{status}": status for status in ("completed", "incomplete", "failed", "cancelled")},
    f"{_EVENT}done": "completed",
}
_INPUTS = {"function_call": "arguments", "custom_tool_call": "input"}
_CALLS = tuple(_INPUTS)
# The events of a text, and the field of the index that counts it. OpenRouter and older libraries say less in a name.
_TEXTS = {
    "output_text": (ANSWER, "content_index"),
    "refusal": (REFUSAL, "content_index"),
    "reasoning_text": (THOUGHT, "content_index"),
    "reasoning": (THOUGHT, "content_index"),
    "reasoning_summary_text": (SUMMARY, "summary_index"),
    "reasoning_summary": (SUMMARY, "summary_index"),
}
_PARTS = {"content_part": "content_index", "reasoning_part": "content_index", "reasoning_summary_part": "summary_index"}
_KINDS = {
    **dict.fromkeys(("output_text", "text", "input_text"), ANSWER),
    "refusal": REFUSAL,
    "reasoning_text": THOUGHT,
    "summary_text": SUMMARY,
}
_KIND = re.compile("[a-z][a-z_.]{1,39}")
MAX_ITEMS, MAX_CITATIONS = 1000, 500


class Reply:
    """The parser of one reply."""

    def __init__(self) -> None:
        self._items: dict[int | str, OpenItem] = {}
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
        if name in _TEXTS and step in ("delta", "done"):
            yield from self._text(event, step, *_TEXTS[name])
        elif name in _PARTS and step == "done":
            part = mapping(event.get("part"))
            if told := _KINDS.get(string(part.get("type"))):
                item = self._item(event, is_late=True)
                yield from self._rest(item, told, _index(event, _PARTS[name]), _words_of(part, told))
        elif kind == "output_text.annotation.added":
            annotation = mapping(event.get("annotation"))
            yield from self._cited(self._item(event, is_late=True), _index(event, "content_index"), annotation)
        elif kind == "output_item.added":
            self._begin(event, OpenItem(mapping(event.get("item"))))
            yield Working()
        elif kind == "output_item.done":
            yield from self._done(event, mapping(event.get("item")))
        elif name in ("function_call_arguments", "custom_tool_call_input"):
            yield from self._arguments(self._item(event, is_late=True), step, event)
        elif name.partition(".")[0].endswith(("_call", "_call_code")):
            yield Working()

    def _text(self, event: Raw, step: str, kind: str, counted: str) -> Iterator[Finding]:
        """Yield the words of a delta, or what a text that is done says beyond its deltas."""
        index = _index(event, counted)
        if step == "done":
            yield from self._rest(self._item(event, is_late=True), kind, index, _words_of(event, kind))
            return
        item, delta = self._item(event), event.get("delta")
        words = string(mapping(delta).get("text", delta))
        yield from self._said(item, kind, index, words, is_apart=kind == SUMMARY)

    def _item(self, event: Raw, *, is_late: bool = False) -> OpenItem:
        """Return the item of an event; a delta for one that is done begins another, unless it `is_late`."""
        key = _key(event)
        item = self._items.get(key)
        if item is None and isinstance(key, str) and (item := self._meant(key)):
            self._keep(key, item)
        if item is None or (item.is_done and not is_late):
            item = self._begin(event, OpenItem())
        return item

    def _meant(self, identity: str) -> OpenItem | None:
        """Return the item that an event without a number means if its id, or none, is that of no item."""
        place, last = next(reversed(self._items.items()), ("", None))
        if last is None or last.is_done:
            return None
        return last if not (identity and place) or last.is_silent else None

    def _begin(self, event: Raw, item: OpenItem) -> OpenItem:
        self._keep(_key(event), item)
        return item

    def _keep(self, key: int | str, item: OpenItem) -> None:
        self._items.pop(key, None)  # the last one begun stands last
        self._items[key] = item
        if len(self._items) > MAX_ITEMS:
            raise ReplyTooLong

    # --- Words ---------------------------------------------------------------------------------------------------

    def _said(self, item: OpenItem, kind: str, index: int, words: str, *, is_apart: bool = True) -> Iterator[Finding]:
        """Yield words; those of the next thought stand apart, unless each delta may have an index of its own."""
        if not words:
            return
        if kind == REFUSAL:
            item.add(kind, index, words)
            yield Delta(part=Part("refusal", words))
        elif kind == ANSWER and not item.is_aside:
            yield Delta(text=self._answered(item, index, words))
        elif not item.is_told_otherwise(kind):
            gap = SEPARATOR if is_apart and item.is_next(kind, index) else ""
            item.add(kind, index, words)
            yield Delta(thought=gap + words)

    def _answered(self, item: OpenItem, index: int, words: str) -> str:
        """Return words of the answer as they are shown: messages stand apart."""
        if not words:
            return ""
        gap = SEPARATOR if self._has_answered and ANSWER not in item.of_kind else ""
        if index not in item.starts:
            item.starts[index] = self._length + len(gap)
        item.add(ANSWER, index, words)
        self._length += len(gap) + len(words)
        self._has_answered = True
        return gap + words

    def _rest(self, item: OpenItem, kind: str, index: int, whole: str) -> Iterator[Finding]:
        """Yield what a text that is done says beyond its deltas."""
        if not item.is_done:
            yield from self._said(item, kind, index, item.beyond(kind, index, whole))

    def _cited(self, item: OpenItem, index: int, annotation: Raw) -> Iterator[Cited]:
        page = source(annotation.get("url"), annotation.get("title"))
        if annotation.get("type") != "url_citation" or not (page.uri or page.title):
            return
        self._has_cited = True
        start, end = count(annotation.get("start_index")) or 0, count(annotation.get("end_index")) or 0
        begun, quote = item.starts.get(index, 0), item.words(ANSWER, index)[start:end]
        yield Cited((page,), (Support(begun + start, begun + end, False, quote, (page,)),))

    # --- Items -----------------------------------------------------------------------------------------------------

    def _done(self, event: Raw, whole: Raw) -> Iterator[Finding]:
        """Yield what a whole item says beyond its deltas, and its parts."""
        item = self._item(event, is_late=True)
        if item.is_done:
            if _is_again(item.fields, whole):
                return
            item = self._begin(event, OpenItem())
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

    def _message(self, item: OpenItem, whole: Raw) -> Iterator[Finding]:
        for index, part in enumerate(_contents(whole.get("content"))):
            kind = _KINDS.get(string(part.get("type")) or "text")
            if kind in (ANSWER, REFUSAL):
                yield from self._rest(item, kind, index, _words_of(part, kind))
            elif not item.is_done:
                yield from pictured(part)
            for annotation in sequence(part.get("annotations")):
                yield from self._cited(item, index, mapping(annotation))
        if item.is_aside:
            yield carrier(whole)
        elif phase := whole.get("phase"):
            yield carrier({"type": "message", "phase": phase})

    def _thoughts(self, item: OpenItem, whole: Raw) -> Iterator[Finding]:
        for kind, name in ((SUMMARY, "summary"), (THOUGHT, "content")):
            for index, part in enumerate(_contents(whole.get(name))):
                yield from self._rest(item, kind, index, _words_of(part, kind))

    def _arguments(self, item: OpenItem, step: str, event: Raw) -> Iterator[Finding]:
        """Keep the arguments of a call, in case its item never comes whole."""
        done = string(event.get("arguments") or event.get("input")) if step == "done" else ""
        if done:
            item.input.clear()
        piece = done or string(event.get("delta"))
        item.input.append(piece)
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
            spelled = _INPUTS.get(string(item.fields.get("type")))
            if spelled and not item.is_done and string(item.fields.get("call_id")) not in self._called:
                item.is_done = True
                yield from parts_of({**item.fields, spelled: "".join(item.input)})
        if self._pages and not self._has_cited:
            yield Cited(tuple(self._pages))


def _is_again(said: Raw, whole: Raw) -> bool:
    """Return whether a whole item is the one that was said, sent once more; some have no id."""
    identity = whole.get("id")
    return identity == said.get("id") if identity else whole.items() <= said.items()


def _contents(content: object) -> list[Raw]:
    """Return the parts of a message; gateways also send one part, or a text, where a list belongs."""
    held = [content] if isinstance(content, str) else as_list(content)
    return [{"text": part} if isinstance(part, str) else mapping(part) for part in held]


def _words_of(part: Raw, kind: str) -> str:
    """Return the words of a part, or of an event, which may stand in an object."""
    text = part.get("refusal" if kind == REFUSAL else "text")
    return string(mapping(text).get("value", text))


def _key(event: Raw) -> int | str:
    """Return the place of an event's item, or its id where a gateway does not count: lemonade#3607."""
    number = count(event.get("output_index"))
    identity = string(event.get("item_id")) or string(mapping(event.get("item")).get("id"))
    return identity if number is None else number


def _index(event: Raw, name: str) -> int:
    return count(event.get(name)) or 0
