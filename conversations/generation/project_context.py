"""The beginning of each prompt in a project: its instructions and files, the same for everybody.

They stand before anything that was said, unchanged from question to question, so that vendors' caches hold.
"""

from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from django.db import IntegrityError

from conversations.files import documents, storage
from conversations.models import File, Instructions, Message, Project
from providers.types import Part, Turn


@dataclass(frozen=True, slots=True)
class Context:
    """Instructions, the version that they are, and files in the order of their adding."""

    instructions: str = ""
    version: int | None = None
    """The key of the version's row; None without instructions."""
    files: tuple[File, ...] = ()

    @property
    def file_ids(self) -> list[str]:
        return [str(file.pk) for file in self.files]

    def turns(self, taken: Set[str]) -> tuple[Turn, ...]:
        """Return the files as the first words of the conversation, in the forms that the model takes."""
        told = (documents.for_model(Part.from_json(storage.part_of(file)), file, taken) for file in self.files)
        return (Turn("user", tuple(chain.from_iterable(told))),) if self.files else ()


def context_of(project_id: UUID | None) -> Context:
    """Return what is told in this project's conversations now; nothing outside of projects."""
    project = project_id and Project.objects.filter(pk=project_id).first()
    if not project:
        return Context()
    versions = Instructions.objects.filter(project=project, number=project.version)
    version = versions.values_list("pk", flat=True).first() if project.instructions else None
    always = project.held.filter(looked_up=False).select_related("file__text")
    return Context(project.instructions, version, tuple(held.file for held in always))


def note_version(reply: Message, version: int | None) -> None:
    """Record with the reply which version of the instructions it is given."""
    if reply.instructions_id == version:
        return
    with suppress(IntegrityError):  # the project may have been deleted just now
        Message.objects.filter(pk=reply.pk).update(instructions=version)
        reply.instructions_id = version
