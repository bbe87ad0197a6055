"""The files of an assistant: they go with every question to it."""

from uuid import UUID

from django.db import models

from conversations.models.assistants.assistant import Assistant
from conversations.models.file import File


class AssistantFile(models.Model):
    """A file of an assistant; a model gets them in the order of their rows."""

    assistant = models.ForeignKey(Assistant, models.CASCADE, related_name="held")
    file = models.ForeignKey(File, models.CASCADE, related_name="assistant_places")

    assistant_id: UUID
    file_id: UUID

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["assistant", "file"], name="one_place_a_file_an_assistant")]

    def __str__(self) -> str:
        return self.file.name
