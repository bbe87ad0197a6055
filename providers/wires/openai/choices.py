"""A choice of an OpenAI-compatible reply as our own values.

Source: the OpenAI API reference (chat completion chunks and messages), plus the spellings of compatible servers:
reasoning under several names, content as a list of parts or as one, pictures beside the content.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from providers.types import Delta, Part
from providers.wires.json_values import as_list, count, mapping, sequence, string
from providers.wires.openai.pictures import pictured
from providers.wires.openai.sources import annotated
from providers.wires.parsed import CallPiece, Finding, ReasoningPiece

Said = Mapping[str, Any]

# Several names carry the same text, so the first that has any counts.
_REASONING = ("reasoning_content", "reasoning", "reasoning_text", "thinking_content", "thinking", "thought")
_THOUGHTS = frozenset({"thinking", "reasoning", "reasoning_content", "redacted_thinking"})
_TEXTS = frozenset({None, "text", "output_text"})
_WORDS = ("text", "content", "value", "thinking", "reasoning", "summary")
_MAX_DEPTH = 4


def said_in(value: object) -> Said:
    """Return a delta or a message as an object; gateways also send its text alone, or a list of one."""
    if isinstance(value, list) and value:
        return said_in(value[0])
    return {"content": value} if isinstance(value, str) and value else mapping(value)


def found(said: Said) -> Iterator[Finding]:
    """Yield the findings of one delta, or of a whole message."""
    yield from _reasoning(said)
    yield from _content(said.get("content") or mapping(said.get("audio")).get("transcript"))
    for name in ("images", "image"):
        for image in _several(said.get(name)):
            yield from pictured(image)
    refusal = string(said.get("refusal"))
    if refusal:
        yield Delta(part=Part("refusal", refusal))
    yield from annotated(said)
    yield from _calls(said)


def _reasoning(said: Said) -> Iterator[Finding]:
    details = [mapping(detail) for detail in sequence(said.get("reasoning_details"))]
    spelled = "".join(string(detail.get("text")) or string(detail.get("summary")) for detail in details)
    thought = next((words for name in _REASONING if name in said and (words := _words(said[name]))), spelled)
    if thought:
        yield Delta(thought=thought)
    yield from (ReasoningPiece(detail) for detail in details if detail)


def _content(content: object) -> Iterator[Finding]:
    """Yield the answer text, or the parts that some servers send: text, thinking, refusals, pictures."""
    if isinstance(content, str):
        yield from [Delta(text=content)] if content else []
    elif isinstance(content, int | float) and not isinstance(content, bool):  # a text that was not quoted
        yield Delta(text=json.dumps(content))
    for part in as_list(content):
        if isinstance(part, str):
            yield from [Delta(text=part)] if part else []
        elif isinstance(part, dict) and part:
            yield from _part(part)


def _part(part: Said) -> Iterator[Finding]:
    kind = string(part.get("type")) or None
    if kind in _THOUGHTS or part.get("thought") is True:
        thought = _words(part)
        yield from [Delta(thought=thought)] if thought else []
    elif kind in _TEXTS and "text" in part:
        text = _words(part["text"])
        yield from [Delta(text=text)] if text else []
        yield from annotated(part)
    elif kind == "refusal":
        yield Delta(part=Part("refusal", string(part.get("refusal"))))
    elif kind != "reference":  # Mistral's numbers of results that its model was given
        yield from pictured(part)


def _words(value: object, depth: int = 0) -> str:
    """Return the words of a text, of an object that holds one, or of a list of those."""
    if isinstance(value, str) or not value or depth == _MAX_DEPTH:
        return string(value)
    if isinstance(value, list):
        return "".join(_words(one, depth + 1) for one in value)
    held = (value[name] for name in _WORDS if name in value) if isinstance(value, dict) else ()
    return next((words for one in held if (words := _words(one, depth + 1))), "")


def _several(images: object) -> list[Any]:
    return [images] if isinstance(images, str) else as_list(images)


def _calls(said: Said) -> Iterator[CallPiece]:
    for call in map(mapping, as_list(said.get("tool_calls"))):
        yield CallPiece(count(call.get("index")), call)
    old = mapping(said.get("function_call"))
    if old:
        yield CallPiece(None, {"function": old})
