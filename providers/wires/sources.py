"""Sources as they may be shown, in whatever form vendors send them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from providers.types import Part
from providers.wires.json_values import string
from providers.wires.parsed import Source

MAX_ADDRESS_LENGTH = 2048
MAX_TITLE_LENGTH = 300
_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks that turn the direction of writing."""
_REDIRECTS = "vertexaisearch.cloud.google.com"


def source(uri: object, title: object, domain: object = "") -> Source:
    """Return a source with a web address, or without one, and the host of its page. Blanks in it are escaped."""
    address, name = "%20".join(string(uri).split()), _shown(title)
    host = _host(address)
    # Google replaces the page's address by its own redirect, and gives the page's host as its title.
    is_hidden = host == _REDIRECTS and "." in name and " " not in name
    return Source(address if host else "", name, _shown(domain) or (name if is_hidden else host))


def further_on(part: Part, characters: int) -> Part:
    """Return a part whose sources stand so many characters further on in the text."""
    if not characters or part.kind != "citation" or not part.detail.get("supports"):
        return part
    supports = [
        {**support, "start": support["start"] + characters, "end": support["end"] + characters}
        for support in part.detail["supports"]
    ]
    return part._replace(detail={**part.detail, "supports": supports})


def _shown(name: object) -> str:
    """Return a name as one line in which no mark turns the direction of writing, also of what follows."""
    return " ".join(_TURNS.sub("", string(name)[: 2 * MAX_TITLE_LENGTH]).split())[:MAX_TITLE_LENGTH]


def _host(address: str) -> str:
    """Return the host of a web address; "" for any other address."""
    try:
        parts = urlsplit(address) if len(address) <= MAX_ADDRESS_LENGTH else None
        return (parts.hostname or "") if parts and parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""
