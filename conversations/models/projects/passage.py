"""Passages of the files that a project looks up, and the words by which they are found."""

from typing import TYPE_CHECKING

from django.db import models

from conversations.models.people import User
from conversations.models.projects.project import Project
from conversations.models.projects.project_file import ProjectFile
from conversations.models.search_entry import WordsField

PLACE_LENGTH = 200


class PassageQuerySet(models.QuerySet["Passage"]):
    def visible_to(self, user: User) -> "PassageQuerySet":
        """Return the passages of projects that this person may read."""
        return self.filter(held__project__in=Project.objects.visible_to(user))


class Passage(models.Model):
    """A piece of a looked-up file's text; deleted with the file's place in the project, and its words too."""

    id = models.BigAutoField(primary_key=True)
    held = models.ForeignKey(ProjectFile, models.CASCADE, related_name="passages")
    number = models.PositiveIntegerField()
    """Its place among the file's passages, from 1 on."""
    place = models.CharField(max_length=PLACE_LENGTH, blank=True)
    """The page on which it stands, or the headings above it."""
    text = models.TextField()
    version = models.PositiveSmallIntegerField(default=0)
    """The version of the rules by which its words were made; 0 before they are in the index."""

    if TYPE_CHECKING:
        held_id: int

    objects = PassageQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["held", "number"], name="one_passage_a_number")]
        indexes = [models.Index(fields=["version", "id"], name="passages_of_a_version")]

    def __str__(self) -> str:
        return f"{self.held} · {self.number}"


class PassageIndex(models.Model):
    """The words of the passages, in a table of the migration's own; the database deletes them with their passage."""

    passage = models.OneToOneField(
        Passage, models.DO_NOTHING, primary_key=True, db_column="rowid", related_name="index"
    )
    words = WordsField(db_column="conversations_passageindex")

    class Meta:
        managed = False
        db_table = "conversations_passageindex"
