"""The places at which an answer rests on a source, computed once the whole answer is known.

Vendors count in bytes of UTF-8 (Gemini) or in characters (OpenAI), and repeat on every event what they sent before.
Gateways that change the text leave the numbers as they were. People are shown characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from providers.types import Part
from providers.wires.parsed import Cited, Source, Support

MAX_CITATIONS = 500
_CONTINUING = bytes(range(0x80, 0xC0))


class Citations:
    """The sources of one reply, each once, and the stretches of text that rest on them.

    Both lists are limited to 500 entries.
    """

    def __init__(self) -> None:
        self._numbers: dict[str | Source, int] = {}
        self._sources: list[Source] = []
        self._supports: dict[Support, None] = {}

    def add(self, cited: Cited) -> None:
        """Add the sources and supports of one event."""
        for source in cited.sources[:MAX_CITATIONS]:
            self._add_source(source)
        for support in cited.supports[:MAX_CITATIONS]:
            if len(self._supports) < MAX_CITATIONS:
                self._supports[support] = None

    def _add_source(self, source: Source) -> None:
        """Add a source, or the title of one that came without: some vendors send addresses first."""
        key = source.uri or source
        number = self._numbers.get(key)
        if number is None and len(self._sources) < MAX_CITATIONS:
            self._numbers[key] = len(self._sources)
            self._sources.append(source)
        elif number is not None and source.title and not self._sources[number].title:
            self._sources[number] = source

    def as_part(self, text: str, shown: Callable[[str], str]) -> Part | None:
        """Return the citation part of a reply with this `text`, or None if it has no sources.

        `shown` masks the vendor's key in words, also when a cut has left only a piece of it.
        """
        if not self._sources:
            return None
        sources = [{name: shown(words) for name, words in asdict(source).items()} for source in self._sources]
        return Part("citation", "", {"sources": sources, "supports": self._placed(text)})

    def _placed(self, text: str) -> list[dict[str, Any]]:
        stretches: dict[tuple[int, int], dict[int, None]] = {}
        characters = _Characters(text, self._supports)
        for support in self._supports:
            start, end = _corrected(text, support, characters.of(support))
            keys = [source.uri or source for source in support.sources]
            named = [self._numbers[key] for key in keys if key in self._numbers]
            if start < end and named:
                stretches.setdefault((start, end), {}).update(dict.fromkeys(named))
        return [{"start": start, "end": end, "sources": [*named]} for (start, end), named in sorted(stretches.items())]


class _Characters:
    """The number of characters before each of the byte positions that the supports name."""

    def __init__(self, text: str, supports: Iterable[Support]) -> None:
        self._counts = {0: 0}
        encoded, last = text.encode(), 0
        for at in sorted({at for support in supports if support.in_bytes for at in (support.start, support.end)}):
            self._counts[at] = self._counts[last] + len(encoded[last:at].translate(None, _CONTINUING))
            last = at

    def of(self, support: Support) -> tuple[int, int]:
        if support.in_bytes:
            return self._counts[support.start], self._counts[support.end]
        return support.start, support.end


def _corrected(text: str, support: Support, place: tuple[int, int]) -> tuple[int, int]:
    """Return `place`, or the position of the support's quote if it stands elsewhere in `text`."""
    start, end = place
    quote = support.quote
    if quote and text[start:end] != quote:
        found = text.find(quote)
        start, end = (found, found + len(quote)) if found >= 0 else (start, end)
    return min(start, len(text)), min(end, len(text))
