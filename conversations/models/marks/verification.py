"""Verified answers: replies for which a person vouches."""

from datetime import date
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models.conversation import Conversation
from conversations.models.message import Message
from conversations.models.people import Team, User
from conversations.models.projects.project import Project

MAX_NOTE_LENGTH = 500


class VerificationQuerySet(models.QuerySet["Verification"]):
    def in_force(self) -> "VerificationQuerySet":
        return self.filter(is_withdrawn=False)

    def visible_to(self, user: User) -> "VerificationQuerySet":
        """Return the marks in force of the conversations that this person may read."""
        return self.in_force().filter(conversation__in=Conversation.objects.visible_to(user))

    def of_team(self, user: User, team: Team) -> "VerificationQuerySet":
        """Return a team's marks, for who may read them."""
        return self.visible_to(user).filter(conversation__team=team)

    def of_project(self, user: User, project: Project) -> "VerificationQuerySet":
        """Return the marks in a project's conversations, for who may read them."""
        return self.visible_to(user).filter(conversation__project=project)

    def due(self, day: date | None = None) -> "VerificationQuerySet":
        """Return the marks whose day has come."""
        return self.filter(until__lte=day or timezone.localdate())

    def due_for(self, user: User) -> "VerificationQuerySet":
        """Return the marks that this person set, may read, and should look at again."""
        return self.visible_to(user).filter(by=user).due()

    def listed(self) -> "VerificationQuerySet":
        """Order by time, the newest first, with all that a list shows."""
        return self.select_related("message__parent", "conversation__team", "by").order_by("-verified_at", "-pk")


class Verification(models.Model):
    """A mark on one reply. A withdrawn one stays, so that pages without a connection learn of it later."""

    message = models.OneToOneField(Message, models.CASCADE, related_name="verification")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="verifications")
    by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="verifications", verbose_name=_("verified by")
    )
    note = models.CharField(_("note"), max_length=MAX_NOTE_LENGTH, blank=True)
    until = models.DateField(_("look at it again on"), null=True, blank=True)
    verified_at = models.DateTimeField(default=timezone.now)
    is_withdrawn = models.BooleanField(default=False)
    revision = models.PositiveBigIntegerField()
    """The conversation's revision at which it changed last."""

    message_id: UUID
    conversation_id: UUID
    by_id: UUID | None

    objects = VerificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("verified answer")
        verbose_name_plural = _("verified answers")
        indexes = [models.Index(fields=["by", "until"], condition=Q(is_withdrawn=False), name="marks_to_look_at")]

    def __str__(self) -> str:
        return f"{self.message_id} · {self.verified_at:%Y-%m-%d}"

    @property
    def is_due(self) -> bool:
        """Return whether its day has come."""
        return self.until is not None and self.until <= timezone.localdate()

    @property
    def by_name(self) -> str:
        return self.by.name if self.by else ""
