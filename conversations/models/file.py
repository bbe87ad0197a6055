"""The row of a file that a person added or a model made; its bytes are in the data folder."""

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.ids import new_id
from conversations.models.assistants.assistant import Assistant
from conversations.models.message import Message
from conversations.models.people import User
from conversations.models.projects.project import Project

MAX_NAME_LENGTH = 200
UNSENT = timedelta(hours=24)
"""Time that a file may wait for its message."""


PDF = "application/pdf"
PLAIN_TEXT = "text/plain"
SOUNDS = "audio/"
"""The beginning of the types of sounds."""
MAX_PICTURES, MAX_PICTURE_BYTES = 20, 400_000
"""Pages of a PDF without text that a model gets as pictures, and the size that one of them counts."""


class Form(StrEnum):
    """The form in which a model gets a file: its bytes, text, pictures of its pages, or only its name."""

    NATIVE = "native"
    TEXT = "text"
    PICTURES = "pictures"
    NAME = "name"


class FileQuerySet(models.QuerySet["File"]):
    def visible_to(self, user: User) -> "FileQuerySet":
        """Return the person's own unsent files, and those of messages, projects and assistants that they may read."""
        unsent = Q(owner=user, was_sent=False) & ~Q(messages__isnull=False)
        held = Q(project_places__project__in=Project.objects.visible_to(user))
        held |= Q(assistant_places__assistant__in=Assistant.objects.visible_to(user))
        return self.filter(unsent | Q(messages__in=Message.objects.visible_to(user)) | held).distinct()

    def unsent_of(self, owner: User) -> "FileQuerySet":
        return self.filter(owner=owner, was_sent=False)

    def bytes_of(self, owner: User) -> int:
        """Return the size of all files of this person: bytes."""
        return int(self.filter(owner=owner).aggregate(taken=Sum("size"))["taken"] or 0)

    def same_as(self, owner: User, digest: str) -> "FileQuerySet":
        """Return this person's files with the same bytes; others' are not looked at, so that nobody learns of them."""
        return self.filter(owner=owner, digest=digest).exclude(digest="")

    def forgotten(self) -> "FileQuerySet":
        """Return old files in no message, project and assistant; a legal hold keeps its person's."""
        unused = self.filter(messages=None, project_places=None, assistant_places=None)
        old = unused.filter(created_at__lt=timezone.now() - UNSENT)
        return old.exclude(owner__legal_hold=True)


class FileText(models.Model):
    """A document's text in Markdown, as this version of the converter read it; files of the same bytes share it."""

    version = models.PositiveSmallIntegerField()
    text = models.TextField()
    is_cut = models.BooleanField()
    """True if the document is longer than a text may be."""

    def __str__(self) -> str:
        return self.text[:60]


class File(models.Model):
    """A file; name and type are as checked here, never as the uploader claimed, and the bytes never change."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="files")
    name = models.CharField(max_length=MAX_NAME_LENGTH)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64, default="", db_default="")
    """SHA-256 of the bytes; empty for a file that is older than this column."""
    text = models.ForeignKey(FileText, models.PROTECT, null=True, related_name="files")
    """The text of a document; null for pictures, for plain text in UTF-8, and where there is none."""
    text_tokens = models.PositiveIntegerField(null=True)
    """Estimated tokens of the text, or of a sound; null if it was not read."""
    pages = models.PositiveIntegerField(null=True)
    was_sent = models.BooleanField(default=False, db_default=False)
    """True once a message or project has held it, even if that conversation is deleted or no longer readable."""
    created_at = models.DateTimeField(default=timezone.now)

    owner_id: UUID
    text_id: int | None

    objects = FileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        indexes = [
            models.Index(fields=["created_at"]),
            models.Index(fields=["owner", "digest"], name="files_of_the_same_bytes"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        return self.media_type.startswith("image/")

    @property
    def is_sound(self) -> bool:
        return self.media_type.startswith(SOUNDS)

    def form_for(self, taken: Collection[str]) -> Form:
        """Return what a model gets of it that takes these kinds of parts with files: image, file, sound."""
        if self.is_image or self.is_sound:
            return Form.NATIVE if ("image" if self.is_image else "sound") in taken else Form.NAME
        is_read = self.text_id is not None
        if "file" in taken and (self.media_type == PDF or not is_read):
            return Form.NATIVE
        if is_read or self.media_type == PLAIN_TEXT:
            return Form.TEXT
        return Form.PICTURES if "image" in taken and self.media_type == PDF and self.pages else Form.NAME

    @property
    def path(self) -> Path:
        """Return the path of the bytes; no part of it comes from outside."""
        key = self.id.hex
        folder: Path = settings.CHATSITE_DATA / "files" / key[-2:]
        return folder / key
