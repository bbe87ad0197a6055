"""Versions of an assistant's instructions, so that nothing that a model was told is lost."""

from uuid import UUID

from django.db import models
from django.db.models import Sum
from django.db.models.functions import Length

from conversations.models.assistants.assistant import Assistant
from conversations.models.people import User

MAX_UNUSED = 50
"""Versions back to which even those are kept that no reply was given."""


class AssistantVersionQuerySet(models.QuerySet["AssistantVersion"]):
    def characters(self, assistants: "models.QuerySet[Assistant]") -> int:
        """Return the characters of all versions of these assistants."""
        return self.filter(assistant__in=assistants).aggregate(sum=Sum(Length("text")))["sum"] or 0

    def remove_old(self, assistant: Assistant) -> None:
        """Delete the old versions that no reply was given."""
        self.filter(assistant=assistant, was_given=False, number__lte=assistant.version - MAX_UNUSED).delete()


class AssistantVersion(models.Model):
    """One version of an assistant's instructions; its words never change."""

    assistant = models.ForeignKey(Assistant, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    was_given = models.BooleanField(default=False)
    """True once a reply was asked for with it."""
    created_at = models.DateTimeField(auto_now_add=True)

    assistant_id: UUID

    objects = AssistantVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assistant", "number"], name="one_assistant_version_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.assistant.name} · {self.number}"
