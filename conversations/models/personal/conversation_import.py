"""Imports: a person's file of conversations, and what came of each."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.ids import new_id
from conversations.models.conversation import MAX_TITLE_LENGTH, Conversation
from conversations.models.people import Team, User

SILENT = timedelta(seconds=15)
"""Time without a sign of life after which another process goes on with an import."""
KEPT = timedelta(hours=24)
"""Time for which a file waits for its start."""


class ImportQuerySet(models.QuerySet["ConversationImport"]):
    def under_way(self) -> "ImportQuerySet":
        return self.filter(status__in=ConversationImport.UNDER_WAY)

    def needing_a_file(self) -> "ImportQuerySet":
        return self.exclude(status__in=[ConversationImport.Status.DONE, ConversationImport.Status.FAILED])

    def abandoned(self) -> "ImportQuerySet":
        """Return the imports under way whose process has been silent."""
        return self.under_way().filter(alive_at__lt=timezone.now() - SILENT)

    def forgotten(self) -> "ImportQuerySet":
        """Return the imports that nobody has started, or sent to the end."""
        waiting = (ConversationImport.Status.UPLOADING, ConversationImport.Status.READY)
        return self.filter(status__in=waiting, alive_at__lt=timezone.now() - KEPT)


class Reason(models.TextChoices):
    """Why a file or a conversation does not come, or not as a whole."""

    HERE = "already_here", _("It has been imported before.")
    GROWN = "grown", _("It has been imported before; what it has gained since comes.")
    EMPTY = "empty", _("It has no messages.")
    BROKEN = "broken", _("It is damaged.")
    LONG = "too_long", _("It is too long.")
    DEEP = "too_deep", _("It is nested too deeply.")
    ENCRYPTED = "encrypted", _("It has a password.")
    FORMAT = "unknown_format", _("It is no export that Chatsite can read.")
    FILES = "without_files", _("Without some of its files: the export does not have them, or they cannot be kept here.")

    @classmethod
    def words(cls, reason: str) -> str:
        """Return the sentence of a reason, or an empty text."""
        return str(cls(reason).label) if reason in cls else ""


class ConversationImport(models.Model):
    """One file: perhaps `uploading` in pieces, then `checking`, `ready` for its start, `running`, then an end."""

    class Status(models.TextChoices):
        UPLOADING = "uploading"
        CHECKING = "checking"
        READY = "ready"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    UNDER_WAY = (Status.CHECKING, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="imports")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="+")
    """The team that gets the conversations that were a team's; without one they are private."""
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.CHECKING)
    problem = models.CharField(max_length=20, blank=True)
    """The reason for which the whole file cannot come, of `Reason`."""
    size = models.PositiveBigIntegerField(default=0)
    """Bytes of a file that comes in pieces."""
    received = models.PositiveBigIntegerField(default=0)
    """Bytes of it that have come."""
    found = models.PositiveIntegerField(default=0)
    imported = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    """Conversations that do not come, or have come before."""
    boot = models.CharField(max_length=36, blank=True)
    """The boot id of the process that works on it."""
    tries = models.PositiveSmallIntegerField(default=0)
    """How often it was taken over from a process that had died."""
    alive_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)

    owner_id: UUID
    team_id: UUID | None

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.UniqueConstraint(
                fields=["owner"], condition=Q(status__in=["checking", "running"]), name="one_import_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        """Return the path of the uploaded bytes; no part of it comes from outside."""
        folder: Path = settings.CHATSITE_DATA / "imports"
        return folder / self.id.hex

    @property
    def is_under_way(self) -> bool:
        return self.status in self.UNDER_WAY

    @property
    def problem_words(self) -> str:
        return Reason.words(self.problem)

    @property
    def done(self) -> int:
        """Return how many conversations have been dealt with."""
        return self.imported + self.skipped

    @property
    def to_come(self) -> int:
        return self.found - self.skipped


class ImportItem(models.Model):
    """One conversation of an import. While its conversation exists, none with the same key comes again."""

    class Outcome(models.TextChoices):
        NEW = "new"
        IMPORTED = "imported"
        SKIPPED = "skipped"

    batch = models.ForeignKey(ConversationImport, models.CASCADE, related_name="items")
    owner = models.ForeignKey(User, models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    key = models.CharField(max_length=64, blank=True)
    """A digest of the tool and of its id for the conversation."""
    title = models.CharField(max_length=MAX_TITLE_LENGTH, blank=True)
    team = models.CharField(max_length=120, blank=True)
    """The name of the team whose conversation it was."""
    messages = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    reason = models.CharField(max_length=20, blank=True)
    """Why it does not come, or what of it does not."""
    batch_id: UUID

    conversation = models.ForeignKey(Conversation, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="one_item_a_place"),
            models.UniqueConstraint(
                fields=["owner", "key"], condition=Q(conversation__isnull=False), name="nothing_twice"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def reason_words(self) -> str:
        return Reason.words(self.reason)
