"""Where an answer rests on which source, once the whole answer is known.

Vendors count in bytes of UTF-8 (Gemini) or in characters (OpenAI), repeat what they said before on every event, and
gateways that change the text leave the numbers as they were; people are shown characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from providers.types import Part
from providers.wires.parsed import Cited, Source, Support

MOST = 500
_CONTINUING = bytes(range(0x80, 0xC0))


class Citations:
    """Gathers the sources of one reply, each once, and the stretches that rest on them; at most 500 of either."""

    def __init__(self) -> None:
        self._sources: dict[Source, int] = {}
        self._supports: dict[Support, None] = {}

    def add(self, cited: Cited) -> None:
        """Notes what one event names."""
        for source in cited.sources[:MOST]:
            if len(self._sources) < MOST:
                self._sources.setdefault(source, len(self._sources))
        for support in cited.supports[:MOST]:
            if len(self._supports) < MOST:
                self._supports[support] = None

    def part(self, text: str, shown: Callable[[str], str]) -> Part | None:
        """The citation part of a reply with this `text`, if it has sources; `shown` masks the key, also a cut one."""
        if not self._sources:
            return None
        sources = [{name: shown(words) for name, words in asdict(source).items()} for source in self._sources]
        return Part("citation", "", {"sources": sources, "supports": self._placed(text)})

    def _placed(self, text: str) -> list[dict[str, Any]]:
        stretches: dict[tuple[int, int], dict[int, None]] = {}
        characters = _Characters(text, self._supports)
        for support in self._supports:
            start, end = _corrected(text, support, characters.of(support))
            named = [self._sources[source] for source in support.sources if source in self._sources]
            if start < end and named:
                stretches.setdefault((start, end), {}).update(dict.fromkeys(named))
        return [{"start": start, "end": end, "sources": [*named]} for (start, end), named in sorted(stretches.items())]


class _Characters:
    """How many characters stand before each of the bytes that are named."""

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
    """`place`, or where the quoted words really stand."""
    start, end = place
    quote = support.quote
    if quote and text[start:end] != quote:
        found = text.find(quote)
        start, end = (found, found + len(quote)) if found >= 0 else (start, end)
    return min(start, len(text)), min(end, len(text))
