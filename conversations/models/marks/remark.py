"""Remarks: what people say about words of a message, beside the thread."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.ids import new_id
from conversations.models.conversation import Conversation
from conversations.models.message import Message
from conversations.models.people import User

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

MAX_REMARK_LENGTH, MAX_QUOTE_LENGTH = 2_000, 500
"""Characters of a remark, and of the words that are kept with it."""


class RemarkQuerySet(models.QuerySet["Remark"]):
    def standing(self) -> "RemarkQuerySet":
        """Leave out the deleted ones, whose rows tell pages of it that come back later."""
        return self.filter(is_deleted=False)

    def told(self) -> "RemarkQuerySet":
        """Order by time, the oldest first, with all that is told of them."""
        return self.select_related("author", "assignee", "resolved_by").order_by("pk")


class Remark(models.Model):
    """A remark on a message, or a reply to one. Its words never change; it is resolved, and opened again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="remarks")
    message = models.ForeignKey(Message, models.CASCADE, related_name="remarks")
    above = models.ForeignKey("self", models.CASCADE, null=True, related_name="replies")
    """The remark that this one replies to."""
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="remarks")
    text = models.TextField(_("remark"))
    start = models.PositiveIntegerField(null=True)
    end = models.PositiveIntegerField(null=True)
    """The place of the words in the message's stored text; null where it is about the message as a whole."""
    quote = models.TextField(blank=True)
    """The beginning of those words."""
    assignee = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    resolved_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    is_deleted = models.BooleanField(default=False)
    revision = models.PositiveBigIntegerField()
    """The conversation's revision at which it changed last."""

    conversation_id: UUID
    message_id: UUID
    above_id: UUID | None
    author_id: UUID | None
    assignee_id: UUID | None
    replies: "RelatedManager[Remark]"

    objects = RemarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("remark")
        verbose_name_plural = _("remarks")
        indexes = [models.Index(fields=["conversation", "revision"], name="remarks_changed_since")]

    def __str__(self) -> str:
        return f"{self.message_id} · {self.created_at:%Y-%m-%d}"
