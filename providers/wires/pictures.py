"""Pictures as vendors send them: data addresses, base64 in either alphabet, links."""

from __future__ import annotations

import re
from collections.abc import Mapping

from providers.types import Part

_ADDRESS = re.compile(r"\s*data:(\w{1,20}/[\w.+-]{1,60})?(?:;[\w=.+-]{1,40}){0,4};base64,", re.ASCII | re.IGNORECASE)
_LINK = re.compile(r"\s*https?://", re.IGNORECASE)
_URL_SAFE = str.maketrans("-_", "+/")
_BLANK = re.compile(r"\s")
# The first characters of these formats in base64.
_BEGINNINGS = {"iVBORw0KGgo": "image/png", "/9j/": "image/jpeg", "UklGR": "image/webp", "R0lGOD": "image/gif"}
_LOOKED_AT = 64
"""Characters in which a picture must begin; some encoders put blanks before it."""
_USUAL = {"image/jpg": "image/jpeg"}


def picture(address: str, media_type: str = "") -> Part | None:
    """Return the picture in a data address or in bare base64, or the file behind a link; else None.

    Where an address names another type, the bytes tell whether it is a picture.
    """
    found = _ADDRESS.match(address)
    if found:
        content, told = address[found.end() :], (found[1] or "").lower()
        kind = told if told.startswith("image/") else media_type_of(content)
        return inline(kind, content) if kind else None
    if _LINK.match(address):
        return Part("file", "", {"media_type": media_type, "uri": address.strip()})
    kind = media_type if media_type.startswith("image/") else media_type_of(address)
    return inline(kind, address) if kind else None


def inline(media_type: str, content: str) -> Part | None:
    """Return a picture of this type with this base64, or None without content."""
    media_type = media_type.lower()
    data = standard_base64(content)
    return Part("image", "", {"media_type": _USUAL.get(media_type, media_type), "data": data}) if data else None


def media_type_of(content: str) -> str:
    """Return the picture format in which this base64 begins, or ""."""
    beginning = content[:_LOOKED_AT].lstrip()[:11].translate(_URL_SAFE)
    return next((kind for start, kind in _BEGINNINGS.items() if beginning.startswith(start)), "")


def standard_base64(content: str) -> str:
    """Return base64 in the usual alphabet, padded and without blanks, as files are decoded and sent back."""
    if "-" in content or "_" in content:
        content = content.translate(_URL_SAFE)
    if "\n" in content or " " in content or "\r" in content:
        content = _BLANK.sub("", content)
    return content + "=" * (-len(content) % 4)


def marked(part: Part, extra: Mapping[str, object]) -> Part:
    """Return the part with `extra` in its detail."""
    return Part(part.kind, part.text, {**part.detail, **extra})
