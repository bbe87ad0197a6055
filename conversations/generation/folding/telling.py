"""The beginning of a folded branch in a prompt: the summary, and people's own words as far as they fit.

It depends on nothing that comes later. So it stays the same from turn to turn until the next folding.
"""

from collections.abc import Iterable, Mapping, Sequence
from textwrap import indent
from typing import Any

from conversations.content import file_parts
from conversations.models import File, Message
from conversations.models.marks.summary import Fold
from conversations.models.message import PromptMessage, Role
from conversations.usage import token_counts
from conversations.usage.estimates import file_tokens
from providers.types import Part

SUMMED_UP = "[What was said so far, summed up:]\n\n"
IN_THEIR_WORDS = "[What people wrote so far, in their own words, without the replies:]"
WITHOUT_OLDEST = "[What people wrote last before, in their own words, without the replies:]"
MAX_SUMMARY_TOKENS = 1_500
"""Tokens for which models are asked at most; what people add beyond takes room from their older words."""
READ = "[I have read what was said so far.]"


def told(branch: Sequence[PromptMessage], fold: Fold) -> list[PromptMessage]:
    """Return the branch with its part above the fold replaced."""
    above, rest = branch[: -fold.below], branch[-fold.below :]
    words = [said for said in above if said.role == Role.USER]
    room = fold.summary.room - max(0, token_counts.tokens(fold.summary.text) - MAX_SUMMARY_TOKENS)
    kept = kept_words(words, room)
    heading = IN_THEIR_WORDS if len(kept) == len(words) else WITHOUT_OLDEST
    summary = SUMMED_UP + indent(fold.summary.text.strip(), "> ", lambda _: True)  # no line of it ends the quotation
    first = said_as(Role.USER, f"{summary}\n\n{heading}" if kept else summary)
    return [first, *kept, said_as(Role.ASSISTANT, READ), *rest]


def note_version(reply: Message, fold: Fold | None) -> None:
    """Record with the reply which version of which summary it is told."""
    told = {"id": str(fold.summary.pk), "version": fold.summary.version} if fold else None
    if reply.summary != told:
        Message.objects.filter(pk=reply.pk).update(summary=told)
        reply.summary = told


def kept_words(words: Sequence[PromptMessage], room: int) -> list[PromptMessage]:
    """Return the last messages that fit into so many tokens, without files that do not fit."""
    files = files_in(words)
    kept: list[PromptMessage] = []
    for said in reversed(words):
        if size_of(said, files) > room:
            said = said._replace(parts=[_named(part) for part in said.parts])
        room -= size_of(said, files)
        if room < 0:
            break
        kept.append(said)
    return kept[::-1]


def files_in(branch: Iterable[PromptMessage]) -> Mapping[str, File]:
    """Return the files of these messages by their ids."""
    held = {part["file"] for said in branch for part in said.parts if "file" in part}
    found = File.objects.select_related("text").in_bulk(held) if held else {}
    return {str(key): file for key, file in found.items()}


def size_of(said: PromptMessage, files: Mapping[str, File]) -> int:
    """Return the estimated tokens of a message with its files."""
    return sum(
        file_tokens(files[part["file"]]) if part.get("file") in files else token_counts.tokens(part.get("text", ""))
        for part in said.parts
    )


def said_as(role: Role, text: str) -> PromptMessage:
    return PromptMessage(role, [{"kind": "text", "text": text}])


def _named(part: dict[str, Any]) -> dict[str, Any]:
    return file_parts.as_placeholder(Part.from_json(part)).to_json() if "file" in part else part
