"""Versions of a prompt: what was published, by whom and when, and what is only proposed."""

from typing import Any
from uuid import UUID

from django.db import models

from conversations.ids import new_id
from conversations.models.people import User
from conversations.models.prompts.prompt import MAX_NAME_LENGTH, Prompt, PromptQuerySet

MAX_VERSIONS = 50
"""Versions of one prompt that are kept; the oldest go first."""


class PromptVersionQuerySet(models.QuerySet["PromptVersion"]):
    def published(self) -> "PromptVersionQuerySet":
        return self.filter(number__isnull=False)

    def proposed(self) -> "PromptVersionQuerySet":
        return self.filter(number=None)

    def characters(self, prompts: PromptQuerySet) -> int:
        """Return the characters that all versions of these prompts hold together."""
        return self.filter(prompt__in=prompts).aggregate(sum=models.Sum("size"))["sum"] or 0

    def remove_old(self, prompt: Prompt) -> None:
        rows = self.published().filter(prompt=prompt)
        kept = rows.order_by("-number").values_list("pk", flat=True)[:MAX_VERSIONS]
        rows.exclude(pk__in=list(kept)).delete()


class PromptVersion(models.Model):
    """The words of a prompt at one time. A proposal has no number until it is published."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    prompt = models.ForeignKey(Prompt, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(null=True)
    name = models.CharField(max_length=MAX_NAME_LENGTH)
    text = models.TextField()
    variables = models.JSONField(default=list)
    size = models.PositiveIntegerField()
    """Characters of the text, and of its variables."""
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    prompt_id: UUID
    author_id: UUID | None

    objects = PromptVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["prompt", "number"], name="one_prompt_version_a_number"),
            models.UniqueConstraint(
                fields=["prompt", "author"], condition=models.Q(number=None), name="one_proposal_a_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number or ''}".rstrip()

    def words(self) -> dict[str, Any]:
        """Return what the prompt says with this version."""
        return {"name": self.name, "text": self.text, "variables": self.variables}
