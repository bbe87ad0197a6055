"""Summaries: told to models in place of the replies above a message that fill the context window."""

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db import connection, models
from django.utils import timezone

from conversations.ids import new_id
from conversations.models import raw_sql
from conversations.models.conversation import Conversation
from conversations.models.message import Message
from conversations.models.people import User
from providers.prepared_queries import Prepared

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

MAX_SUMMARY_LENGTH = 20_000
"""Characters of a summary."""
MAX_VERSIONS = 50
"""Versions of one summary."""
LONGEST = timedelta(seconds=90)
"""Time after which one that is still being written was left by a process that has died."""
PAUSE = timedelta(minutes=2)
"""Time after one that failed in which no other is asked for."""


class Fold(NamedTuple):
    """The summary that counts for the end of a branch, and the number of messages below it."""

    summary: "Summary"
    below: int


class SummaryQuerySet(models.QuerySet["Summary"]):
    def visible_to(self, user: User) -> "SummaryQuerySet":
        return self.filter(conversation__in=Conversation.objects.visible_to(user))

    def ready(self) -> "SummaryQuerySet":
        return self.filter(status=Summary.Status.READY)

    def told(self) -> "SummaryQuerySet":
        """Order by time, the oldest first, with all that is told of them."""
        return self.ready().prefetch_related("versions__author").order_by("pk")

    def above(self, conversation: UUID, leaf: UUID) -> Fold | None:
        """Return the last summary on the branch above `leaf`, the newest where two stand at one place."""
        if not _READY(conversation):
            return None
        key = Message._meta.pk.get_db_prep_value(leaf, connection)
        with connection.cursor() as cursor:
            cursor.execute(raw_sql.SUMMARY_ABOVE, [key])
            row = cursor.fetchone()
        return Fold(self.get(pk=UUID(str(row[0]))), row[1]) if row else None


class Summary(models.Model):
    """A summary of the branch down to a message. Who goes on below is told it in place of the replies above."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        READY = "ready"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="summaries")
    message = models.ForeignKey(Message, models.CASCADE, related_name="summaries")
    """The last message that it sums up."""
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    text = models.TextField(blank=True)
    """The words of its newest version."""
    version = models.PositiveIntegerField(default=1)
    room = models.PositiveIntegerField(default=0)
    """Tokens that people's own words above may take in a prompt, the newest first."""
    model_name = models.CharField(max_length=200)
    cost = models.BigIntegerField(null=True)
    """The cost of the call in millionths of the site's currency; null if no price is known."""
    error_code = models.CharField(max_length=32, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    revision = models.PositiveBigIntegerField(default=0)
    """The conversation's revision at which it changed last."""

    conversation_id: UUID
    message_id: UUID
    versions: "RelatedManager[SummaryVersion]"

    objects = SummaryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=models.Q(status="waiting"), name="one_summary_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.message_id} · {self.version}"


class SummaryVersion(models.Model):
    """One version of a summary; it never changes."""

    summary = models.ForeignKey(Summary, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="summary_versions")
    """The person who wrote it; null for the model."""
    is_by_model = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["summary", "number"], name="one_summary_version_a_number")]

    def __str__(self) -> str:
        return f"{self.summary} · {self.number}"

    @property
    def author_name(self) -> str:
        """Return the name of the person or the model that wrote it; a dash for an account that is gone."""
        if self.author:
            return self.author.name
        return self.summary.model_name if self.is_by_model else "–"


_READY = Prepared(lambda conversation: Summary.objects.ready().filter(conversation=conversation).only("pk")[:1])
