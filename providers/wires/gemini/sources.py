"""The sources of a Gemini answer: grounding, citations, and pages that it was told to read.

Source: the Gemini API reference (GroundingMetadata, CitationMetadata, UrlContextMetadata). Offsets are bytes of UTF-8,
from the start of a part. The ready-made search suggestions are HTML with styles, and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from providers.wires.gemini.parts import parts_of
from providers.wires.json_values import count, field, mapping, sequence, snake_case, string
from providers.wires.parsed import Cited, Source, Support
from providers.wires.sources import source

_CHUNKS = ("web", "maps", "retrievedContext", "image")
MAX_QUOTE_LENGTH = 10_000
_NAMES = ("groundingMetadata", "citationMetadata", "urlContextMetadata")
_FIELDS = frozenset({*_NAMES, *map(snake_case, _NAMES)})


def cited(candidate: Mapping[str, Any]) -> Iterator[Cited]:
    """Yield the sources that one candidate names, with the stretches of its answer that rest on them."""
    if _FIELDS.isdisjoint(candidate):
        return
    found = [
        _grounding(mapping(field(candidate, "groundingMetadata")), parts_of(candidate)),
        _citations(mapping(field(candidate, "citationMetadata"))),
        _read(mapping(field(candidate, "urlContextMetadata"))),
    ]
    yield from (one for one in found if one.sources)


def _grounding(metadata: Mapping[str, Any], parts: Sequence[Any]) -> Cited:
    sources = [_chunk(mapping(chunk)) for chunk in sequence(field(metadata, "groundingChunks"))]
    supports = [_support(mapping(one), sources, parts) for one in sequence(field(metadata, "groundingSupports"))]
    return Cited(tuple(one for one in sources if one.uri or one.title), tuple(supports))


def _chunk(chunk: Mapping[str, Any]) -> Source:
    inner = next((mapping(field(chunk, kind)) for kind in _CHUNKS if mapping(field(chunk, kind))), {})
    return source(inner.get("uri") or field(inner, "sourceUri"), inner.get("title"), inner.get("domain"))


def _support(support: Mapping[str, Any], sources: Sequence[Source], parts: Sequence[Any]) -> Support:
    segment = mapping(support.get("segment"))
    before = _bytes_before(count(field(segment, "partIndex")) or 0, parts)
    start, end = count(field(segment, "startIndex")) or 0, count(field(segment, "endIndex")) or 0
    indices = (count(index) for index in sequence(field(support, "groundingChunkIndices")))
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
    for citation in map(mapping, sequence(metadata.get("citations") or field(metadata, "citationSources"))):
        origin = source(citation.get("uri"), citation.get("title") or citation.get("license"))
        if not (origin.uri or origin.title):
            continue
        sources.append(origin)
        start, end = count(field(citation, "startIndex")) or 0, count(field(citation, "endIndex")) or 0
        supports.append(Support(start, end, True, "", (origin,)))
    return Cited(tuple(sources), tuple(supports))


def _read(metadata: Mapping[str, Any]) -> Cited:
    pages = [mapping(page) for page in sequence(field(metadata, "urlMetadata"))]
    came = [page for page in pages if string(field(page, "urlRetrievalStatus")) in ("", "URL_RETRIEVAL_STATUS_SUCCESS")]
    return Cited(tuple(source(field(page, "retrievedUrl"), "") for page in came if string(field(page, "retrievedUrl"))))
