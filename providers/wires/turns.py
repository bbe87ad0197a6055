"""The choice of turns and parts that a vendor is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from providers.types import Part, Role, Turn


def accepted_turns(turns: Iterable[Turn], is_sent: Callable[[Role, Part], bool]) -> list[Turn]:
    """Return the turns with the parts that `is_sent` accepts; neighbouring turns of one side become one.

    Turns without such parts are left out. Vendors refuse empty parts, and some chat templates refuse turns that do not
    alternate; both occur when a reply failed.
    """
    kept: list[Turn] = []
    for turn in turns:
        role, said = turn
        if len(said) == 1 and (not kept or kept[-1].role != role) and is_sent(role, said[0]):  # as nearly all are
            kept.append(turn)
            continue
        parts = [part for part in said if is_sent(role, part)]
        if parts and kept and kept[-1].role == turn.role:
            kept[-1] = Turn(turn.role, (*kept[-1].parts, *parts))
        elif parts:
            kept.append(turn if len(parts) == len(turn.parts) else Turn(turn.role, tuple(parts)))
    return kept
