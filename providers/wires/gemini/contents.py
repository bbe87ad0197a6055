"""The conversation so far in Gemini's form.

Source: the Gemini API reference (Content, Part) and its page on thought signatures. A part that came with one goes back
unchanged and on its own. Gemini 3 refuses calls of functions and the model's pictures without a signature. Parts from
elsewhere may carry `skip_thought_signature_validator`, which the Gemini API and Vertex AI both document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from providers.types import Part, Role, Turn
from providers.wires.json_values import mapping, string
from providers.wires.turns import accepted_turns, in_words
from providers.wires.verbatim import kept, unwrap

STAND_IN_SIGNATURE = "skip_thought_signature_validator"

_ROLES = {"user": "user", "assistant": "model"}
_MEDIA_TYPES = {"audio/mpeg": "audio/mp3"}
"""Gemini's names of types that it calls otherwise."""
_UNANSWERED = {"error": "Nobody called this function."}


def contents(turns: Iterable[Turn], reader: str = "", stand_in: bool = False) -> list[dict[str, Any]]:
    """Return the contents of a request; parts that this wire sent are as they came, for their `reader`.

    `stand_in` gives the model's other parts the documented signature where the vendor refuses them without any.
    """
    made: list[dict[str, Any]] = []
    for turn in accepted_turns(turns, partial(_is_sent, reader)):
        parts = [_part(part, reader, stand_in and turn.role == "assistant") for part in turn.parts]
        before = made[-1]["parts"] if made else []
        made.append({"role": _ROLES[turn.role], "parts": [*_answers(before, parts), *parts]})
    return made


def _is_sent(reader: str, role: Role, part: Part) -> bool:
    content = part.detail.get("data")
    is_own = bool(unwrap("gemini", part, reader))
    if part.kind in ("image", "file"):
        # Another wire's link is one to a page of the web, which this vendor does not read.
        has_link = part.detail.get("uri") and ("vendor" not in part.detail or kept("gemini", part))
        return bool(content or has_link) and (is_own or not part.detail.get("thought"))
    if role == "assistant" and (is_own or _call(part)):
        return True
    if part.kind in ("text", "code", "code_result"):
        return bool(part.text.strip())
    return role == "user" and part.kind == "call_result"


def _call(part: Part) -> Mapping[str, Any]:
    """Return the call of a function, or its result, without a signature; {} for any other part."""
    came = kept("gemini", part)
    return {name: came[name] for name in ("functionCall", "functionResponse") if name in came}


def _part(part: Part, reader: str, stand_in: bool) -> Mapping[str, Any]:
    return unwrap("gemini", part, reader) or _signed(_in_our_words(part), stand_in)


def _in_our_words(part: Part) -> dict[str, Any]:
    """Return the part as anybody may send it: without signatures, and code as text."""
    detail = part.detail
    if call := _call(part):
        return dict(call)
    if part.kind == "call_result":
        told = detail.get("response")
        named = {name: detail[name] for name in ("id", "name") if name in detail}
        return {"functionResponse": {**named, "response": {"result": told} if isinstance(told, str) else told}}
    if detail.get("data"):
        kind = detail.get("media_type")
        return {"inlineData": {"mimeType": _MEDIA_TYPES.get(str(kind), kind), "data": detail["data"]}}
    if detail.get("uri"):
        return {"fileData": {"mimeType": detail.get("media_type"), "fileUri": detail["uri"]}}
    return {"text": in_words(part).text if part.kind in ("code", "code_result") else part.text}


def _signed(part: dict[str, Any], stand_in: bool) -> dict[str, Any]:
    """Return the part with the stand-in, if it is of a kind that needs a signature."""
    is_checked = "functionCall" in part or "inlineData" in part
    return {**part, "thoughtSignature": STAND_IN_SIGNATURE} if stand_in and is_checked else part


def _answers(before: list[Mapping[str, Any]], parts: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return answers to calls that have none: the vendor refuses a conversation that leaves a call open."""
    answered = {_identity(mapping(part.get("functionResponse"))) for part in parts}
    calls = [mapping(part.get("functionCall")) for part in before if mapping(part.get("functionCall"))]
    return [_answer(call) for call in calls if _identity(call) not in answered]


def _identity(call: Mapping[str, Any]) -> str:
    return string(call.get("id")) or string(call.get("name"))


def _answer(call: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: call[name] for name in ("id", "name") if call.get(name)}
    return {"functionResponse": {**named, "response": _UNANSWERED}}
