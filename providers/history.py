"""Which of the turns so far a vendor is sent."""

from __future__ import annotations

from collections.abc import Iterable

from providers.types import Part, Turn

SENT_KINDS = frozenset({"text"})


def sendable(turns: Iterable[Turn]) -> list[Turn]:
    """The turns with something to say, thoughts and empty texts left out, neighbours of one side made one.

    Vendors refuse empty parts, and some chat templates turns that do not alternate; both happen when a reply failed.
    """
    kept: list[Turn] = []
    for turn in turns:
        parts = _spoken(turn)
        if parts and kept and kept[-1].role == turn.role:
            kept[-1] = Turn(turn.role, (*kept[-1].parts, *parts))
        elif parts:
            kept.append(Turn(turn.role, parts))
    return kept


def _spoken(turn: Turn) -> tuple[Part, ...]:
    return tuple(part for part in turn.parts if part.kind in SENT_KINDS and part.text)
