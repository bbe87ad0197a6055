"""The place that each person gives a conversation in their own list."""

from typing import Any
from uuid import UUID

from django.db import models

from conversations.models.conversation import Conversation
from conversations.models.people import User


class ArrangementManager(models.Manager["Arrangement"]):
    def arrange(self, user: User, conversation: Conversation, **changed: Any) -> None:
        """Set `pinned`, `muted` or `archived`; the latter lasts until there is news."""
        if "archived" in changed:
            changed["archived_at"] = conversation.revision if changed.pop("archived") else None
        self.update_or_create(user=user, conversation=conversation, defaults=changed)


class Arrangement(models.Model):
    """How one person keeps a conversation: above the others, out of sight, or without news of it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="arrangements")
    pinned = models.BooleanField(default=False)
    muted = models.BooleanField(default=False)
    archived_at = models.PositiveBigIntegerField(null=True)
    """The conversation's revision when it was archived."""

    conversation_id: UUID

    objects = ArrangementManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "conversation"], name="one_arrangement_a_person")]
