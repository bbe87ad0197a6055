"""What somebody is told who opens a conversation: what is new since the revision they have, and what is under way."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from conversations import commands, events
from conversations.errors import NotFound
from conversations.live import LiveReply
from conversations.models import Conversation, Message, User

MOST = 100
"""Messages that an ack carries; beyond it the client reads them over HTTP."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation at one revision."""

    revision: int
    since: tuple[Message, ...]
    under_way: tuple[Message, ...]

    def messages(self, html: bool) -> dict[str, Any]:
        """The ack's `messages`, or `reload` where they are too many."""
        if len(self.since) > MOST:
            return {"reload": True, "messages": []}
        return {"messages": [_told(message, html) for message in self.since]}

    def seqs(self) -> dict[str, int]:
        """Up to where the ack's messages reach: one that ended since the look began needs none of its deltas."""
        return {str(message.id): message.seq for message in self.since}

    def live(self, ours: dict[UUID, LiveReply]) -> list[LiveReply]:
        """Of the replies that this process writes those under way."""
        return [ours[message.id] for message in self.under_way if message.id in ours]

    def elsewhere(self, ours: dict[UUID, LiveReply]) -> list[dict[str, Any]]:
        """What the rows say of the replies that it does not write."""
        return [
            {"message": str(message.id), "seq": message.seq, "text": message.text, "thought": message.thought}
            for message in self.under_way
            if message.id not in ours
        ]


def open_conversation(user: User, body: commands.Open) -> Opened:
    conversation = Conversation.objects.visible_to(user).filter(pk=body.conversation).first()
    if conversation is None:
        raise NotFound
    messages = conversation.messages.select_related("author").order_by("id")
    under_way = tuple(messages.under_way())  # asked first: what begins or ends while we look is among the news
    has_all = body.since == conversation.revision and not under_way
    news = () if has_all else tuple(messages.filter(revision__gt=body.since or 0)[: MOST + 1])
    ended = {message.id for message in news if not message.is_under_way}
    return Opened(conversation.revision, news, tuple(message for message in under_way if message.id not in ended))


def _told(message: Message, html: bool) -> dict[str, Any]:
    told = events.message_json(message)
    return {**told, "html": events.body_html(message)} if html else told
