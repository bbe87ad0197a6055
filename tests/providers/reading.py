"""The reading of recorded bodies as a stream reads them, in chosen pieces, into one comparable value."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from providers.errors import VendorError
from providers.reading.reader import Reading
from providers.text import KeyMask
from providers.types import Delta, Part, Turn
from providers.wires import registry

WIRE_FILES = Path(__file__).parent.parent / "wire"


def outcome(wire: str, pieces: Iterable[bytes], secret: str = "") -> dict[str, Any]:
    """Return the reading of a body: texts, parts, finish, usage and error, in the form of `expected.json`."""
    reading, deltas = Reading(registry.wire(wire), KeyMask(secret)), list[Delta]()
    try:
        for piece in pieces:
            deltas.extend(reading.feed(piece))
        deltas.extend(reading.end())
        error = None
    except VendorError as raised:
        deltas.extend(reading.flush())
        error = raised
    return _comparable(reading, deltas, error)


def _answer(delta: Delta) -> str:
    return delta.part.text if delta.part and delta.part.kind == "text" else delta.text


def _order(deltas: list[Delta]) -> str:
    """Return the kinds in their order; a growing kind counts once, a part of its own has a star."""
    kinds = (f"{delta.part.kind}*" if delta.part else "thought" if delta.thought else "text" for delta in deltas)
    return " ".join(kind for kind, again in groupby(kinds) for kind in ([kind] if "*" not in kind else again))


def turns(*texts: str) -> tuple[Turn, ...]:
    """Return a conversation of texts, the person's first."""
    return tuple(Turn("assistant" if at % 2 else "user", (Part("text", text),)) for at, text in enumerate(texts))


def _comparable(reading: Reading, deltas: list[Delta], error: VendorError | None) -> dict[str, Any]:
    finish, usage = reading.finish, reading.usage
    found = {
        "text": "".join(_answer(delta) for delta in deltas),
        "order": _order(deltas) if any(delta.part for delta in deltas) else None,
        "thought": "".join(delta.thought for delta in deltas),
        "parts": [delta.part.to_json() for delta in deltas if delta.part],
        "finish": [finish.reason, finish.vendor_reason] if finish else None,
        "usage": [usage.input_tokens, usage.output_tokens, usage.thought_tokens, usage.cached_tokens]
        if usage
        else None,
        "error": error.code if error else None,
        "retry_after": error.retry_after if error else None,
    }
    return {name: value for name, value in found.items() if name == "text" or value not in ("", [], None)}
