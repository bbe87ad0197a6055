"""What the wires find in an event besides deltas, usage and finish: things that mean something only at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.types import Delta, Finish, Usage


@dataclass(frozen=True, slots=True)
class CallPiece:
    """A piece of a function call that arrives in pieces, with the vendor's own fields and the call it belongs to."""

    index: int | None
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReasoningPiece:
    """A piece of a vendor's own record of its reasoning, which it wants back together with its calls."""

    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A page that an answer rests on."""

    uri: str
    title: str
    domain: str


@dataclass(frozen=True, slots=True)
class Support:
    """A stretch of the answer and what it rests on; it is counted in bytes of UTF-8 or in characters.

    `quote` is the stretch itself where the vendor repeats it: it is right even when the numbers are not.
    """

    start: int
    end: int
    in_bytes: bool
    quote: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Cited:
    """Sources named by one event, and where the answer rests on them."""

    sources: tuple[Source, ...]
    supports: tuple[Support, ...] = ()


Found = Delta | Usage | Finish | CallPiece | ReasoningPiece | Cited
