"""The places at which an answer rests on a source, computed once the whole answer is known.

Vendors count in bytes of UTF-8 (Gemini) or in characters (OpenAI), and repeat on every event what they sent before.
Gateways that change the text leave the numbers as they were. Some count in units of UTF-16 or in bytes where others
count characters. People are shown characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from providers.types import Part
from providers.wires.parsed import Cited, Source, Support

MAX_CITATIONS = 500
_CONTINUING, _LOW_SURROGATES = bytes(range(0x80, 0xC0)), bytes(range(0xDC, 0xE0))


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
    """The number of characters before each of the positions that the supports name, in their unit.

    Characters are meant where nothing else is said, unless a place lies behind the end of the text.
    """

    def __init__(self, text: str, supports: Iterable[Support]) -> None:
        places: dict[bool, set[int]] = {True: set(), False: set()}
        for support in supports:
            places[support.in_bytes] |= {support.start, support.end}
        self._counts = {True: _counts(places[True], *_utf8(text)), False: {at: at for at in places[False]}}
        furthest = max(places[False], default=0)
        if furthest > len(text):
            units = next((one for one in (_utf16(text), _utf8(text)) if furthest <= len(one[0])), None)
            self._counts[False] = _counts(places[False], *units) if units else self._counts[False]

    def of(self, support: Support) -> tuple[int, int]:
        counts = self._counts[support.in_bytes]
        return counts[support.start], counts[support.end]


_Units = tuple[bytes, bytes]
"""A byte for each unit of a text, and the bytes of units that begin no character."""


def _utf8(text: str) -> _Units:
    return text.encode(), _CONTINUING


def _utf16(text: str) -> _Units:
    return text.encode("utf-16-le")[1::2], _LOW_SURROGATES


def _counts(places: set[int], units: bytes, continuing: bytes) -> dict[int, int]:
    """Return the number of characters before each of these places in a text of these units."""
    counts, last = {0: 0}, 0
    for at in sorted(places):
        counts[at] = counts[last] + len(units[last:at].translate(None, continuing))
        last = at
    return counts


def _corrected(text: str, support: Support, place: tuple[int, int]) -> tuple[int, int]:
    """Return `place`, or the nearest position of the support's quote if it stands elsewhere in `text`."""
    start, end = place
    quote = support.quote
    if quote and text[start:end] != quote:
        found = [at for at in (text.rfind(quote, 0, start + len(quote)), text.find(quote, start)) if at >= 0]
        if found:
            start = min(found, key=lambda at: abs(at - start))
            end = start + len(quote)
    return min(start, len(text)), min(end, len(text))
