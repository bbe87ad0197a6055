"""Sources of an OpenAI-compatible answer: annotations, and the lists of pages that searching vendors send.

Source: the references of OpenAI and OpenRouter (url_citation), Perplexity (citations, search_results), xAI (citations),
Zhipu (web_search), DashScope and Hunyuan (search_info), Volcengine (references), grok2api (search_sources) and Azure
(context.citations).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from providers.wires.json_values import count, mapping, sequence, string
from providers.wires.parsed import Cited, Source, Support
from providers.wires.sources import source

Raw = Mapping[str, Any]

# Those with titles come first: the plain addresses beside them are the same pages.
_LISTS = ("search_results", "web_search", "references", "search_sources", "citations")
_INNER = ("search_info", "context", "provider_specific_fields")
FIELDS = frozenset({*_LISTS, *_INNER})
"""The fields of an event, a choice or a message that may list pages."""
_ADDRESSES = ("url", "link", "uri")
_TITLES = ("title", "name", "site_name")


def annotated(said: Raw) -> Iterator[Cited]:
    """Yield the sources that a delta, a message or one of its parts names with their places."""
    for annotation in map(mapping, sequence(said.get("annotations"))):
        page = mapping(annotation.get("url_citation")) or annotation
        origin = source(page.get("url"), page.get("title"))
        if annotation.get("type") == "url_citation" and (origin.uri or origin.title):
            start, end = count(page.get("start_index")) or 0, count(page.get("end_index")) or 0
            yield Cited((origin,), (Support(start, end, False, "", (origin,)),))


def listed_sources(*places: Raw) -> Iterator[Cited]:
    """Yield the pages that these objects of one event list, each once."""
    pages: dict[str, Source] = {}
    for place in places:
        if FIELDS.isdisjoint(place):
            continue
        for holder in (place, *(mapping(place.get(name)) for name in _INNER)):
            for page in (_page(one) for name in _LISTS for one in sequence(holder.get(name))):
                if key := page.uri or page.title:  # Zhipu's pages may come without a link
                    pages.setdefault(key, page)
    if pages:
        yield Cited(tuple(pages.values()))


def _page(listed: object) -> Source:
    if isinstance(listed, str):
        return source(listed, "")
    fields = mapping(listed)
    address = next((string(fields.get(name)) for name in _ADDRESSES if fields.get(name)), "")
    return source(address, next((string(fields.get(name)) for name in _TITLES if fields.get(name)), ""))
