"""Links that people give a project, checked."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from conversations.errors import Refused
from conversations.text import one_line

MAX_LINKS, MAX_ADDRESS, MAX_TITLE = 20, 2_000, 120


def checked_links(given: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the links as they are stored; refuses addresses that are no web pages."""
    if len(given) > MAX_LINKS:
        raise Refused("too_long", f"A project may have {MAX_LINKS} links.", "links")
    return [_checked(one.get("title", ""), one.get("address", "")) for one in given]


def _checked(title: object, address: object) -> dict[str, str]:
    place = one_line(address, "links", MAX_ADDRESS)
    try:
        parts = urlsplit(place)
        is_page = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_page = False
    if not is_page or len(place.split()) > 1:
        raise Refused("bad_field", "A link must be the address of a web page, with https:// in front.", "links")
    return {"title": one_line(title, "links", MAX_TITLE) or parts.hostname or place, "address": place}
