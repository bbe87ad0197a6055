"""Parts of a message from outside, with the fields and types of ours and no others."""

import re
from collections.abc import Iterable
from typing import Any

from conversations.imports import fields
from conversations.lookup.tools import READ, SEARCH

Part = dict[str, Any]
_OUTCOMES = ("ok", "failed", "deadline")
_MAX_SOURCES = 1_000
_BACKTICKS = re.compile("`{3,}")


def text(said: str) -> list[Any]:
    """Return a text as parts: none if there is nothing."""
    return [{"kind": "text", "text": said}] if said.strip() else []


def document(name: Any, said: Any, language: str = "") -> list[Any]:
    """Return a document of a tool as text under its name, in a fence if it has a language."""
    title, words = " ".join(fields.text(name, 200).split()), fields.text(said)
    if language:
        fence = "`" * (max(map(len, _BACKTICKS.findall(words)), default=2) + 1)
        words = f"{fence}{language}\n{words.rstrip()}\n{fence}"
    return text(f"**{title}**\n\n{words}" if title else words)


def apart(listed: Iterable[Any]) -> list[Any]:
    """Return parts of which each text but the first begins a paragraph, as a reply's texts are joined to one."""
    found: list[Any] = []
    has_text = False
    for part in listed:
        is_text = isinstance(part, dict) and part["kind"] == "text"
        found.append({**part, "text": f"\n\n{part['text']}"} if is_text and has_text else part)
        has_text = has_text or is_text
    return found


def thought(said: str, seconds: Any = None) -> list[Any]:
    timed = {"seconds": float(seconds)} if isinstance(seconds, int | float) and 0 < seconds < 10**6 else {}
    return [{"kind": "thought", "text": said, **timed}] if said.strip() else []


def code(said: str, language: Any = "") -> Part:
    named = fields.text(language, 30)
    return {"kind": "code", "text": said, "language": "" if named == "unknown" else named}


def result(said: str, outcome: Any = "ok") -> Part:
    return {"kind": "code_result", "text": said, "outcome": outcome if outcome in _OUTCOMES else "ok"}


def call(name: Any, arguments: Any) -> Part:
    is_object = isinstance(arguments, dict)
    told = {"arguments": fields.storable(arguments)} if is_object else {"raw": fields.text(arguments)}
    return {"kind": "call", "name": fields.text(name, 200), **told}


def call_result(name: Any, response: Any) -> Part:
    told = fields.storable(response) if isinstance(response, dict | list) else fields.text(response)
    return {"kind": "call_result", "name": fields.text(name, 200), "response": told}


def citation(sources: Any, supports: Any = None) -> Part:
    listed = [
        {name: fields.text(source.get(name), 2_000) for name in ("uri", "title", "domain") if source.get(name)}
        for source in list(fields.objects(sources))[:_MAX_SOURCES]
    ]
    placed = [_support(support, len(listed)) for support in list(fields.objects(supports))[:_MAX_SOURCES]]
    return {"kind": "citation", "sources": listed, "supports": placed}


def checked(raw: Part) -> Part:
    """Return one of our own parts as another site exported it."""
    said = fields.text(raw.get("text"))
    match raw.get("kind"):
        case "text":
            return {"kind": "text", "text": said}
        case "thought":
            return (thought(said, raw.get("seconds")) or [{"kind": "thought", "text": said}])[0]
        case "code":
            return code(said, raw.get("language"))
        case "code_result":
            return result(said, raw.get("outcome"))
        case "call":
            return call(raw.get("name"), raw.get("arguments") or raw.get("raw"))
        case "call_result":
            return call_result(raw.get("name"), raw.get("response"))
        case "citation":
            return {**citation(raw.get("sources"), raw.get("supports")), **_looked_up(raw)}
        case "refusal":
            return {"kind": "refusal", "text": said, "reason": fields.text(raw.get("reason"), 1_000)}
        case "gap":
            return {"kind": "gap", "bytes": fields.count(raw.get("bytes")) or 0}
        case "seam":
            return {"kind": "seam"}
        case "image" | "file" as kind:
            return {"kind": kind, "name": fields.text(raw.get("name"), 200)}
        case kind:
            return {"kind": "unknown", "name": fields.text(raw.get("name") or kind, 40)}


def _looked_up(raw: Part) -> Part:
    """Return what a model asked its project's files for, if this part tells of it."""
    function = raw.get("function")
    return {"function": function, "asked": fields.text(raw.get("asked"), 200)} if function in (SEARCH, READ) else {}


def _support(raw: Part, most: int) -> Part:
    begin, end = (fields.count(raw.get(name)) or 0 for name in ("start", "end"))
    listed = raw.get("sources")
    places = [place for place in listed if type(place) is int and 0 <= place < most] if isinstance(listed, list) else []
    return {"start": min(begin, end), "end": end, "sources": places}
