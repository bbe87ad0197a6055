"""The marks in ChatGPT's texts that only its own page understands, and the pages that a reply rests on.

A mark stands between U+E200 and U+E201, its fields parted by U+E202: `cite`, `entity`, `url`, and others. Before 2025
it was 【1†source】, whose link is known by its place in the text.

Source: pionxzh/chatgpt-exporter issue 259, and Laumss/loominary issue 17.
"""

import json
import re
from contextlib import suppress
from typing import Any

from conversations.imports import fields
from conversations.imports.formats import parts

_MARK = re.compile("\ue200[^\ue200\ue201]*\ue201|【\\d{1,9}(?::\\d{1,9})?†[^】\ue200]{0,200}】")


def without_marks(said: str, metadata: dict[str, Any]) -> str:
    """Return a text with its references as links, names as words, and without all other marks."""
    references = fields.objects(metadata.get("content_references"))
    by_mark = {
        fields.text(one.get("matched_text"), 1_000): _MARK.sub("", fields.text(one.get("alt"), 10_000))
        for one in references
    }
    by_place = {fields.count(one.get("start_ix")): _link(one) for one in fields.objects(metadata.get("citations"))}
    pieces, end, left = [], 0, fields.MAX_CHARACTERS
    for mark in _MARK.finditer(said):
        known = by_mark.get(mark[0]) or by_place.get(mark.start())
        words = known if known is not None else _words(mark[0])
        pieces += [said[end : mark.start()], words if len(words) <= left else ""]
        end, left = mark.end(), left - len(words)
    return "".join([*pieces, said[end:]])


def sources(metadata: dict[str, Any]) -> list[Any]:
    """Return the pages that a reply rests on as one part, or none."""
    found: dict[str, dict[str, Any]] = {}
    for reference in fields.objects(metadata.get("content_references")):
        listed = [*fields.objects(reference.get("items")), *fields.objects(reference.get("sources"))]
        for one in [*listed, *(more for item in listed for more in fields.objects(item.get("supporting_websites")))]:
            address = fields.text(one.get("url"), 2_000)
            if address.startswith("http"):
                found.setdefault(address, {"uri": address, "title": one.get("title")})
    return [parts.citation(list(found.values()))] if found else []


def _link(citation: dict[str, Any]) -> str | None:
    source = fields.obj(citation.get("metadata"))
    address, title = fields.text(source.get("url"), 2_000), fields.text(source.get("title"), 500)
    return f" ([{title or address}]({address}))" if address.startswith("http") else None


def _words(mark: str) -> str:
    """Return what people read of a mark for which no link is known."""
    if mark[0] == "【":
        return mark
    kind, _, told = mark[1:-1].partition("\ue202")
    if kind == "entity":
        with suppress(ValueError, RecursionError, IndexError, KeyError, TypeError):
            return fields.text(json.loads(told)[1], 1_000)
    words, _, address = told.partition("\ue202")
    if kind == "url":
        return f"[{words}]({address})" if address.startswith("http") else words
    return ""
