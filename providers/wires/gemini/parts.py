"""Parts of a Gemini answer as our own parts.

Source: the Gemini API reference (Part). Plain text and thoughts grow; every other part is a part of its own. So is text
with a `thoughtSignature` or another field that must go back on its very part. Names in snake case become camel case, in
which they also go back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from providers.types import Delta, Part
from providers.wires.json_values import as_list, field, mapping, snake_case, string
from providers.wires.pictures import standard_base64
from providers.wires.verbatim import kind_name, wrap

Raw = Mapping[str, Any]

_OUTCOMES = {"OUTCOME_OK": "ok", "OUTCOME_DEADLINE_EXCEEDED": "deadline"}
_PLAIN = frozenset({"text", "thought"})
_TEXTUAL = frozenset({"text", "thought", "thoughtSignature"})


def parts_of(candidate: Raw) -> list[Any]:
    """Return the parts of a candidate; gateways also send one part, or a text, where a list belongs."""
    content = candidate.get("content")
    held = mapping(content).get("parts") if isinstance(content, dict) else content
    return [{"text": held}] if isinstance(held, str) else [_spelled(part) for part in as_list(held)]


def deltas(candidate: Raw) -> Iterator[Delta]:
    """Yield a delta for each part of one event; a part of an unknown kind is kept for its vendor."""
    for part in parts_of(candidate):
        delta = _delta(part) if isinstance(part, dict) else None
        if delta:
            yield delta


def _spelled(part: object) -> object:
    """Return a part with its own names in camel case, and a text that stands alone as a part."""
    if isinstance(part, str):
        return {"text": part}
    if not isinstance(part, dict) or _SNAKE_CASE.keys().isdisjoint(part):
        return part
    renamed: dict[Any, Any] = {_SNAKE_CASE.get(name, name): value for name, value in part.items()}
    media = {kind: _renamed(mapping(renamed[kind])) for kind in ("inlineData", "fileData") if renamed.get(kind)}
    return {**renamed, **media}


def _renamed(media: Raw) -> dict[str, Any]:
    return {_SNAKE_CASE_OF_MEDIA.get(name, name): value for name, value in media.items()}


def _delta(part: Raw) -> Delta | None:
    # Gateways send every absent field as null.
    fields = {name: value for name, value in part.items() if value is not None}
    is_thought = fields.get("thought") is True
    kind = next((kind for kind in _KINDS if isinstance(fields.get(kind), dict)), None)
    if kind:
        made = _KINDS[kind](fields[kind], part)
        return Delta(part=_as_thought(made) if is_thought else made) if made else None
    text = string(fields.get("text"))
    if fields.keys() <= _PLAIN:
        return (Delta(thought=text) if is_thought else Delta(text=text)) if text else None
    if text or fields.keys() <= _TEXTUAL:
        return Delta(part=Part("thought" if is_thought else "text", text, wrap("gemini", part)))
    return Delta(part=Part("unknown", "", {**kind_name(fields), **wrap("gemini", part)}))


def _as_thought(part: Part) -> Part:
    """Return the part marked as a thought, such as a sketch before the picture. It goes back as it came."""
    return Part(part.kind, part.text, {**part.detail, "thought": True})


def _inline(inline: Raw, part: Raw) -> Part | None:
    content, media_type = standard_base64(string(inline.get("data"))), string(field(inline, "mimeType"))
    if not content:
        return None
    kind = "image" if media_type.startswith("image/") else "file"
    vendor = {} if _is_plain(part, inline, "mimeType", "data") else wrap("gemini", part)
    return Part(kind, "", {"media_type": media_type, "data": content, **vendor})


def _file(file: Raw, part: Raw) -> Part:
    detail = {"media_type": string(field(file, "mimeType")), "uri": string(field(file, "fileUri"))}
    vendor = {} if _is_plain(part, file, "mimeType", "fileUri") else wrap("gemini", part)
    return Part("file", "", {**detail, **vendor})


def _is_plain(part: Raw, inner: Raw, *names: str) -> bool:
    """Return whether our own fields hold everything that this part holds."""
    return len(part) == 1 and inner.keys() == set(names) and all(isinstance(inner[name], str) for name in names)


def _code(code: Raw, part: Raw) -> Part:
    language = string(code.get("language")).lower()
    return Part("code", string(code.get("code")), {"language": language, **wrap("gemini", part)})


def _code_result(result: Raw, part: Raw) -> Part:
    outcome = _OUTCOMES.get(string(result.get("outcome")), "failed")
    return Part("code_result", string(result.get("output")), {"outcome": outcome, **wrap("gemini", part)})


def _call(call: Raw, part: Raw) -> Part:
    return Part("call", "", {**_named(call), "arguments": mapping(call.get("args")), **wrap("gemini", part)})


def _call_result(result: Raw, part: Raw) -> Part:
    return Part("call_result", "", {**_named(result), "response": result.get("response"), **wrap("gemini", part)})


def _named(call: Raw) -> dict[str, str]:
    # Calls to the vendor's own tools have a type where others have a name.
    identity = string(call.get("id"))
    return {
        "name": string(call.get("name")) or string(field(call, "toolType")),
        **({"id": identity} if identity else {}),
    }


_KINDS: Mapping[str, Callable[[Raw, Raw], Part | None]] = {
    "inlineData": _inline,
    "fileData": _file,
    "executableCode": _code,
    "codeExecutionResult": _code_result,
    "functionCall": _call,
    "functionResponse": _call_result,
    "toolCall": _call,
    "toolResponse": _call_result,
}


_SNAKE_CASE = {
    snake_case(name): name for name in (*_KINDS, "thoughtSignature", "videoMetadata", "mediaResolution", "partMetadata")
}
_SNAKE_CASE_OF_MEDIA = {snake_case(name): name for name in ("mimeType", "fileUri", "displayName")}
