"""The named members of a narrow project."""

from uuid import UUID

from django.db import models

from conversations.models.people import Membership
from conversations.models.projects.project import Project


class ProjectMember(models.Model):
    """A person's place in a narrow project, which ends with the place in its team."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="places")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="project_places")
    created_at = models.DateTimeField(auto_now_add=True)

    project_id: UUID

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "membership"], name="one_place_a_person_a_project")]

    def __str__(self) -> str:
        return f"{self.membership.user.name} · {self.project.name}"
