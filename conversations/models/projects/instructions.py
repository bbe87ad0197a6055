"""Versions of a project's instructions, so that nothing that a model was told is lost."""

from uuid import UUID

from django.db import models

from conversations.models.people import User
from conversations.models.projects.project import Project


class Instructions(models.Model):
    """One version of a project's instructions; it never changes."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    project_id: UUID

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="one_version_a_number")]

    def __str__(self) -> str:
        return f"{self.project.name} · {self.number}"
