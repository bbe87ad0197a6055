"""The one reply of an event that may hold several, each under an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from providers.wires.json_values import as_list, count

Event = Mapping[str, Any]

MAX_HELD = 2
"""Events of another index that are held back while index 0 may still come."""


class ReplyChoice:
    """The choice of a reply's index: 0, or another one if a gateway sends only that.

    The first events of another index are held back. They are dropped as soon as index 0 says something. They are the
    reply's when it does not. A finish often has no index, or 0, whatever the words had. TGI before 1.4.4 counted its
    tokens there: huggingface/text-generation-inference#1648.
    """

    def __init__(self, replies: str) -> None:
        self._replies = replies
        self._index: int | None = None
        self._counts_tokens = False
        self._held: list[Event] = []

    def of(self, event: Event, *, spoke: bool) -> Iterable[Event]:
        """Return `event`, or what it holds besides another reply, or the events held back. `spoke`: index 0 has."""
        if spoke and self._index is None:
            self._index, self._held = 0, []
        choices = as_list(event.get(self._replies))
        numbers = [_index_of(choice) for choice in choices]
        if not numbers or (not self._index and 0 in numbers):
            return (event,)
        if self._index is None:
            self._held.append(event)
            settled = self.flush() if len(self._held) > MAX_HELD else ()
            return [{**event, self._replies: []}, *map(self._only, settled)]
        if self._index == 0:
            return ({**event, self._replies: []},)
        return (self._only(event) if self._counts_tokens or self._index in numbers else event,)

    def flush(self) -> Iterator[Event]:
        """Yield the events held back, which are the reply's own unless index 0 has said something."""
        held, self._held = self._held, []
        if held and self._index is None:
            numbers = [_index_of(as_list(event.get(self._replies))[0]) for event in held]
            self._index = numbers[0]
            self._counts_tokens = len(held) > 1 and numbers == list(range(numbers[0], numbers[0] + len(held)))
            # Their counts and sources were read when they came.
            yield from ({self._replies: event[self._replies]} for event in held)

    def _only(self, event: Event) -> Event:
        choices = [choice for choice in as_list(event.get(self._replies)) if isinstance(choice, dict)]
        ours = [choice for choice in choices if self._counts_tokens or _index_of(choice) == self._index]
        return {**event, self._replies: [{**choice, "index": 0} for choice in ours]}


def _index_of(choice: object) -> int:
    index = choice.get("index") if isinstance(choice, dict) else None
    return count(index) or 0 if index else 0
