"""Parts whose bytes are in a stored file: emptied for the database, filled again for a vendor."""

from collections.abc import Mapping
from typing import Any

from providers.types import Part
from providers.wires.turns import in_words


def with_bytes(part: Part, content: str) -> Part:
    """Return the whole part, in its vendor's form and in ours; `content` is base64."""
    return Part(part.kind, part.text, {**_with_inline(part.detail, {"data": content}), "data": content})


def without_bytes(part: Part) -> Part:
    """Return the part without its bytes, which the vendor's form repeats."""
    kept = {key: value for key, value in part.detail.items() if key != "data"}
    return Part(part.kind, part.text, _with_inline(kept, {}))


def as_placeholder(part: Part) -> Part:
    """Return the text that replaces the part for a model that does not take such files."""
    return in_words(part)


def _with_inline(detail: Mapping[str, Any], bytes_of_it: Mapping[str, str]) -> dict[str, Any]:
    """Return the detail with these bytes in the vendor's form of the part, if that has a field for them."""
    vendor = detail.get("vendor")
    if not vendor or "inlineData" not in vendor["part"]:
        return dict(detail)
    inline = {key: value for key, value in vendor["part"]["inlineData"].items() if key != "data"}
    part = {**vendor["part"], "inlineData": {**inline, **bytes_of_it}}
    return {**detail, "vendor": {**vendor, "part": part}}
