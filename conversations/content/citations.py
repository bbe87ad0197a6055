"""The sources of a reply as people see them, and the places of their numbers in its text."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from conversations.markdown import Mark
from conversations.text import title_of

MAX_TITLE = 300
MAX_SHOWN = 1_000
"""Sources of one reply that are shown, each with a number."""


def numbered(parts: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the parts, each citation with the sources that can be shown (`shown`) and its `first` number."""
    first = 1
    for part in parts:
        if part["kind"] == "citation":
            shown = shown_sources(part.get("sources"))[: max(0, MAX_SHOWN + 1 - first)]
            yield {**part, "shown": shown, "first": first}
            first += len(shown)
        else:
            yield part


def shown_sources(sources: Iterable[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Return the sources that people can know: place among all, address, title, and domain if it differs.

    A file that was sent along has a title and no address. A passage of a project's file has its page's `path` here.
    """
    return [
        {"place": place, "address": source.get("uri") or "", **_called(source)}
        for place, source in enumerate(sources or ())
        if host(source.get("uri") or "") or (not source.get("uri") and source.get("title"))
    ]


def marks(parts: Iterable[dict[str, Any]]) -> list[Mark]:
    """Return the numbers and their places in the reply's text; `parts` are numbered.

    In a continued reply, sources after the seam are placed in characters from the seam.
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


def label(part: dict[str, Any], said: Mapping[str, str]) -> str:
    """Return the words above sources: for files that the model has looked into, what it asked for."""
    return f"{said['lookup']} “{part['asked']}”" if part.get("function") else said["sources"]


def host(address: str) -> str:
    """Return the host of an http or https address, or an empty text."""
    try:
        parts = urlsplit(address)
        return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _called(source: dict[str, Any]) -> dict[str, str]:
    domain = source.get("domain") or host(source.get("uri") or "")
    title = title_of(source.get("title") or "", MAX_TITLE) or domain
    path = {"path": source["path"]} if source.get("path") else {}
    return {"title": title, "domain": domain if domain != title else "", **path}


def _marks(part: dict[str, Any], origin: int) -> Iterator[Mark]:
    numbers = {source["place"]: (number, source) for number, source in enumerate(part["shown"], part["first"])}
    for support in part.get("supports") or ():
        for number, source in (numbers[place] for place in support["sources"] if place in numbers):
            yield Mark(origin + support["end"], number, source["title"])
