"""The files that go with every question in a project's conversations."""

from uuid import UUID

from django.db import models

from conversations.models.file import File
from conversations.models.projects.project import Project


class ProjectFile(models.Model):
    """A file of a project; a model gets them in the order of their rows."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="held")
    file = models.ForeignKey(File, models.CASCADE, related_name="project_places")
    created_at = models.DateTimeField(auto_now_add=True)

    project_id: UUID
    file_id: UUID

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["project", "file"], name="one_place_a_file_a_project")]

    def __str__(self) -> str:
        return self.file.name
