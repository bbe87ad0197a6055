"""The files of a project: they go with every question in its conversations, or are looked up for each."""

from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from conversations.models.file import File
from conversations.models.people import User
from conversations.models.projects.project import Project


class ProjectFileQuerySet(models.QuerySet["ProjectFile"]):
    def visible_to(self, user: User) -> "ProjectFileQuerySet":
        """Return the files of projects that this person may read."""
        return self.filter(project__in=Project.objects.visible_to(user))


class ProjectFile(models.Model):
    """A file of a project; a model gets those that go with every question in the order of their rows."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="held")
    file = models.ForeignKey(File, models.CASCADE, related_name="project_places")
    looked_up = models.BooleanField(_("looked up"), default=False, db_default=False)
    """True if only the passages that fit a question go with it."""
    is_cut = models.BooleanField(default=False, db_default=False, editable=False)
    """True if its text is longer than what is looked up."""
    created_at = models.DateTimeField(auto_now_add=True)

    project_id: UUID
    file_id: UUID

    objects = ProjectFileQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["project", "file"], name="one_place_a_file_a_project")]

    def __str__(self) -> str:
        return self.file.name
