"""Blocks of a message as our own parts.

Source: the Messages API reference (content blocks, citations, server tools). A signed thought and a cited
text go back unchanged. So they stand as they came in a part without words, behind the words that were shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from providers.types import Delta, Part
from providers.wires.anthropic.caching import unmarked
from providers.wires.json_values import from_json, mapping, sequence, string
from providers.wires.parsed import Cited, Finding, Source, Support
from providers.wires.pictures import picture
from providers.wires.sources import source
from providers.wires.verbatim import kind_name, wrap

Raw = Mapping[str, Any]

MAX_QUOTE_LENGTH = 10_000
_RESULT = "_tool_result"
_CODE = {"code_execution": ("code", "python"), "bash_code_execution": ("command", "bash")}


def finished(block: Raw, begin: int, end: int) -> Iterator[Finding]:
    """Yield what a whole block says besides the words that came before; they stand from `begin` to `end`."""
    if block.get("type") == "text":
        yield from _text(block, begin, end)
    elif block.get("type") == "thinking":
        # Without a signature it cannot go back.
        yield from [_kept("thought", block)] if block.get("signature") else []
    elif made := _KINDS.get(string(block.get("type")), _other)(block):
        yield Delta(part=made)


def called(block: Raw, spelled: str) -> dict[str, Any]:
    """Return the block of a call with its arguments, which came as text if they came in pieces.

    Those that are no object, because the answer was cut, are under "raw".
    """
    if not spelled:
        return {**block, "input": mapping(block.get("input"))}
    try:
        arguments = from_json(spelled)
    except (ValueError, RecursionError):
        arguments = None
    if isinstance(arguments, dict):
        return {**block, "input": arguments}
    return {**{name: value for name, value in block.items() if name != "input"}, "raw": spelled}


def _kept(kind: str, block: Raw) -> Delta:
    return Delta(part=Part(kind, "", wrap("anthropic", unmarked(block))))


def _text(block: Raw, begin: int, end: int) -> Iterator[Finding]:
    citations = [mapping(citation) for citation in sequence(block.get("citations"))]
    if not citations:
        return
    words = string(block.get("text"))
    named = dict.fromkeys(origin for one in citations if (origin := _origin(one)).uri or origin.title)
    if named:
        quote = words if len(words) <= MAX_QUOTE_LENGTH else ""
        yield Cited(tuple(named), (Support(begin, end, False, quote, tuple(named)),))
    yield _kept("text", block)


def _origin(citation: Raw) -> Source:
    """Return the page, or the file, that a citation names."""
    return source(
        citation.get("url") or citation.get("source"), citation.get("title") or citation.get("document_title")
    )


def _call(block: Raw) -> Part:
    named = _named(string(block.get("name")), string(block.get("id")))
    if "raw" in block:
        return Part("call", "", {**named, "raw": block["raw"]})
    return Part("call", "", {**named, "arguments": block.get("input"), **wrap("anthropic", unmarked(block))})


def _server_call(block: Raw) -> Part:
    """Return the call of a vendor's tool; code that it runs is shown as such."""
    field, language = _CODE.get(string(block.get("name")), ("", ""))
    code = string(mapping(block.get("input")).get(field))
    if not code:
        return _call(block)
    return Part("code", code, {"language": language, **wrap("anthropic", unmarked(block))})


def _result(block: Raw) -> Part:
    kind = string(block.get("type")).removesuffix(_RESULT)
    vendor = wrap("anthropic", unmarked(block))
    content = block.get("content")
    if kind in _CODE:
        return Part("code_result", _output(mapping(content)), {"outcome": _outcome(mapping(content)), **vendor})
    named = _named(string(block.get("name")) or kind, string(block.get("tool_use_id")))
    return Part("call_result", "", {**named, "response": _told(content), **vendor})


def _output(content: Raw) -> str:
    said = [string(content.get(name)) for name in ("stdout", "stderr", "error_code")]
    return "\n".join(one.rstrip("\n") for one in said if one)


def _outcome(content: Raw) -> str:
    if content.get("error_code") == "execution_time_exceeded":
        return "deadline"
    return "failed" if content.get("error_code") or content.get("return_code") else "ok"


def _told(content: object) -> object:
    """Return what people may read of a result: pages by title and address, without what only the vendor reads."""
    if isinstance(content, list):
        return [_told(one) for one in content]
    fields = mapping(content)
    shown = {name: fields[name] for name in ("title", "url", "error_code", "text") if string(fields.get(name))}
    return shown or (content if isinstance(content, str) else string(fields.get("type")))


def _image(block: Raw) -> Part | None:
    held = mapping(block.get("source"))
    shown = picture(string(held.get("data")) or string(held.get("url")), string(held.get("media_type")))
    return shown or _other(block)


def _other(block: Raw) -> Part | None:
    kind = string(block.get("type"))
    if kind.endswith(_RESULT):
        return _result(block)
    return Part("unknown", "", {**kind_name(block), **wrap("anthropic", unmarked(block))}) if block else None


def _named(name: str, identity: str) -> dict[str, str]:
    return {"name": name, **({"id": identity} if identity else {})}


_KINDS: Mapping[str, Callable[[Raw], Part | None]] = {
    "tool_use": _call,
    "server_tool_use": _server_call,
    "mcp_tool_use": _call,
    "image": _image,
}


def size_of(value: object) -> str:
    """Return a piece of a block as text, to be weighed."""
    return value if isinstance(value, str) else json.dumps(value)
