"""The sources of a Gemini answer: grounding, citations, and pages that it was told to read.

Source: the Gemini API reference (GroundingMetadata, CitationMetadata, UrlContextMetadata). Offsets are bytes of UTF-8,
from the start of a part. The ready-made search suggestions are HTML with styles, and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from providers.wires.json_values import count, mapping, sequence, string
from providers.wires.parsed import Cited, Source, Support
from providers.wires.sources import source

_CHUNKS = ("web", "maps", "retrievedContext", "image")
MAX_QUOTE_LENGTH = 10_000


def cited(candidate: Mapping[str, Any]) -> Iterator[Cited]:
    """Yield the sources that one candidate names, with the stretches of its answer that rest on them."""
    parts = sequence(mapping(candidate.get("content")).get("parts"))
    grounding = mapping(candidate.get("groundingMetadata"))
    found = [
        _grounding(grounding, parts),
        _citations(mapping(candidate.get("citationMetadata"))),
        _read(mapping(candidate.get("urlContextMetadata"))),
    ]
    yield from (one for one in found if one.sources)


def _grounding(metadata: Mapping[str, Any], parts: Sequence[Any]) -> Cited:
    sources = [_chunk(mapping(chunk)) for chunk in sequence(metadata.get("groundingChunks"))]
    supports = [_support(mapping(one), sources, parts) for one in sequence(metadata.get("groundingSupports"))]
    return Cited(tuple(one for one in sources if one.uri or one.title), tuple(supports))


def _chunk(chunk: Mapping[str, Any]) -> Source:
    inner = next((mapping(chunk[kind]) for kind in _CHUNKS if mapping(chunk.get(kind))), {})
    return source(inner.get("uri") or inner.get("sourceUri"), inner.get("title"), inner.get("domain"))


def _support(support: Mapping[str, Any], sources: Sequence[Source], parts: Sequence[Any]) -> Support:
    segment = mapping(support.get("segment"))
    before = _bytes_before(count(segment.get("partIndex")) or 0, parts)
    start, end = count(segment.get("startIndex")) or 0, count(segment.get("endIndex")) or 0
    indices = (count(index) for index in sequence(support.get("groundingChunkIndices")))
    named = tuple(sources[index] for index in indices if index is not None and index < len(sources))
    quote = string(segment.get("text"))
    return Support(before + start, before + end, True, quote if len(quote) <= MAX_QUOTE_LENGTH else "", named)


def _bytes_before(index: int, parts: Sequence[Any]) -> int:
    """Return the bytes of answer text before part `index` of this event: a whole reply has all its parts."""
    if not 0 < index < len(parts):
        return 0
    answers = (mapping(part) for part in parts[:index])
    return sum(len(string(part.get("text")).encode("utf-8", "replace")) for part in answers if not part.get("thought"))


def _citations(metadata: Mapping[str, Any]) -> Cited:
    sources, supports = [], []
    for citation in map(mapping, sequence(metadata.get("citations") or metadata.get("citationSources"))):
        origin = source(citation.get("uri"), citation.get("title") or citation.get("license"))
        if not (origin.uri or origin.title):
            continue
        sources.append(origin)
        start, end = count(citation.get("startIndex")) or 0, count(citation.get("endIndex")) or 0
        supports.append(Support(start, end, True, "", (origin,)))
    return Cited(tuple(sources), tuple(supports))


def _read(metadata: Mapping[str, Any]) -> Cited:
    pages = [mapping(page) for page in sequence(metadata.get("urlMetadata"))]
    came = [page for page in pages if string(page.get("urlRetrievalStatus")) in ("", "URL_RETRIEVAL_STATUS_SUCCESS")]
    return Cited(tuple(source(page["retrievedUrl"], "") for page in came if string(page.get("retrievedUrl"))))
