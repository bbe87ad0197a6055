"""The items of a response that are parts of their own, whatever deltas came before them.

Source: the OpenAI API reference (output items of a response).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from providers.types import Delta, Part
from providers.wires.json_values import from_json, mapping, sequence, string
from providers.wires.parsed import Source
from providers.wires.pictures import inline, media_type_of
from providers.wires.sources import source
from providers.wires.verbatim import kind_name, wrap

Raw = Mapping[str, Any]

NAME = "responses"
SEPARATOR = "\n\n"
"""The line between two messages of one reply, which is not the vendor's."""
OUTPUTS = "code_interpreter_outputs"
"""Marks the part that shows the outputs of code, which stand in the item of the code as well."""


def carrier(item: Raw) -> Delta:
    """Return a part that nobody sees, and that goes back to its vendor in its place."""
    return Delta(part=Part("thought", "", wrap(NAME, item)))


def parts_of(item: Raw) -> Iterator[Delta]:
    """Yield the parts of an item that is no message. One of an unknown kind is kept and named to the reader."""
    kind = string(item.get("type"))
    if kind == "reasoning":
        # Without its encrypted content the vendor would look for it in its storage, where it is not.
        yield from [carrier(item)] if string(item.get("encrypted_content")) else []
    elif kind == "web_search_call":
        yield carrier(item)
    elif kind in ("function_call", "custom_tool_call"):
        yield Delta(part=_call(item))
    elif kind == "code_interpreter_call":
        yield from _code(item)
    elif kind == "image_generation_call":
        yield Delta(part=_picture(item) or _unknown(item))
    elif item:
        yield Delta(part=_unknown(item))


def pages_of(item: Raw) -> Iterator[Source]:
    """Yield the pages that a search has read, with web addresses."""
    listed = sequence(mapping(item.get("action")).get("sources"))
    pages = (source(page.get("url"), page.get("title")) for page in map(mapping, listed))
    yield from (page for page in pages if page.uri)


def _unknown(item: Raw) -> Part:
    return Part("unknown", "", {**kind_name(item), **wrap(NAME, item)})


def _call(item: Raw) -> Part:
    identity = string(item.get("call_id"))
    given = item.get("arguments", item.get("input"))
    arguments = given if isinstance(given, dict) else _json(string(given) or "{}")
    read = {"arguments": arguments} if isinstance(arguments, dict) else {"raw": string(given)}
    named = {"name": string(item.get("name")), **read, **({"id": identity} if identity else {})}
    return Part("call", "", {**named, **wrap(NAME, item)})


def _code(item: Raw) -> Iterator[Delta]:
    yield Delta(part=Part("code", string(item.get("code")), {"language": "PYTHON", **wrap(NAME, item)}))
    outputs = [mapping(output) for output in sequence(item.get("outputs"))]
    logs = "".join(string(output.get("logs")) for output in outputs)
    if logs or item.get("status") == "failed":
        outcome = "failed" if item.get("status") == "failed" else "ok"
        yield Delta(part=Part("code_result", logs, {"outcome": outcome, **wrap(NAME, {"type": OUTPUTS})}))


def _picture(item: Raw) -> Part | None:
    """Return the picture; its bytes stand in the part alone, and in the item again when it goes back."""
    content = string(item.get("result"))
    made = inline(media_type_of(content) or f"image/{string(item.get('output_format')) or 'png'}", content)
    return made and Part("image", "", {**made.detail, **wrap(NAME, {**item, "result": ""})})


def _json(text: str) -> object:
    try:
        return from_json(text)
    except (ValueError, RecursionError):
        return None
