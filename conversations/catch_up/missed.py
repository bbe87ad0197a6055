"""The messages that a person has missed, and the model that may tell of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db.models.functions import Left

from conversations.models import CatchUp, Conversation, Installation, Message, ReadMark, User
from conversations.models.message import UNDER_WAY
from conversations.usage import model_access
from providers.models import LanguageModel

MIN_MISSED = 10
"""Messages of others from which it is worth telling of them."""
MAX_MESSAGES = 300
"""Messages of one range; of more the newest count."""
MAX_MESSAGE = 3_000
"""Characters of one message that are told."""
_LONG = ("text", "parts", "html", "parameters", "prompt", "left_out")
"""Fields that are not read: three hundred messages may have a gigabyte."""


@dataclass(frozen=True)
class Missed:
    """The ended messages of a conversation behind a revision, the oldest first, one's own included.

    Each has the `beginning` of its text.
    """

    conversation: Conversation
    messages: Sequence[Message]

    @property
    def first(self) -> int:
        return min(message.revision for message in self.messages)

    @property
    def last(self) -> int:
        return max(message.revision for message in self.messages)

    def by_others(self, user: User) -> int:
        return sum(message.author_id != user.pk for message in self.messages)

    def is_worth_telling(self, user: User) -> bool:
        return self.by_others(user) >= MIN_MISSED

    def made(self, language: str) -> CatchUp | None:
        """Return what was told of exactly these messages, or is being told."""
        made = CatchUp.objects.usable().filter(conversation=self.conversation, language=language)
        return made.filter(first=self.first, last=self.last).first()

    @cached_property
    def by_number(self) -> dict[int, Message]:
        """Return the messages by the numbers under which a model is told of them."""
        return dict(enumerate(self.messages, 1))


def missed(conversation: Conversation, since: int, last: int | None = None) -> Missed:
    """Return the messages behind revision `since`, up to `last` if that is given. No access check: callers make it."""
    rows = conversation.messages.filter(revision__gt=since).exclude(status__in=UNDER_WAY).exclude(text="")
    if last is not None:
        rows = rows.filter(revision__lte=last)
    rows = rows.defer(*_LONG).annotate(beginning=Left("text", MAX_MESSAGE)).select_related("author")
    newest = list(rows.order_by("-id")[:MAX_MESSAGES])
    return Missed(conversation, newest[::-1])


def missed_since(user: User, conversation: Conversation) -> tuple[int, int] | None:
    """Return the revision that a person has read, and how many messages of others are behind it; None for few."""
    if conversation.is_private:
        return None
    mark = ReadMark.objects.filter(user=user, conversation=conversation).first()
    since = 0 if mark is None else mark.revision if mark.shown is None else mark.shown
    if conversation.revision - since < MIN_MISSED:
        return None
    rows = conversation.messages.filter(revision__gt=since).exclude(status__in=UNDER_WAY).exclude(text="")
    count = rows.exclude(author=user).count()
    return (since, count) if count >= MIN_MISSED else None


def model_for(user: User, conversation: Conversation) -> LanguageModel | None:
    """Return the model that the administrator names or, where this person may not use it, the conversation's."""
    named: list[UUID | None] = [Installation.catch_up_model_of_site(), conversation.model_id]
    usable = (model_access.model_for(user, conversation.team_id, model) for model in named if model)
    return next(filter(None, usable), None)
