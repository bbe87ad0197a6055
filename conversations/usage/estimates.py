"""Token counts of questions, answers and calls: the vendor's if it gives them, else estimates."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import ceil
from statistics import median
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects

from conversations.models import Assistant, AssistantFile, Conversation, File, Message, Summary, Team, User
from conversations.models.file import MAX_PICTURES, Form
from conversations.models.people import USUAL_FOLDS_AT
from conversations.usage import token_counts
from providers.prepared_queries import Prepared
from providers.types import Delta, Part, Prompt, Usage

_logger = logging.getLogger(__name__)

LAST_ANSWERS = 5
"""Answers of a conversation from which the length of the next one is guessed."""
TYPICAL_OUTPUT = 4096
"""Tokens reserved for an answer without a limit on its length."""
IMAGE_TOKENS = 1000
BYTES_PER_TOKEN, MAX_FILE_TOKENS = 4, 100_000
LOOKED_UP_TOKENS = 2_400
"""Tokens of the passages that go with a question where files are looked up, at most."""
SHARE_OF_WINDOW = 0.2
"""The share of a model's context window that passages may take, and as much again what its calls find."""
TOKENS_A_SECOND = 32
"""Tokens of a second of speech, as Gemini counts it; others count less."""
MAX_TOKENS_A_CHARACTER = 4
"""Tokens of one character at most: a rare one is encoded as its bytes."""
MAX_HIDDEN_TOKENS = 200_000
"""Tokens that a vendor may count without showing them: thoughts that it keeps, pages that it looked up."""


@dataclass(frozen=True, slots=True)
class Used:
    """The tokens of a call; `counted` is the part that the vendor reported."""

    usage: Usage = field(default_factory=Usage)
    counted: Usage = field(default_factory=Usage)
    is_estimated: bool = False

    def with_pictures(self, least: int) -> "Used":
        """Return the usage with so many pictures at least."""
        if (self.usage.pictures or 0) >= least:
            return self
        return replace(self, usage=replace(self.usage, pictures=least), is_estimated=True)


class Meter:
    """Measures the prompt sent to a vendor with one call, and the reply received."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self._said, self._thought = list[str](), list[str]()
        self._whole = self._pictures = 0
        self.has_begun = False

    def count(self, delta: Delta) -> None:
        """Count a received delta."""
        self.has_begun = True
        part = delta.part
        self._said.append(delta.text)
        self._thought.append(delta.thought)
        if part is not None and part.kind == "thought":
            self._thought.append(part.text)
        elif part is not None:
            self._said.append(part.text)
            self._whole += "data" in part.detail
            self._pictures += _is_made(part)

    def read(self, reported: Usage | None, is_owed: bool) -> Used:
        """Return the tokens of the call; without a report, an estimate if it began or `is_owed`, else none."""
        if reported is None and not (self.has_begun or is_owed):
            return Used()
        ours = self._estimate()
        counted = self._plausible(reported or Usage())
        usage = _filled(counted, ours)
        is_estimated = usage != reported
        usage = replace(usage, pictures=self._pictures or None, **_spoken(self._prompt))
        return Used(usage, counted, is_estimated)

    def _estimate(self) -> Usage:
        said = token_counts.tokens("".join(self._said)) + IMAGE_TOKENS * self._whole
        return Usage(prompt_tokens(self._prompt), said, token_counts.tokens("".join(self._thought)) or None)

    def _plausible(self, reported: Usage) -> Usage:
        """Return the vendor's counts without the impossible ones."""
        sent = sum(
            len(part.text) + len(part.detail.get("data", "")) for turn in self._prompt.turns for part in turn.parts
        )
        most = {
            "input_tokens": _most(sent + len(self._prompt.system)),
            "output_tokens": _most(sum(map(len, self._said))) + MAX_FILE_TOKENS * self._whole,
            "thought_tokens": _most(sum(map(len, self._thought))),
        }
        most["cached_tokens"] = most["written_tokens"] = most["input_tokens"]
        counts = {name: getattr(reported, name) for name in most}
        if any(count is not None and count > most[name] for name, count in counts.items()):
            _logger.warning("A vendor counts more tokens than there can be; they are estimated instead: %s", reported)
        return Usage(**{name: None if count is None or count > most[name] else count for name, count in counts.items()})


