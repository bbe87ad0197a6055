"""Mentions of people in messages. Whether one is still to be read is told by the person's read mark."""

from collections.abc import Iterable
from uuid import UUID

from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce

from conversations.models.conversation import Conversation
from conversations.models.message import Message
from conversations.models.people import User
from conversations.models.personal.read_state import ReadMark


class MentionQuerySet(models.QuerySet["Mention"]):
    def unread(self) -> "MentionQuerySet":
        """Return the mentions in messages that their person was not shown yet."""
        marks = ReadMark.objects.filter(user=OuterRef("person"), conversation=OuterRef("conversation"))
        shown = marks.annotate(seen=Coalesce("shown", "revision")).filter(seen__gte=OuterRef("revision"))
        return self.filter(~Exists(shown))

    def of_versions(self, message: Message, editor: UUID | None) -> "models.QuerySet[Mention, UUID]":
        """Return the ids of the people whom a message mentions in any wording of its author or of this editor.

        Beside it stand also what others have said there.
        """
        versions = Message.objects.filter(conversation=message.conversation_id, parent=message.parent_id)
        theirs = versions.filter(author__in=filter(None, (message.author_id, editor)))
        return self.filter(message__in=theirs).values_list("person", flat=True)

    def note(self, message: Message, people: Iterable[UUID]) -> None:
        """Store that these people are mentioned in a message, in its own transaction."""
        self.bulk_create(
            Mention(
                person_id=person,
                message=message,
                conversation_id=message.conversation_id,
                revision=message.revision,
            )
            for person in people
        )


class Mention(models.Model):
    """A person's name behind an “@” in a message."""

    person = models.ForeignKey(User, models.CASCADE, related_name="mentions")
    message = models.ForeignKey(Message, models.CASCADE, related_name="mentions")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="+", db_index=False)
    revision = models.PositiveBigIntegerField()
    """The revision of the message."""

    person_id: UUID
    conversation_id: UUID

    objects = MentionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "message"], name="one_mention_a_message")]
        indexes = [models.Index(fields=["conversation", "person"], name="mentions_in_conversation")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.message_id}"  # type: ignore[attr-defined]
