"""Unsent words of a person, kept with their account so that another device can go on with them."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone

from conversations.models.conversation import Conversation
from conversations.models.people import User

MAX_DRAFTS, MAX_SHOWN = 100, 10
"""Drafts that are kept of a person, and shown of one place; the oldest go first."""
KEPT_FOR = timedelta(days=30)


class DraftManager(models.Manager["Draft"]):
    def at(self, user: User, conversation: Conversation | None) -> list["Draft"]:
        """Return the person's drafts in a conversation, or outside of any, newest first; emptied ones have no text."""
        since = timezone.now() - KEPT_FOR
        rows = self.filter(user=user, conversation=conversation, updated_at__gt=since)
        return list(rows.order_by("-updated_at")[:MAX_SHOWN])

    def keep(
        self,
        user: User,
        origin: UUID,
        over: Iterable[UUID],
        *,
        version: UUID,
        text: str,
        conversation: Conversation | None,
    ) -> "Draft":
        """Store a text in place of the versions `over`, and return the row as it is then.

        It is unchanged if another device has stored a version that is not among them.
        """
        with transaction.atomic():
            row = self.select_for_update().filter(user=user, origin=origin).first()
            if row is not None and row.version not in over:
                return row
            told = {"version": version, "text": text, "conversation": conversation}
            row, _ = self.update_or_create(user=user, origin=origin, defaults=told)
            kept = self.filter(user=user).order_by("-updated_at").values_list("pk", flat=True)[:MAX_DRAFTS]
            self.filter(user=user).exclude(pk__in=list(kept)).delete()
        return row


class Draft(models.Model):
    """The text of a composer, without its files; nobody but its person ever reads it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="drafts")
    conversation = models.ForeignKey(Conversation, models.CASCADE, null=True, related_name="+")
    """Null before the conversation has begun."""
    origin = models.UUIDField()
    """Chosen by the browser tab that began it; a device that goes on with it keeps it."""
    version = models.UUIDField()
    """Chosen by the device that stored it last."""
    text = models.TextField(blank=True)
    """Empty once it was sent or deleted, so that other devices learn of that."""
    updated_at = models.DateTimeField(auto_now=True)

    conversation_id: UUID | None

    objects = DraftManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "origin"], name="one_draft_an_origin")]
        indexes = [models.Index(fields=["user", "conversation"], name="drafts_of_a_place")]

    def __str__(self) -> str:
        return str(self.origin)

    @classmethod
    def remove_old(cls) -> None:
        cls.objects.filter(updated_at__lt=timezone.now() - KEPT_FOR).delete()

    def to_json(self) -> dict[str, str]:
        return {"origin": str(self.origin), "version": str(self.version), "text": self.text}
