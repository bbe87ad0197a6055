"""Mentions of people in messages. Whether one is still to be read is told by the person's read mark."""

from collections.abc import Iterable
from uuid import UUID

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from conversations.models.conversation import Conversation
from conversations.models.message import Message
from conversations.models.people import User
from conversations.models.personal.read_state import ReadMark
from conversations.models.projects.member import ProjectMember


class MentionQuerySet(models.QuerySet["Mention"]):
    def unread(self) -> "MentionQuerySet":
        """Return the mentions in messages that their person was not shown yet."""
        marks = ReadMark.objects.filter(user=OuterRef("person"), conversation=OuterRef("conversation"))
        shown = marks.annotate(seen=Coalesce("shown", "revision")).filter(seen__gte=OuterRef("revision"))
        return self.filter(~Exists(shown))

    def readable(self) -> "MentionQuerySet":
        """Return the mentions in conversations that their person may read now."""
        named = ProjectMember.objects.filter(project=OuterRef("conversation__project"))
        is_named = Exists(
            named.filter(membership__user=OuterRef("person"), membership__team=OuterRef("conversation__team"))
        )
        is_open = Q(conversation__project=None) | Q(conversation__project__is_narrow=False) | is_named
        return self.filter(is_open, conversation__deleted_at=None, conversation__team__memberships__user=F("person"))

    def of_versions(self, message: Message) -> "models.QuerySet[Mention, UUID]":
        """Return the ids of the people whom a message mentions in any of its wordings."""
        versions = Message.objects.filter(conversation=message.conversation_id, parent=message.parent_id)
        return self.filter(message__in=versions).values_list("person", flat=True)

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

    objects = MentionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "message"], name="one_mention_a_message")]
        indexes = [models.Index(fields=["conversation", "person"], name="mentions_in_conversation")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.message_id}"  # type: ignore[attr-defined]
