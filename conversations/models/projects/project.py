"""Projects: instructions, defaults and files that a person's or a team's conversations share."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from conversations.ids import new_id
from conversations.models.people import Membership, Team, User
from providers.models import LanguageModel

if TYPE_CHECKING:
    from conversations.models.projects.member import ProjectMember

NAME_LENGTH = 120


class ProjectQuerySet(models.QuerySet["Project"]):
    """A narrow project is for its named members alone, who must be in its team as well."""

    def visible_to(self, user: User) -> "ProjectQuerySet":
        """Return the person's own projects, and those of their teams that are open to them."""
        return self.filter(Q(team=None, owner=user) | self._shared_with(user, Membership.Role.values))

    def writable_by(self, user: User) -> "ProjectQuerySet":
        """Return the visible projects, without those of teams in which this person only reads."""
        return self.filter(Q(team=None, owner=user) | self._shared_with(user, Membership.WRITERS))

    def decided_by(self, user: User) -> "ProjectQuerySet":
        """Return the projects whose members this person may change, and that they may archive and delete.

        They are the person's own and, in teams, those that they look after or whose team they lead.
        """
        led = Membership.objects.filter(user=user, role=Membership.Role.LEAD).values("team")
        return self.writable_by(user).filter(Q(owner=user) | Q(team__in=led))

    def shared_with(self, user: User) -> "ProjectQuerySet":
        """Return the projects of teams that are open to this person."""
        return self.filter(self._shared_with(user, Membership.Role.values))

    def _shared_with(self, user: User, roles: "list[str] | tuple[str, ...]") -> Q:
        places = Membership.objects.filter(user=user, role__in=roles)
        named = Q(places__membership__in=places.values("pk"))
        open_to = Q(is_narrow=False) | Q(pk__in=Project.objects.filter(named).values("pk"))
        return Q(team__in=places.values("team")) & open_to

    def listed(self) -> "ProjectQuerySet":
        """Return those that are not archived, by team and name."""
        return self.filter(archived=False).select_related("team").order_by("team__name", "name", "pk")


class Project(models.Model):
    """A set of conversations that share instructions, defaults and files; a team's or, without one, its owner's."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="projects", verbose_name=_("team")
    )
    owner = models.ForeignKey(User, models.CASCADE, related_name="projects", verbose_name=_("owner"))
    """The person whom a private one is for; in a team the person who looks after it."""
    is_narrow = models.BooleanField(_("for named members only"), default=False)
    instructions = models.TextField(_("instructions"), blank=True)
    version = models.PositiveIntegerField(default=0, editable=False)
    """The number of the version that the instructions are; 0 before there were any."""
    model = models.ForeignKey(
        LanguageModel, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("model")
    )
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    links = models.JSONField(_("links"), default=list, blank=True)
    """Addresses for its people: {"title", "address"}."""
    archived = models.BooleanField(_("archived"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    if TYPE_CHECKING:
        places: models.Manager["ProjectMember"]
    team_id: UUID | None
    owner_id: UUID
    model_id: UUID | None

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def settings(self) -> dict[str, Any]:
        """Return the fields that its writers change together."""
        return {name: getattr(self, name) for name in ("name", "instructions", "model", "parameters", "links")}

    def people(self) -> list[str] | None:
        """Return the ids of its named members in order; None where it is not narrow."""
        return sorted(str(place.user_id) for place in self.readers()) if self.is_narrow else None

    def defaults(self) -> dict[str, Any]:
        """Return the fields with which its new conversations begin, over those of the team."""
        team: dict[str, Any] = self.team.defaults() if self.team else {"system_prompt": ""}
        parameters = {**team.get("parameters", {}), **self.parameters}
        return {**team, "model": self.model or team.get("model"), "parameters": parameters}

    def readers(self) -> models.QuerySet[Membership]:
        """Return the places in the team of all who may read it; none of a private project."""
        places = Membership.objects.filter(team=self.team_id) if self.team_id else Membership.objects.none()
        return places.filter(project_places__project=self) if self.is_narrow else places
