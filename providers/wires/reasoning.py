"""A vendor's own record of its reasoning, which arrives in pieces and must go back whole.

Source: OpenRouter's documentation of `reasoning_details`: pieces of one `index` belong together; texts grow, signatures
and encrypted data come once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_GROWING = ("text", "summary", "data")


class Reasoning:
    """Gathers the record of one reply."""

    def __init__(self) -> None:
        self._record: list[dict[str, Any]] = []

    def add(self, fields: Mapping[str, Any]) -> None:
        """Adds a piece to the last entry, if both are of one index and type, or else as an entry of its own."""
        last = self._record[-1] if self._record else None
        same = ("index", "type")
        if last is None or fields.get("index") is None or any(last.get(name) != fields.get(name) for name in same):
            self._record.append(dict(fields))
            return
        for name, value in fields.items():
            if name in _GROWING and isinstance(value, str) and isinstance(last.get(name), str):
                last[name] += value
            elif value is not None:
                last[name] = value

    def record(self) -> list[dict[str, Any]]:
        """All entries, in the order in which they came."""
        return self._record
