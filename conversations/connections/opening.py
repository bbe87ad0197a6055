"""The answer to opening a conversation: messages new to the client, and replies under way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import translation

from conversations.content import threads
from conversations.content.forks import other_versions
from conversations.errors import NotFound
from conversations.live import LiveReply, events
from conversations.live.viewer_events import Event
from conversations.models import Conversation, Mention, Message, Notification, Remark, User, Verification
from conversations.protocol import commands

MAX_MESSAGES = 100
"""Messages, marks and remarks in one ack; the client reads more of them over HTTP."""
MAX_CHARACTERS = 10_000_000
"""Characters of text and HTML in one ack; one reply may have almost as many."""
SKEW = timedelta(seconds=5)
"""Difference that the clocks of two machines may have."""


@dataclass(frozen=True, slots=True)
class OpenedConversation:
    """A conversation at one revision, as one person sees it."""

    reader: User
    revision: int
    since: tuple[Message, ...]
    under_way: tuple[Message, ...]
    end: UUID | None = None
    """The message from which the thread goes on for this person; None if nothing is new."""
    marks: tuple[Verification, ...] = ()
    """The verified answers, and those that no longer are, that changed since."""
    remarks: tuple[Remark, ...] = ()
    """The remarks that changed since."""
    has_summaries: bool = False
    """True if a summary came or changed since."""

    def place(self) -> dict[str, Any]:
        """Return the ack's `place`, the end of the thread, and the `marks`, `remarks` and `summaries` that changed."""
        marks = {"marks": [events.mark_json(mark) for mark in self.marks]} if self.marks else {}
        remarks = {"remarks": [events.remark_json(remark) for remark in self.remarks]} if self.remarks else {}
        summaries = {"summaries": True} if self.has_summaries else {}
        return ({"place": str(self.end)} if self.end else {}) | marks | remarks | summaries

    def messages(self, html: bool) -> dict[str, Any]:
        """Return the ack's `messages` in the reader's language, or `reload` if they are too many or too long."""
        characters = sum(len(said.text) + len(said.html) for said in self.since)
        if max(map(len, (self.since, self.marks, self.remarks))) > MAX_MESSAGES or characters > MAX_CHARACTERS:
            return {"reload": True, "messages": []}
        with translation.override(self.reader.language or translation.get_language()):
            return {"messages": [self._message_fields(message, html) for message in self.since]}

    def seqs(self) -> dict[str, int]:
        """Return the seqs of the ack's messages: one that has ended since needs none of its deltas."""
        return {str(message.id): message.seq for message in self.since}

    def live(self, ours: dict[UUID, LiveReply]) -> list[LiveReply]:
        """Return the replies under way that this process writes."""
        return [ours[message.id] for message in self.under_way if message.id in ours]

    def elsewhere(self, ours: dict[UUID, LiveReply]) -> list[Message]:
        """Return the replies under way that other processes write."""
        return [message for message in self.under_way if message.id not in ours]

    def _message_fields(self, message: Message, html: bool) -> dict[str, Any]:
        told = events.message_json(message, self.reader)
        return {**told, "html": events.body_html(message)} if html else told


def as_stored(reply: Message) -> dict[str, Any]:
    """Return a reply as its row has it, if no process has sent more."""
    return {"message": str(reply.id), "seq": reply.seq, "text": reply.text, "thought": reply.thought}


def open_conversation(user: User, body: commands.Open) -> OpenedConversation:
    conversation = Conversation.objects.visible_to(user).filter(pk=body.conversation).first()
    if conversation is None:
        raise NotFound
    messages = conversation.messages.select_related("author").order_by("id")
    under_way = tuple(messages.under_way())  # read first: replies that begin or end meanwhile are in `news`
    has_all = body.since == conversation.revision and not under_way
    messages = messages.prefetch_related("verification__by")
    news = () if has_all else tuple(messages.filter(revision__gt=body.since or 0)[: MAX_MESSAGES + 1])
    ended = {message.id for message in news if not message.is_under_way}
    still = tuple(message for message in under_way if message.id not in ended)
    end = None if has_all else threads.end_for(user, conversation)
    marks = () if has_all or not body.since else _marks_since(conversation, body.since)
    remarks = () if has_all else _remarks_since(conversation, body.since or 0)
    has_summaries = not has_all and conversation.summaries.ready().filter(revision__gt=body.since or 0).exists()
    return OpenedConversation(user, conversation.revision, news, still, end, marks, remarks, has_summaries)


def _marks_since(conversation: Conversation, revision: int) -> tuple[Verification, ...]:
    """Return the marks that changed; messages that the client does not have yet bring their own."""
    return tuple(conversation.verifications.select_related("by").filter(revision__gt=revision)[: MAX_MESSAGES + 1])


def _remarks_since(conversation: Conversation, revision: int) -> tuple[Remark, ...]:
    """Return the remarks that changed; of the deleted ones only those that the client may have."""
    rows = conversation.remarks.filter(revision__gt=revision)
    return tuple((rows if revision else rows.standing()).told()[: MAX_MESSAGES + 1])


def look_at(user: User, leaf: UUID) -> dict[str, Any]:
    """Return the other versions of which a person should learn who is shown the branch down to this message."""
    message = Message.objects.visible_to(user).select_related("conversation").filter(pk=leaf).first()
    if message is None:
        raise NotFound
    others = other_versions(user, message.conversation, message.pk)
    return {"revision": message.conversation.revision, "elsewhere": [other.to_json() for other in others]}


def moved_since(since: datetime, people: Sequence[UUID]) -> list[Event]:
    """Return the events of changed conversations for these people, after events may have been lost."""
    moved = (
        Conversation.objects.touching(people)
        .filter(updated_at__gt=since - SKEW)
        .select_related("owner", "team")
        .order_by("updated_at")
    )
    under_way = Message.objects.under_way().filter(conversation=OuterRef("pk"))
    updates = (
        events.updated(conversation, conversation.revision, streaming=conversation.is_streaming)  # type: ignore[attr-defined]
        for conversation in moved.annotate(is_streaming=Exists(under_way))
    )
    return [*chain.from_iterable(updates), *_mentions_since(since, people), *_notifications_since(since, people)]


def _notifications_since(since: datetime, people: Sequence[UUID]) -> list[Event]:
    """Return for each of these people whom something was told of, or who read something, how much is unread now."""
    lately = Q(told_at__gt=since - SKEW) | Q(read_at__gt=since - SKEW)
    changed = User.objects.filter(pk__in=Notification.objects.filter(lately, person__in=people).values("person"))
    return [events.notifications_event(person) for person in changed]


def _mentions_since(since: datetime, people: Sequence[UUID]) -> list[Event]:
    """Return the events of the mentions that these people have not read yet; pages tell each of them once."""
    rows = Mention.objects.unread().filter(person__in=people, message__created_at__gt=since - SKEW)
    found = list(rows.select_related("message__author"))
    readers = Conversation.objects.filter(pk__in={row.conversation_id for row in found}).readers(people)
    told = [row for row in found if (row.conversation_id, row.person_id) in readers]
    return [events.mention_event(row.message, [row.person_id]) for row in told]
