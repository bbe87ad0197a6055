"""Plans of what to fold: how far down a branch, and how much of people's own words stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from conversations.generation.branch_cache import branches
from conversations.generation.folding.fitting import FOLDED, FULL
from conversations.generation.folding.telling import MAX_SUMMARY_TOKENS, files_in, size_of, told
from conversations.models import Message, Summary
from conversations.models.message import PromptMessage, Role
from conversations.usage.estimates import prompt_tokens
from conversations.usage.token_counts import tokens
from providers.types import Prompt

SUMMARY_SHARE = 0.12
"""Share of a full prompt that a summary may take."""
WORDS_SHARE = 0.85
"""Share of a full prompt that may be taken once people's own words are kept."""
WORTH = 0.05
"""Share of a full prompt that the folded replies take at least: for less no model is asked."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The last message to sum up, the messages that are new in the summary, and the summary before."""

    message: UUID
    said: tuple[PromptMessage, ...]
    before: str
    room: int
    most: int
    """Tokens of the summary, at most."""


def plan_for(reply: Message, prompt: Prompt, most: float) -> Plan | None:
    """Return what to fold so that about half of a full prompt is free again.

    Returns None for too little, and where not even the last exchange would fit beside what is always told.
    """
    if reply.parent_id is None:
        return None
    branch = branches.said_up_to(reply.conversation_id, reply.parent_id)
    fold = Summary.objects.above(reply.conversation_id, reply.parent_id)
    files = files_in(branch)
    sizes = [size_of(said, files) for said in branch]
    known = told(branch, fold) if fold else branch
    fixed = max(0, prompt_tokens(prompt) - sum(size_of(said, files) for said in known))
    begin = len(branch) - fold.below if fold else 0
    summary = min(MAX_SUMMARY_TOKENS, round(SUMMARY_SHARE * most))
    end = _end(branch, sizes, begin, most * FOLDED / FULL - fixed - summary)
    if end is None or fixed + summary + sum(sizes[end:]) > most:
        return None
    replaced = sum(_replies(branch, sizes, begin, end))
    if replaced < WORTH * most:
        return None
    ids = [key for key, _ in Message.objects.sizes_of_branch(reply.parent_id)]
    room = max(0, round(WORDS_SHARE * most - fixed - summary - sum(sizes[end:])))
    before = fold.summary.text if fold else ""
    return Plan(ids[end - 1], tuple(branch[begin:end]), before, room, min(summary, replaced + tokens(before)))


def _end(branch: Sequence[PromptMessage], sizes: Sequence[int], begin: int, free: float) -> int | None:
    """Return the index of the first message that stays, so that people's words and all from there on fit.

    The last reply stays where that is possible. Returns None without a reply that could go.
    """
    ends = [
        number
        for number in range(begin + 1, len(branch))
        if branch[number].role == Role.USER and branch[number - 1].role == Role.ASSISTANT
    ]
    words = sum(size for said, size in zip(branch, sizes, strict=True) if said.role == Role.USER)
    for end in ends[:-1]:
        if words + sum(_replies(branch, sizes, end, len(branch))) <= free:
            return end
    return next(iter(ends[-2:]), None)


def _replies(branch: Sequence[PromptMessage], sizes: Sequence[int], begin: int, end: int) -> list[int]:
    return [size for said, size in zip(branch[begin:end], sizes[begin:end], strict=True) if said.role != Role.USER]