def _is_made(part: Part) -> bool:
    """Return whether the vendor has made a picture, and charges it, even if nobody could fetch it."""
    if part.kind == "gap":
        return part.detail.get("picture", "too_many") != "too_many"
    return part.kind == "image" and "data" in part.detail


def prompt_tokens(prompt: Prompt) -> int:
    """Return the estimated tokens of a prompt's words and pictures."""
    return token_counts.tokens(prompt.system) + sum(part_tokens(part) for turn in prompt.turns for part in turn.parts)


def prompt_usage(prompt: Prompt) -> Usage:
    """Return the estimated usage of a prompt that is about to be sent."""
    answer = answer_tokens(prompt.parameters.get("max_tokens"))
    pictures = pictures_asked(prompt.parameters)
    return Usage(prompt_tokens(prompt), answer, pictures=pictures, **_spoken(prompt))


def _spoken(prompt: Prompt) -> dict[str, Any]:
    """Return how long the recordings of a prompt take, and its characters; models for replies have no price of them."""
    parts = [part for turn in prompt.turns for part in turn.parts]
    seconds, characters = sum(part.detail.get("seconds", 0) for part in parts), sum(len(part.text) for part in parts)
    return {"seconds": seconds or None, "characters": characters or None}


def likely_usage(
    conversation: Conversation,
    branch: Iterable[Message],
    parameters: Mapping[str, Any],
    assistant: UUID | None = None,
) -> Usage:
    """Return the estimated tokens of a branch, and of an answer with its greatest or a typical length.

    `assistant` is asked. The pictures are those of a model that makes some; others have no price for them.
    """
    branch, summed_up = _with_summary(conversation, list(branch))
    prefetch_related_objects(branch, "files")
    told = (conversation.system_prompt, introduction_to(conversation))
    words = sum(map(token_counts.tokens, (*told, *(message.text for message in branch))))
    files = sum(file_tokens(file) for message in branch for file in message.files.all())
    words += project_tokens(conversation) + (assistant_tokens(assistant) if assistant else 0)
    given = {**conversation.parameters, **parameters}
    return Usage(words + files + summed_up, answer_tokens(given.get("max_tokens")), pictures=pictures_asked(given))


def _with_summary(conversation: Conversation, branch: list[Message]) -> tuple[list[Message], int]:
    """Return the end of a branch that is sent as it was said, and the tokens sent for the rest."""
    places = {message.pk: number for number, message in enumerate(branch)}
    rows = Summary.objects.ready().filter(conversation=conversation.pk)
    on_branch = (row for row in rows if row.message_id in places)
    summary = max(on_branch, key=lambda row: (places[row.message_id], row.pk), default=None)
    if summary is None:
        return branch, 0
    end = places[summary.message_id] + 1
    words = sum(token_counts.tokens(message.text) for message in branch[:end] if not message.is_reply)
    return branch[end:], token_counts.tokens(summary.text) + min(words, summary.room)


def folds_at(team: Team | None) -> float:
    """Return the share of a model's context window at which conversations of this team are folded."""
    return (team.folds_at if team else USUAL_FOLDS_AT) / 100


def introduction_to(conversation: Conversation) -> str:
    """Return what models are told of a private conversation's owner; where others read, nothing."""
    if not conversation.is_private:
        return ""
    owner = _OWNER.one(conversation.owner_id)
    return owner.introduction if owner else ""


_OWNER = Prepared(lambda key: User.objects.filter(pk=key).only("address_as", "about_me"))


def usual_answer(branch: Iterable[Message]) -> int | None:
    """Return the median length of the last answers of a branch: tokens; None if none has been counted."""
    counted = [message.output_tokens for message in branch if message.output_tokens]
    return round(median(counted[-LAST_ANSWERS:])) if counted else None


def is_before_last_call(part: Mapping[str, Any]) -> bool:
    """Return whether another call brought what stands before this part: the seam, or what the model has asked for."""
    return part["kind"] == "seam" or (part["kind"] == "citation" and "function" in part)


