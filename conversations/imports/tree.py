"""The tree of a foreign conversation: parents above messages that are left out, and an order with parents first."""

import heapq
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from conversations.imports.thread import MAX_MESSAGES, Problem, Said


def nearest_kept(parents: Mapping[str, str | None], kept: Collection[str]) -> dict[str, str | None]:
    """Return, for each kept message, the next kept one above it; a circle of others leads to None.

    Each message is passed once, however long the ways are that lead through it.
    """
    known: dict[str, str | None] = {}
    found = {}
    for key in kept:
        passed = []
        above = parents.get(key)
        while above is not None and above not in kept and above not in known:
            known[above] = None  # so that a circle ends
            passed.append(above)
            above = parents.get(above)
        found[key] = above if above is None or above in kept else known[above]
        known.update(dict.fromkeys(passed, found[key]))
    return found


def in_order(messages: list[Said], begun: datetime | None) -> list[Said]:
    """Return the messages by their times, each behind its parent, and give each a time.

    Raises Problem for circles, for two messages of one id, and for too many.
    """
    if len(messages) > MAX_MESSAGES:
        raise Problem("too_long")
    known = {message.key for message in messages}
    if len(known) < len(messages):
        raise Problem("broken")
    below: defaultdict[str | None, list[int]] = defaultdict(list)
    for place, message in enumerate(messages):
        message.parent = message.parent if message.parent in known else None
        below[message.parent].append(place)
    ordered: list[Said] = []
    waiting: list[tuple[datetime, int]] = []
    told = (message.created_at for message in messages if message.created_at)
    _push(waiting, messages, below[None], begun or min(told, default=datetime.now(UTC)))
    while waiting:
        moment, place = heapq.heappop(waiting)
        ordered.append(messages[place])
        _push(waiting, messages, below[messages[place].key], moment)
    if len(ordered) < len(messages):
        raise Problem("broken")
    return ordered


def _push(waiting: list[tuple[datetime, int]], messages: list[Said], places: list[int], earliest: datetime) -> None:
    """Add messages whose parent has come; one without a time has its elder sibling's, or its parent's."""
    for place in places:
        messages[place].created_at = moment = messages[place].created_at or earliest
        earliest = max(earliest, moment)
        heapq.heappush(waiting, (moment, place))
