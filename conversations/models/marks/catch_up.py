"""The news of a conversation as a model tells them: beside the thread and not in it."""

from datetime import timedelta
from uuid import UUID

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.ids import new_id
from conversations.models.conversation import Conversation
from conversations.models.people import User

LONGEST = timedelta(minutes=2)
"""Time after which one that is still being written was left by a process that has died."""


class CatchUpQuerySet(models.QuerySet["CatchUp"]):
    def visible_to(self, user: User) -> "CatchUpQuerySet":
        return self.filter(conversation__in=Conversation.objects.visible_to(user))

    def usable(self) -> "CatchUpQuerySet":
        """Return those that are written, or are being written now."""
        since = timezone.now() - LONGEST
        is_coming = models.Q(status=CatchUp.Status.WAITING, asked_at__gt=since)
        return self.filter(models.Q(status=CatchUp.Status.READY) | is_coming)


class CatchUp(models.Model):
    """The news of a range of revisions in one language: made once, for all who need the same."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        READY = "ready", _("ready")
        STOPPED = "stopped", _("stopped")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="catch_ups")
    first = models.PositiveBigIntegerField()
    last = models.PositiveBigIntegerField()
    """The revisions of the first and of the last message that it tells of."""
    language = models.CharField(max_length=10)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    asker = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    model_name = models.CharField(max_length=200)
    items = models.JSONField(default=list)
    """[{"kind", "message", "text"}…], ids of messages in its range alone."""
    error_code = models.CharField(max_length=32, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)

    conversation_id: UUID
    asker_id: UUID | None

    objects = CatchUpQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "first", "last", "language"], name="one_catch_up_a_range")
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} · {self.first}–{self.last}"

    @property
    def is_left(self) -> bool:
        """Return whether the process that wrote it has died."""
        return self.status == self.Status.WAITING and self.asked_at < timezone.now() - LONGEST
