"""What a reply rests on, for people: its sources by number, and behind which words each number stands."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from conversations.markdown import Mark

MOST_SHOWN = 1_000
"""Sources of one reply that are shown, and numbers that lead to them."""


def numbered(parts: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The parts, each list of sources with those that can be shown (`shown`) and the number of its `first`."""
    first = 1
    for part in parts:
        if part["kind"] == "citation":
            shown = shown_sources(part.get("sources"))[: max(0, MOST_SHOWN + 1 - first)]
            yield {**part, "shown": shown, "first": first}
            first += len(shown)
        else:
            yield part


def shown_sources(sources: Iterable[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """The sources that can be shown: place among all, address (http or https), title, and domain if it says more."""
    return [
        {"place": place, "address": source["uri"], **_called(source)}
        for place, source in enumerate(sources or ())
        if host(source.get("uri") or "")
    ]


def marks(parts: Iterable[dict[str, Any]]) -> list[Mark]:
    """Where in the reply's text which source is named; `parts` are numbered.

    The second half of a continued reply names its sources in characters of that half: they count from the seam.
    """
    found: list[Mark] = []
    text = origin = 0
    for part in parts:
        if part["kind"] == "text":
            text += len(part.get("text", ""))
        elif part["kind"] == "seam":
            origin = text
        elif part["kind"] == "citation":
            found += _marks(part, origin)
    return found


def host(address: str) -> str:
    """The host of a web address; empty for any other."""
    try:
        parts = urlsplit(address)
        return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _called(source: dict[str, Any]) -> dict[str, str]:
    domain = source.get("domain") or host(source["uri"])
    title = source.get("title") or domain
    return {"title": title, "domain": domain if domain != title else ""}


def _marks(part: dict[str, Any], origin: int) -> Iterator[Mark]:
    numbers = {source["place"]: (number, source) for number, source in enumerate(part["shown"], part["first"])}
    for support in part.get("supports") or ():
        for number, source in (numbers[place] for place in support["sources"] if place in numbers):
            yield Mark(origin + support["end"], number, source["title"])
