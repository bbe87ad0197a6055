"""Pictures of an OpenAI-compatible reply, in the shapes in which servers send them.

Source: the references of OpenRouter (images, image_url), OpenAI (b64_json, image_generation_call), Anthropic (source),
Gemini (inline_data), and gateways that put them into a reply of this wire.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from providers.types import Delta, Part
from providers.wires.json_values import mapping, string
from providers.wires.pictures import marked, picture
from providers.wires.verbatim import kind_name, wrap

_HOLDERS = ("image_url", "image", "source", "inline_data", "inlineData", "file")
_ADDRESSES = ("url", "b64_json", "data", "image_base64", "base64", "result", "file_data", "uri")
_MEDIA_TYPES = ("media_type", "mime_type", "mimeType")
_MAX_DEPTH = 3


def pictured(shown: object) -> Iterator[Delta]:
    """Yield a picture, or a link to one. Any other part is kept for its vendor, and named to the reader."""
    fields = mapping(shown)
    found = picture(shown) if isinstance(shown, str) else _found(fields)
    if found and "uri" in found.detail:
        # Only its own vendor may read the address; others would refuse it.
        found = marked(found, wrap("openai", fields or {"type": "image_url", "image_url": {"url": shown}}))
    if found:
        yield Delta(part=found)
    elif fields:
        yield Delta(part=Part("unknown", "", {**kind_name(fields), **wrap("openai", fields)}))


def _found(fields: Mapping[str, Any], depth: int = 0) -> Part | None:
    media_type = next((string(fields.get(name)) for name in _MEDIA_TYPES if fields.get(name)), "")
    addresses = [string(fields.get(name)) for name in (*_ADDRESSES, *_HOLDERS)]
    here = next((part for address in addresses if address and (part := picture(address, media_type))), None)
    if here or depth == _MAX_DEPTH:
        return here
    inner = (_found(mapping(fields.get(name)), depth + 1) for name in _HOLDERS if mapping(fields.get(name)))
    return next((part for part in inner if part), None)