def usage_so_far(reply: Message) -> Usage:
    """Return the estimated usage of a reply's last call, without the parts that it continues or earlier calls wrote."""
    seam = max((number for number, part in enumerate(reply.parts) if is_before_last_call(part)), default=-1)
    own = reply.parts[seam + 1 :]
    thought = "".join(part.get("text", "") for part in own if part["kind"] == "thought")
    said = (
        "".join(part.get("text", "") for part in own if part["kind"] != "thought") if own or seam >= 0 else reply.text
    )
    asked = likely_usage(reply.conversation, Message.objects.branch(reply.parent_id), {}, reply.assistant_asked)
    thoughts = token_counts.tokens(thought) or None
    return Usage(asked.input_tokens, token_counts.tokens(said), thoughts, pictures=_pictures_of(reply, own) or None)


def _pictures_of(reply: Message, parts: Iterable[Mapping[str, Any]]) -> int:
    """Return the pictures of a broken reply: those that came or, if its model draws, all asked for."""
    came = sum(part["kind"] == "image" for part in parts)
    drawing = [one for one in reply.model.deployments.all() if one.draws] if reply.model else []
    given = {**reply.conversation.parameters, **reply.parameters}
    return max(came, *(one.drawn_of(pictures_asked(given)) for one in drawing)) if drawing else came


def project_tokens(conversation: Conversation) -> int:
    """Return the estimated tokens of what the conversation's project sends along with each question."""
    if conversation.project is None:
        return 0
    held = conversation.project.held.select_related("file")
    files = [file_tokens(one.file) for one in held if not one.looked_up]
    looked_up = LOOKED_UP_TOKENS if len(files) < len(held) else 0
    return token_counts.tokens(conversation.project.instructions) + sum(files) + looked_up


def assistant_tokens(key: UUID) -> int:
    """Return the estimated tokens of what this assistant sends along with each question; none of one that is gone."""
    words = Assistant.objects.filter(pk=key).values_list("instructions", flat=True).first()
    held = AssistantFile.objects.filter(assistant=key).select_related("file")
    return token_counts.tokens(words or "") + sum(file_tokens(one.file) for one in held)


def file_tokens(file: File, form: Form | None = None) -> int:
    """Return the estimated tokens of a file in this form, or in the one in which most models get it.

    Vendors read each page of a PDF as its text and as a picture.
    """
    form = form or file.form_for(("image", "file", "sound"))
    if form is Form.NAME:
        return token_counts.tokens(file.name)
    if file.is_image:
        return IMAGE_TOKENS
    if form is Form.PICTURES:
        return IMAGE_TOKENS * min(file.pages or 0, MAX_PICTURES)
    if form is Form.NATIVE and file.pages:
        return min((file.text_tokens or 0) + IMAGE_TOKENS * file.pages, MAX_FILE_TOKENS + (file.text_tokens or 0))
    return min(file.size // BYTES_PER_TOKEN, MAX_FILE_TOKENS) if file.text_tokens is None else file.text_tokens


def pictures_asked(parameters: Mapping[str, Any]) -> int:
    """Return the number of pictures of a reply, if its model makes any."""
    return int(parameters.get("picture_count") or 1)


def answer_tokens(limit: object) -> int:
    return limit if isinstance(limit, int) and limit > 0 else TYPICAL_OUTPUT


def part_tokens(part: Part) -> int:
    """Return the estimated tokens of one part; a picture counts the same whatever it shows."""
    if "seconds" in part.detail:
        return ceil(TOKENS_A_SECOND * part.detail["seconds"])
    if part.kind == "call_result" and isinstance(part.detail.get("response"), str):
        return token_counts.tokens(part.detail["response"])
    if "data" not in part.detail:
        return token_counts.tokens(part.text)
    return IMAGE_TOKENS + token_counts.tokens(part.detail.get("words", ""))


def _most(characters: int) -> int:
    return MAX_TOKENS_A_CHARACTER * characters + MAX_HIDDEN_TOKENS


def _filled(counted: Usage, ours: Usage) -> Usage:
    """Return the vendor's counts, completed by our estimates; its output count may include the thoughts."""
    if counted.output_tokens is None and counted.thought_tokens is None:
        counted = replace(counted, output_tokens=ours.output_tokens, thought_tokens=ours.thought_tokens)
    if counted.output_tokens is None:
        counted = replace(counted, output_tokens=ours.output_tokens)
    return replace(counted, input_tokens=ours.input_tokens) if counted.input_tokens is None else counted
