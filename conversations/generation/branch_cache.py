"""What was said in long conversations, kept between their questions: a message that has ended never changes."""

import threading
from collections import OrderedDict
from typing import NamedTuple
from uuid import UUID

from conversations.models import Message
from conversations.models.message import PromptMessage

LONG = 200
"""Messages from which on a branch is kept: a shorter one is read in no time."""
MOST, MOST_CHARACTERS = 8, 2**21
"""Branches that are kept, and how much may be said in each of them."""


class _Kept(NamedTuple):
    leaf: UUID
    said: tuple[PromptMessage, ...]
    characters: int


class BranchCache:
    """The branches of the last questions, one for each conversation, of those that were asked in last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[UUID, _Kept] = OrderedDict()

    def said_up_to(self, conversation: UUID, leaf: UUID) -> list[PromptMessage]:
        """Who said what from the root down to `leaf`; only what came since the last question is read."""
        kept = self._kept.get(conversation)
        if kept is not None and kept.leaf == leaf:
            return list(kept.said)
        read = Message.objects.said_up_to(leaf, below=kept.leaf if kept else None)
        before = kept if kept and read.goes_on else _Kept(leaf, (), 0)
        branch = [*before.said, *read.said]
        if read.has_ended:
            self._keep(conversation, _Kept(leaf, tuple(branch), before.characters + sum(map(_length, read.said))))
        return branch

    def forget(self, conversation: UUID) -> None:
        """It was deleted."""
        with self._lock:
            self._kept.pop(conversation, None)

    def _keep(self, conversation: UUID, branch: _Kept) -> None:
        if len(branch.said) < LONG or branch.characters > MOST_CHARACTERS:
            return
        with self._lock:
            self._kept[conversation] = branch
            self._kept.move_to_end(conversation)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)


def _length(said: PromptMessage) -> int:
    return sum(len(part.get("text", "")) for part in said.parts)


recall = BranchCache()
