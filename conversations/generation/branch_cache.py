"""A cache of long branches between their questions: an ended message never changes."""

import threading
from collections import OrderedDict
from typing import NamedTuple
from uuid import UUID

from conversations.models import Message
from conversations.models.message import PromptMessage

MIN_MESSAGES = 200
"""Messages from which a branch is cached: a shorter one is read quickly."""
MAX_BRANCHES, MAX_CHARACTERS = 8, 2**21
"""Branches that are cached, and characters in each of them."""


class _Kept(NamedTuple):
    leaf: UUID
    said: tuple[PromptMessage, ...]
    characters: int


class BranchCache:
    """The branches of the last questions, one for each of the last conversations."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[UUID, _Kept] = OrderedDict()

    def said_up_to(self, conversation: UUID, leaf: UUID) -> list[PromptMessage]:
        """Return roles and parts from the root to `leaf`; reads only the messages after the last question."""
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
        """Remove a deleted conversation."""
        with self._lock:
            self._kept.pop(conversation, None)

    def _keep(self, conversation: UUID, branch: _Kept) -> None:
        if len(branch.said) < MIN_MESSAGES or branch.characters > MAX_CHARACTERS:
            return
        with self._lock:
            self._kept[conversation] = branch
            self._kept.move_to_end(conversation)
            while len(self._kept) > MAX_BRANCHES:
                self._kept.popitem(last=False)


def _length(said: PromptMessage) -> int:
    return sum(len(part.get("text", "")) for part in said.parts)


branches = BranchCache()
