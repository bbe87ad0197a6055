"""Prompts: texts with variables that a person, a team, a project or the whole site keeps for questions."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.ids import new_id
from conversations.models.people import Membership, Team, User
from conversations.models.projects.project import Project
from conversations.models.prompts.initials import initials

MAX_NAME_LENGTH, MAX_PROMPT_LENGTH = 120, 20_000
MOST_WORDS = 12
"""Words of a search that are looked for in every text."""


class PromptQuerySet(models.QuerySet["Prompt"]):
    def visible_to(self, user: User) -> "PromptQuerySet":
        """Return the person's own prompts, those of their teams and projects, and the site's.

        One that is only proposed is for those who may publish it and for whoever proposed it.
        """
        places = Membership.objects.filter(user=user)
        leads = places.filter(role=Membership.Role.LEAD)
        decided = Q(team__in=leads.values("team")) | Q(project__in=Project.objects.decided_by(user))
        shared = Q(team__in=places.values("team")) | Q(project__in=Project.objects.visible_to(user))
        shared &= Q(version__gt=0) | Q(updated_by=user) | decided
        return self.filter(Q(owner=user) | shared | _SITES)

    def published(self) -> "PromptQuerySet":
        return self.filter(version__gt=0)

    def writable_by(self, user: User) -> "PromptQuerySet":
        """Return the prompts of which this person may at least propose other words."""
        writers = Membership.objects.filter(user=user, role__in=Membership.WRITERS)
        shared = Q(team__in=writers.values("team")) | Q(project__in=Project.objects.writable_by(user))
        return self.visible_to(user).filter(Q(owner=user) | shared | _of_site(user))

    def decided_by(self, user: User) -> "PromptQuerySet":
        """Return the prompts that this person may change, publish and delete.

        In a project they are for its owner and its team's leads, and for all who write where members publish.
        """
        leads = Membership.objects.filter(user=user, role=Membership.Role.LEAD)
        writers = Membership.objects.filter(user=user, role__in=Membership.WRITERS, team__members_publish=True)
        shared = Q(team__in=leads.values("team")) | Q(team__in=writers.values("team"))
        open_to_all = Project.objects.writable_by(user).filter(team__members_publish=True)
        shared |= Q(project__in=Project.objects.decided_by(user)) | Q(project__in=open_to_all)
        return self.filter(Q(owner=user) | shared | _of_site(user))

    def in_place(
        self, owner: User | None = None, team: Team | None = None, project: Project | None = None
    ) -> "PromptQuerySet":
        """Return the prompts of one person, team or project, or the site's if none is given."""
        return self.filter(owner=owner, team=team, project=project)

    def found_by(self, words: str) -> "PromptQuerySet":
        """Return those whose name or text has the first of these words, or whose letters are these."""
        letters = "".join(words.split()).lower()
        by_letters = Q(initials__contains=letters) if letters.isascii() and letters.isalnum() else Q(pk__in=[])
        by_words = Q()
        for word in list(dict.fromkeys(words.split()))[:MOST_WORDS]:
            by_words &= Q(name__icontains=word) | Q(text__icontains=word)
        return self.filter(by_words | by_letters) if letters else self

    def listed(self, words: str = "") -> "PromptQuerySet":
        """Order by name; those that begin with these words come first, then those whose name has them."""
        begins = Q(name__istartswith=words) | Q(initials__startswith=words.lower())
        ranks = [models.When(begins, then=0), models.When(name__icontains=words, then=1)] if words else []
        ordered = self.annotate(rank=models.Case(*ranks, default=2, output_field=models.IntegerField()))
        return ordered.select_related("team", "project", "updated_by").order_by("rank", "name", "pk")


_SITES = Q(owner=None, team=None, project=None)


def _of_site(user: User) -> Q:
    return _SITES if user.has_perm(Prompt.SITE_PERMISSION) else Q(pk__in=[])


_ONE_PLACE = Q(owner=None, team=None) | Q(owner=None, project=None) | Q(team=None, project=None)


class Prompt(models.Model):
    """The published words of a prompt; nothing is published yet while `version` is 0."""

    SITE_PERMISSION = "conversations.change_prompt"
    """The permission of people who keep the prompts of the whole site."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="prompts")
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="prompts", verbose_name=_("team")
    )
    project = models.ForeignKey(
        Project, models.CASCADE, null=True, blank=True, related_name="prompts", verbose_name=_("project")
    )
    name = models.CharField(_("name"), max_length=MAX_NAME_LENGTH)
    text = models.TextField(_("text"), max_length=MAX_PROMPT_LENGTH)
    variables = models.JSONField(_("variables"), default=list, blank=True)
    """In the order of the text: {"name", "type", "default", "choices"}."""
    initials = models.CharField(max_length=MAX_NAME_LENGTH, blank=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=0)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")

    owner_id: UUID | None
    team_id: UUID | None
    project_id: UUID | None

    objects = PromptQuerySet.as_manager()

    class Meta:
        verbose_name = _("prompt")
        verbose_name_plural = _("prompts")
        constraints = [models.CheckConstraint(condition=_ONE_PLACE, name="one_place_a_prompt")]

    def __str__(self) -> str:
        return self.name

    def say(self, told: Mapping[str, Any], person: User) -> None:
        """Take these words, unsaved."""
        for name in ("name", "text", "variables"):
            setattr(self, name, told[name])
        self.initials = initials(self.name)
        self.updated_at, self.updated_by = timezone.now(), person

    def words(self) -> dict[str, Any]:
        """Return what a version holds."""
        return {"name": self.name, "text": self.text, "variables": self.variables}

    @property
    def is_own(self) -> bool:
        return self.owner_id is not None

    @property
    def is_logged(self) -> bool:
        """Return whether the audit log tells of it: not of a person's or a project's, whose name may be hidden."""
        return self.owner_id is None and self.project_id is None

    @property
    def scope(self) -> str:
        if self.is_own:
            return "own"
        return "team" if self.team_id else "project" if self.project_id else "site"
