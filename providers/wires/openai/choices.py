"""A choice of an OpenAI-compatible reply as our own values.

Source: the OpenAI API reference (chat completion chunks and messages), plus the spellings of compatible servers:
reasoning under four names, content as a list of parts, pictures beside the content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from providers.types import Delta, Part
from providers.wires.json_values import count, mapping, sequence, string
from providers.wires.parsed import CallPiece, Cited, Found, ReasoningPiece, Support
from providers.wires.sources import source
from providers.wires.verbatim import wrap

Said = Mapping[str, Any]


def found(said: Said) -> Iterator[Found]:
    """Yield the findings of one delta, or of a whole message."""
    yield from _reasoning(said)
    yield from _content(said.get("content"))
    for image in sequence(said.get("images")):
        yield _image(mapping(image))
    refusal = string(said.get("refusal"))
    if refusal:
        yield Delta(part=Part("refusal", refusal))
    yield from _cited(said)
    yield from _calls(said)


def _reasoning(said: Said) -> Iterator[Found]:
    """Yield the reasoning under the first name that has any: several names carry the same text."""
    details = [mapping(detail) for detail in sequence(said.get("reasoning_details"))]
    spelled = "".join(string(detail.get("text")) or string(detail.get("summary")) for detail in details)
    thought = string(said.get("reasoning_content")) or string(said.get("reasoning")) or spelled
    if thought:
        yield Delta(thought=thought)
    yield from (ReasoningPiece(detail) for detail in details if detail)


def _content(content: object) -> Iterator[Delta]:
    """Yield the answer text, or the typed parts that some servers send: text, thinking, refusals, pictures."""
    if isinstance(content, str):
        yield from [Delta(text=content)] if content else []
    for part in map(mapping, sequence(content)):
        if part.get("type") == "thinking":
            yield from (Delta(thought=delta.text) for delta in _content(part.get("thinking")))
        elif part.get("type") in ("text", "output_text"):
            yield from _content(string(part.get("text")))
        elif part.get("type") == "refusal":
            yield Delta(part=Part("refusal", string(part.get("refusal"))))
        elif part:
            yield _image(part)


def _image(part: Said) -> Delta:
    """Yield a picture that comes as a data address; any other part is kept for its vendor."""
    address = part.get("image_url")
    head, _, content = string(mapping(address).get("url") or address).partition(",")
    media_type, *options = head.removeprefix("data:").split(";")
    if not (head.startswith("data:image/") and "base64" in options and content):
        return Delta(part=Part("unknown", "", wrap("openai", part)))
    return Delta(part=Part("image", "", {"media_type": media_type, "data": content}))


def _cited(said: Said) -> Iterator[Cited]:
    for annotation in map(mapping, sequence(said.get("annotations"))):
        page = mapping(annotation.get("url_citation")) or annotation
        origin = source(page.get("url"), page.get("title"))
        if annotation.get("type") == "url_citation" and (origin.uri or origin.title):
            start, end = count(page.get("start_index")) or 0, count(page.get("end_index")) or 0
            yield Cited((origin,), (Support(start, end, False, "", (origin,)),))


def _calls(said: Said) -> Iterator[CallPiece]:
    for call in map(mapping, sequence(said.get("tool_calls"))):
        yield CallPiece(count(call.get("index")), call)
    old = mapping(said.get("function_call"))
    if old:
        yield CallPiece(None, {"function": old})
