"""Assistants: named settings that people pick like a model; a person's own, a team's or the whole site's."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.ids import new_id
from conversations.models.people import Membership, Team, User

MAX_NAME_LENGTH, MAX_SYMBOL_LENGTH = 120, 12


class AssistantQuerySet(models.QuerySet["Assistant"]):
    def visible_to(self, user: User) -> "AssistantQuerySet":
        """Return the person's own assistants, those of their teams, and the site's."""
        places = Membership.objects.filter(user=user)
        return self.filter(Q(owner=user) | Q(team__in=places.values("team")) | _SITES)

    def offered_to(self, user: User, chosen: str = "") -> "AssistantQuerySet":
        """Return the visible assistants that are not archived, and the one of the id `chosen`, even if it is."""
        try:
            is_chosen = Q(pk=UUID(chosen))
        except ValueError:
            is_chosen = Q(pk__in=[])
        return self.visible_to(user).filter(Q(archived=False) | is_chosen)

    def decided_by(self, user: User) -> "AssistantQuerySet":
        """Return the assistants that this person may change and delete: in a team, whoever publishes its prompts."""
        sites = _SITES if user.has_perm(Assistant.SITE_PERMISSION) else Q(pk__in=[])
        return self.filter(Q(owner=user) | Q(team__in=publishing_teams(user)) | sites)

    def in_place(self, owner: User | None = None, team: Team | None = None) -> "AssistantQuerySet":
        """Return the assistants of one person or team, or the site's if none is given."""
        return self.filter(owner=owner, team=team)

    def listed(self) -> "AssistantQuerySet":
        return self.select_related("team").order_by("archived", Lower("name"), "pk")


def publishing_teams(user: User) -> models.QuerySet[Team]:
    """Return the teams where this person publishes: those they lead, and those that let members publish."""
    publishes = Q(memberships__role=Membership.Role.LEAD)
    publishes |= Q(memberships__role__in=Membership.WRITERS, members_publish=True)
    return Team.objects.filter(publishes, memberships__user=user)


_SITES = Q(owner=None, team=None)


class Assistant(models.Model):
    """A named setting: instructions, models in the order of preference, parameters, files and starters."""

    SITE_PERMISSION = "conversations.change_assistant"
    """The permission of people who keep the assistants of the whole site."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="assistants")
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="assistants", verbose_name=_("team")
    )
    name = models.CharField(_("name"), max_length=MAX_NAME_LENGTH)
    symbol = models.CharField(_("letter or emoji"), max_length=MAX_SYMBOL_LENGTH, blank=True)
    instructions = models.TextField(_("instructions"), blank=True)
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)
    """The number of the version that the instructions are; 0 before there were any."""
    model_ids = models.JSONField(_("models"), default=list, blank=True)
    """The ids of its models; the first one that a person may use answers. Without any, it is asked with any model."""
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    starters = models.JSONField(_("starters"), default=list, blank=True)
    """Questions with which a new conversation may begin."""
    archived = models.BooleanField(_("archived"), default=False)
    """True if nobody picks it any more; conversations that have it keep it."""
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    owner_id: UUID | None
    team_id: UUID | None

    objects = AssistantQuerySet.as_manager()

    class Meta:
        verbose_name = _("assistant")
        verbose_name_plural = _("assistants")
        constraints = [models.CheckConstraint(condition=Q(owner=None) | Q(team=None), name="one_place_an_assistant")]

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> str:
        return "own" if self.owner_id else "team" if self.team_id else "site"

    def note(self) -> dict[str, Any]:
        """Return what a conversation keeps of it: its name, its symbol, and the version of its instructions."""
        return {"id": str(self.pk), "name": self.name, "symbol": self.symbol, "version": self.version}

    def given(self) -> dict[str, Any]:
        """Return what a reply keeps of it: the note, and the parameters that it sets."""
        return {**self.note(), "parameters": self.parameters} if self.parameters else self.note()


def public_note(noted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what readers are told of a reply's assistant; its parameters are among the reply's own."""
    return {name: noted[name] for name in ("id", "name", "symbol", "version")}


def own_parameters(parameters: Mapping[str, Any], noted: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return those of a reply's parameters that its assistant did not set."""
    set_by_it = (noted or {}).get("parameters", {})
    return {name: value for name, value in parameters.items() if set_by_it.get(name, _UNSET) != value}


_UNSET = object()
