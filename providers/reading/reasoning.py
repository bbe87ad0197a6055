"""A vendor's own record of its reasoning, which arrives in pieces and must go back whole.

Source: OpenRouter's documentation of `reasoning_details`: pieces of one `index` belong together; texts grow, signatures
and encrypted data come once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_GROWING = ("text", "summary", "data")


class Reasoning:
    """The reasoning record of one reply, assembled from its pieces."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []

    def add(self, fields: Mapping[str, Any]) -> None:
        """Append a piece to the last entry if index and type are the same, else as a new entry."""
        if not (self._entries and self._entries[-1].goes_on_with(fields)):
            self._entries.append(_Entry())
        self._entries[-1].add(fields)

    def record(self) -> list[dict[str, Any]]:
        """Return all entries, in the order in which they came."""
        return [entry.whole() for entry in self._entries]


class _Entry:
    def __init__(self) -> None:
        self._fields: dict[str, Any] = {}
        self._growing: dict[str, list[str]] = {}

    def goes_on_with(self, fields: Mapping[str, Any]) -> bool:
        is_same = all(self._fields.get(name) == fields.get(name) for name in ("index", "type"))
        return is_same and fields.get("index") is not None

    def add(self, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            if name in _GROWING and isinstance(value, str):
                self._growing.setdefault(name, []).append(value)
            elif value is not None:
                self._fields[name] = value

    def whole(self) -> dict[str, Any]:
        return self._fields | {name: "".join(pieces) for name, pieces in self._growing.items()}
