"""Parts whose bytes are in a stored file: emptied for the database, filled again for a vendor."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from providers.types import Part
from providers.wires.turns import in_words

_LANGUAGES = {
    "c": "c", "cc": "cpp", "cpp": "cpp", "cs": "csharp", "css": "css", "go": "go", "h": "c", "hpp": "cpp",
    "ini": "ini", "java": "java", "js": "javascript", "json": "json", "kt": "kotlin", "lua": "lua", "mjs": "javascript",
    "php": "php", "pl": "perl", "ps1": "powershell", "py": "python", "r": "r", "rb": "ruby", "rs": "rust",
    "scala": "scala", "sh": "bash", "sql": "sql", "swift": "swift", "toml": "toml", "ts": "typescript",
    "tsx": "tsx", "vue": "vue", "xml": "xml", "yaml": "yaml", "yml": "yaml",
}  # fmt: skip
"""Names of languages by the endings of files with source code."""
_TICKS = re.compile("`+")


def with_bytes(part: Part, content: str) -> Part:
    """Return the whole part, in its vendor's form and in ours; `content` is base64."""
    return Part(part.kind, part.text, {**_with_inline(part.detail, {"data": content}), "data": content})


def without_bytes(part: Part) -> Part:
    """Return the part without its bytes, which the vendor's form repeats."""
    kept = {key: value for key, value in part.detail.items() if key != "data"}
    return Part(part.kind, part.text, _with_inline(kept, {}))


def with_words(part: Part, name: str, text: str) -> Part:
    """Return the part with the text that goes in its place where a deployment refuses the bytes after all."""
    return Part(part.kind, part.text, {**part.detail, "words": as_text(name, text).text})


def with_seconds(part: Part, seconds: float) -> Part:
    """Return the part of a sound with its length."""
    return Part(part.kind, part.text, {**part.detail, "seconds": seconds})


def as_text(name: str, text: str) -> Part:
    """Return a file's text as a part below its name; source code stands in a fence."""
    language = _LANGUAGES.get(name.lower().rpartition(".")[2])
    if language is not None:
        fence = "`" * max(3, 1 + max(map(len, _TICKS.findall(text)), default=0))
        text = f"{fence}{language}\n{text.rstrip()}\n{fence}"
    return Part("text", f"{name}:\n\n{text.rstrip()}\n", {"name": name})  # some vendors join texts without a blank


def as_pictures(name: str, pages: int, drawn: Sequence[str]) -> tuple[Part, ...]:
    """Return the first pages of a document as pictures in base64, below a line that says which they are."""
    first = Part("text", f"{name}, as pictures of the pages 1 to {len(drawn)} of {pages}:\n", {"name": name})
    shared = {"media_type": "image/jpeg", "name": name}
    return (first, *(Part("image", "", {**shared, "data": one}) for one in drawn))


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
