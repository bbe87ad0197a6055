"""The conversation so far in Gemini's form.

Source: the Gemini API reference (Content, Part) and its page on thought signatures: a part that came with one goes back
unchanged and on its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from providers.types import Part, Role, Turn
from providers.wires.json_values import mapping
from providers.wires.turns import accepted_turns
from providers.wires.verbatim import unwrap

_ROLES = {"user": "user", "assistant": "model"}
_UNANSWERED = {"error": "Nobody called this function."}


def contents(turns: Iterable[Turn]) -> list[dict[str, Any]]:
    """Return the contents of a request; parts that this wire sent are as they came."""
    made: list[dict[str, Any]] = []
    for turn in accepted_turns(turns, _is_sent):
        parts = [_part(part) for part in turn.parts]
        before = made[-1]["parts"] if made else []
        made.append({"role": _ROLES[turn.role], "parts": [*_answers(before, parts), *parts]})
    return made


def _is_sent(role: Role, part: Part) -> bool:
    content = part.detail.get("data")
    if part.kind in ("image", "file"):
        # Another wire's link is one to a page of the web, which this vendor does not read.
        is_foreign = "vendor" in part.detail and not unwrap("gemini", part)
        return bool(content or (part.detail.get("uri") and not is_foreign))
    if role == "assistant" and unwrap("gemini", part):
        return True
    return bool(part.kind == "text" and part.text) or bool(role == "user" and part.kind == "call_result")


def _part(part: Part) -> Mapping[str, Any]:
    raw = unwrap("gemini", part)
    if raw:
        return raw
    detail = part.detail
    if part.kind == "call_result":
        return {"functionResponse": {name: detail[name] for name in ("id", "name", "response") if name in detail}}
    if detail.get("data"):
        return {"inlineData": {"mimeType": detail.get("media_type"), "data": detail["data"]}}
    if detail.get("uri"):
        return {"fileData": {"mimeType": detail.get("media_type"), "fileUri": detail["uri"]}}
    return {"text": part.text}


def _answers(before: list[Mapping[str, Any]], parts: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return answers to calls that have none: the vendor refuses a conversation that leaves a call open."""
    answered = {_identity(mapping(part.get("functionResponse"))) for part in parts}
    calls = [mapping(part.get("functionCall")) for part in before if mapping(part.get("functionCall"))]
    return [_answer(call) for call in calls if _identity(call) not in answered]


def _identity(call: Mapping[str, Any]) -> object:
    return call.get("id") or call.get("name")


def _answer(call: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: call[name] for name in ("id", "name") if call.get(name)}
    return {"functionResponse": {**named, "response": _UNANSWERED}}
