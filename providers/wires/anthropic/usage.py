"""Token counts of a reply on the Messages wire, of which each event may tell some.

Source: the Messages API reference (usage, streaming): what is read from the cache or written to it comes on top of the
input. new-api's reports for other vendors repeat OpenAI's counts, whose input holds the cached tokens already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.types import Usage
from providers.wires.json_values import count, mapping

_NAMES = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
_WRITTEN = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
_NOT_ITS_OWN = "chatcmpl-"
"""The beginning of a message's id that another vendor's reply had before a gateway put it into this form."""


class Counts:
    """The counts of one reply so far: of each the last one that is not zero."""

    def __init__(self) -> None:
        self.are_final = False
        self._counts: dict[str, int] = {}
        self._thought: int | None = None
        self._is_foreign = False

    def note_id(self, identity: str) -> None:
        """Note the id of the message, which shows whose counts these are."""
        self._is_foreign = identity.startswith(_NOT_ITS_OWN)

    def add(self, reported: object, *, is_final: bool) -> bool:
        """Add a report, and return whether it told something. Only a final one knows the length of the answer."""
        fields = mapping(reported)
        told = {name: number for name in _NAMES if (number := count(fields.get(name))) is not None}
        if not told.get("cache_creation_input_tokens"):
            details = mapping(fields.get("cache_creation"))
            written = sum(count(details.get(name)) or 0 for name in _WRITTEN)
            told |= {"cache_creation_input_tokens": written} if written else {}
        self._counts |= {name: number for name, number in told.items() if number or name not in self._counts}
        thought = count(mapping(fields.get("output_tokens_details")).get("thinking_tokens"))
        self._thought = thought if thought is not None else self._thought
        self.are_final = self.are_final or (is_final and "output_tokens" in told)
        return any(told.values())

    def usage(self) -> Usage:
        """Return the counts as our own."""
        asked, read, written, answered = (self._counts.get(name) for name in _NAMES)
        is_within = self._is_foreign and (read or 0) <= (asked or 0)
        whole = asked if is_within else (asked or 0) + (read or 0) + (written or 0)
        thought = min(self._thought, answered or 0) if self._thought is not None else None
        return Usage(
            input_tokens=whole or None,
            output_tokens=answered - (thought or 0) if answered is not None and self.are_final else None,
            thought_tokens=thought if self.are_final else None,
            cached_tokens=read,
            written_tokens=written,
        )


def reports(event: Mapping[str, Any]) -> list[object]:
    """Return the reports that an event may hold, in its own fields or within."""
    return [
        place["usage"] for place in (event, mapping(event.get("message")), mapping(event.get("delta"))) if _has(place)
    ]


def _has(place: Mapping[str, Any]) -> bool:
    return isinstance(place.get("usage"), dict)
