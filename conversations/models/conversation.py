"""Conversations, their readers and their writers."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.ids import new_id
from conversations.models.assistants.assistant import Assistant
from conversations.models.people import MAX_NAMED, Membership, Team, User
from conversations.models.personal.naming import OpenByName
from conversations.models.projects.project import Project
from providers.models import LanguageModel
from providers.prepared_queries import Prepared, column_of, stored

if TYPE_CHECKING:
    from conversations.models.people import MembershipQuerySet

MAX_TITLE_LENGTH = 120
RECENT_CONVERSATIONS = 40
"""Conversations of a person among which the recent models are looked for."""
TIME_IN_BIN = timedelta(days=30)
"""Time in which a deleted conversation can be restored."""


class ConversationQuerySet(models.QuerySet["Conversation"]):
    """Conversations in the bin are for nobody, but for those who may restore them."""

    def visible_to(self, user: User) -> "ConversationQuerySet":
        """Return the conversations that this person may read: their own, their teams', and those that name them.

        Those of a narrow project are for its named members, and for guests.
        """
        return self.filter(self.where_reads(user), deleted_at=None)

    def readers(self, among: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
        """Return pairs (conversation, person) of these people by the rule of visible_to, in five queries for all."""
        rows = self.filter(deleted_at=None)
        own = rows.filter(team=None, owner__in=among).values_list("pk", "owner")
        places = Membership.objects.filter(user__in=among)
        wide = rows.filter(Q(project=None) | Q(project__is_narrow=False), team__memberships__in=places)
        narrow = rows.filter(
            project__is_narrow=True,
            project__places__membership__in=places,
            project__places__membership__team=F("team"),
        )
        shared = wide.values_list("pk", "team__memberships__user")
        guests = rows.filter(guests__user__in=among).values_list("pk", "guests__user")
        granted = rows.filter(team_grants__team__memberships__in=places)
        by_name = {*guests, *granted.values_list("pk", "team_grants__team__memberships__user")}
        return {*own, *shared, *narrow.values_list("pk", "project__places__membership__user"), *by_name}

    def touching(self, people: Iterable[UUID]) -> "ConversationQuerySet":
        """Return the conversations that some of these people may read, and others of their teams."""
        teams = Membership.objects.filter(user__in=people).values("team")
        by_name = Conversation.objects.filter(Q(guests__user__in=people) | Q(team_grants__team__in=teams)).values("pk")
        return self.filter(Q(team=None, owner__in=people) | Q(team__in=teams) | Q(pk__in=by_name), deleted_at=None)

    def writable_by(self, user: User) -> "ConversationQuerySet":
        """Return the visible conversations, without those in which this person only reads."""
        return self.filter(self.where_writes(user), deleted_at=None)

    def open_to_remarks_of(self, user: User) -> "ConversationQuerySet":
        """Return the conversations where this person may remark: where they write, or read and the team lets them."""
        is_open = Q(team__readers_remark=True) | Q(pk__in=Conversation.objects.writable_by(user).values("pk"))
        return self.visible_to(user).filter(is_open)

    def decided_by(self, user: User) -> "ConversationQuerySet":
        """Return the conversations that this person may delete or share: their own, and those of teams they lead."""
        return self.endable_by(user).filter(deleted_at=None)

    def restorable_by(self, user: User) -> "ConversationQuerySet":
        """Return the conversations in the bin that this person may restore."""
        return self.endable_by(user).exclude(deleted_at=None)

    def endable_by(self, user: User) -> "ConversationQuerySet":
        """Return the conversations that this person decides on, in the bin or not."""
        return self.filter(self.where_decides(user))

    def where_reads(self, user: User) -> Q:
        """Return the condition that this person reads a conversation; all access is judged by these three."""
        return self.where_placed(user) | self.where_named(user)

    def where_placed(self, user: User) -> Q:
        """Return the condition that this person reads a conversation as its owner or by a place in its team."""
        return Q(team=None, owner=user) | Q(team__in=Team.objects.visible_to(user)) & self._open_to(user)

    def where_named(self, user: User) -> Q:
        """Return the condition that a conversation is open to this person by name, or to one of their teams."""
        return self._naming(guests__user=user) | self._naming(team_grants__team__in=Team.objects.visible_to(user))

    def where_writes(self, user: User) -> Q:
        """Return the condition that this person writes in a conversation."""
        teams = self._naming(team_grants__team__in=Team.objects.writable_by(user), team_grants__writes=True)
        return self._where_writes_in_place(user) | self._naming(guests__user=user, guests__writes=True) | teams

    def where_decides(self, user: User) -> Q:
        """Return the condition that this person writes in a conversation and owns it or leads its team."""
        led = Membership.objects.filter(user=user, role=Membership.Role.LEAD).values("team")
        return self._where_writes_in_place(user) & (Q(owner=user) | Q(team__in=led))

    def _where_writes_in_place(self, user: User) -> Q:
        return Q(team=None, owner=user) | Q(team__in=Team.objects.writable_by(user)) & self._open_to(user)

    def _naming(self, **guests: Any) -> Q:
        return Q(pk__in=Conversation.objects.filter(**guests).values("pk"))

    def _open_to(self, user: User) -> Q:
        """Return the condition that a team's conversation is in no project, or in one that is open to this person."""
        return Q(project=None) | Q(project__in=Project.objects.shared_with(user).values("pk"))

    def overdue(self) -> "ConversationQuerySet":
        """Return the conversations that were in the bin for its whole time, or silent for their team's days.

        None of them is held.
        """
        now = timezone.now()
        asked = Q(deleted_at__lt=now - TIME_IN_BIN) | Q(team=None, owner__closed_at__lt=now)
        for days in Team.objects.filter(keeps_from__lte=now).values_list("keeps_days", flat=True).distinct():
            is_theirs = Q(deleted_at=None, team__keeps_days=days, team__keeps_from__lte=now)
            asked |= is_theirs & Q(updated_at__lt=now - timedelta(days=days or 0))
        return self.not_held().filter(asked)

    def silent_for(self, days: int, at: datetime) -> "ConversationQuerySet":
        """Return those outside the bin that are without a new message for so many days at this moment."""
        return self.filter(deleted_at=None, updated_at__lt=at - timedelta(days=days))

    def not_held(self) -> "ConversationQuerySet":
        """Leave out what a legal hold keeps: a team's, and all that a person began or wrote in."""
        return (
            self.exclude(team__legal_hold=True)
            .exclude(owner__legal_hold=True)
            .exclude(messages__author__legal_hold=True)
            .exclude(remarks__author__legal_hold=True)
            .exclude(summaries__versions__author__legal_hold=True)
        )

    def recent_models_of(self, user: User) -> list[UUID]:
        """Return the models of this person's own conversations that changed last, the last one first."""
        own = self.filter(owner=user).exclude(model=None).order_by("-updated_at")
        return list(dict.fromkeys(own.values_list("model", flat=True)[:RECENT_CONVERSATIONS]))


class Conversation(OpenByName):
    """A tree of messages with an owner and an audience; `revision` counts its changes."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    title = models.CharField(_("title"), max_length=MAX_TITLE_LENGTH, blank=True)
    owner = models.ForeignKey(User, models.CASCADE, related_name="conversations", verbose_name=_("owner"))
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="conversations", verbose_name=_("team")
    )
    project = models.ForeignKey(
        Project, models.RESTRICT, null=True, blank=True, related_name="conversations", verbose_name=_("project")
    )
    """A project of the same team or, of a private conversation, of the same owner.

    RESTRICT, because the whole team could read the conversations of a deleted narrow project.
    """
    model = models.ForeignKey(LanguageModel, models.SET_NULL, null=True, blank=True, related_name="+")
    assistant = models.ForeignKey(Assistant, models.SET_NULL, null=True, editable=False, related_name="conversations")
    """The assistant of the next questions, for those who may use it."""
    began_with = models.JSONField(null=True, editable=False)
    """The assistant of its first question, as it was then: {"id", "name", "symbol", "version"}."""
    system_prompt = models.TextField(_("system prompt"), blank=True)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    revision = models.PositiveBigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    """The time at which it was put into the bin; null if it is not there."""
    deleted_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")

    owner_id: UUID
    team_id: UUID | None
    project_id: UUID | None
    model_id: UUID | None
    assistant_id: UUID | None

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        indexes = [
            models.Index(fields=["owner", "-updated_at"]),
            models.Index(fields=["team", "-updated_at"]),
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="conversations_in_bin"),
        ]

    def __str__(self) -> str:
        return self.title or str(self.id)

    @property
    def ends_at(self) -> datetime | None:
        """Return the time at which it leaves the bin for ever, if it is there."""
        return self.deleted_at and self.deleted_at + TIME_IN_BIN

    @property
    def scope(self) -> UUID:
        """Return the id of the team or, of a private one, of the owner: who looks for it among theirs."""
        return self.team_id or self.owner_id

    @property
    def is_private(self) -> bool:
        """Return whether its owner alone reads it."""
        return self.team_id is None and not self.has_guests

    @property
    def team_name(self) -> str:
        return self.team.name if self.team else ""

    @property
    def place_name(self) -> str:
        """Return the names of its team and its project; "" for a private one without a project."""
        project = self.shown_project
        return " · ".join(filter(None, (self.team_name, project.name if project else "")))

    @property
    def shown_project(self) -> Project | None:
        """Return its project, but None for a guest, who does not read it; the row must come from `models.sidebar`."""
        return None if self.is_named else self.project  # type: ignore[attr-defined]

    def advance(self, steps: int, *, moves_up: bool = True, **changed: Any) -> int:
        """Add `steps` to the revision and return the first of the new ones; sets the fields in `changed`, too.

        With `moves_up` the conversation becomes the first of the sidebar. The UPDATE must be the first write of its
        transaction: it is the lock that keeps revisions in order.
        """
        if moves_up:
            changed["updated_at"] = timezone.now()
        for name, value in changed.items():
            setattr(self, name, value)
        columns = "".join(f', "{column_of(self, name)}" = %s' for name in changed)
        values = [stored(self, name) for name in (*changed, "id")]
        with connection.cursor() as cursor:
            cursor.execute(_ADVANCE.format(columns), [steps, *values])
            if not cursor.rowcount:
                raise Conversation.DoesNotExist
        self.revision = _REVISION(self.pk)[0].revision
        return self.revision - steps + 1

    def can_write(self, user: User) -> bool:
        return bool(_WRITABLE(user.pk, self.pk))

    def can_remark(self, user: User) -> bool:
        return bool(_OPEN_TO_REMARKS(user.pk, self.pk))

    def can_share(self, user: User) -> bool:
        return bool(_DECIDED(user.pk, self.pk))

    def audience_ids(self) -> list[UUID]:
        """Return the ids of all readers of this conversation; one in the bin has none."""
        if self.deleted_at is not None:
            return []
        return list(dict.fromkeys((*self.placed_ids(), *self.rights_by_name())))

    def placed_ids(self) -> set[UUID]:
        """Return the ids of its owner or of its readers in its team."""
        if self.team_id is None:
            return {self.owner_id}
        return set(self.places().values_list("user", flat=True))

    def people(self, *, also_inactive: bool = False) -> list[User]:
        """Return its readers whose names are known to one another; see `Team.named`.

        With `also_inactive` also others of the team.
        """
        members = self.team.named(also_inactive=also_inactive) if self.team else [self.owner]
        named = [guest.user for guest in self.named()]
        for grant in self.named_teams():
            named += grant.team.named(also_inactive=also_inactive)
        found = dict.fromkeys([*members, *named])
        readers = set(self.audience_ids())  # a narrow project's are not all of the team
        return [one for one in found if also_inactive or (one.is_active and one.pk in readers)]

    def people_to_name(self, user: User) -> list[User]:
        """Return the people of this person's teams to whom they may open it by name, so many of them."""
        if not self.can_share(user):
            return []
        return list(User.objects.known_to(user).exclude(pk__in=self.audience_ids())[:MAX_NAMED])

    def places(self) -> "MembershipQuerySet":
        """Return the places of its readers in its team: all, or those that its narrow project names."""
        places = Membership.objects.filter(team=self.team_id)
        is_narrow = self.project is not None and self.project.is_narrow
        return places.filter(project_places__project=self.project_id) if is_narrow else places


def _writable(person: UUID, key: UUID) -> ConversationQuerySet:
    return Conversation.objects.writable_by(User(pk=person)).filter(pk=key).only("pk")


def _open_to_remarks(person: UUID, key: UUID) -> ConversationQuerySet:
    return Conversation.objects.open_to_remarks_of(User(pk=person)).filter(pk=key).only("pk")


def _decided(person: UUID, key: UUID) -> ConversationQuerySet:
    return Conversation.objects.decided_by(User(pk=person)).filter(pk=key).only("pk")


_WRITABLE, _OPEN_TO_REMARKS, _DECIDED = Prepared(_writable), Prepared(_open_to_remarks), Prepared(_decided)
_ADVANCE = "UPDATE conversations_conversation SET revision = revision + %s{} WHERE id = %s"
_REVISION = Prepared(lambda key: Conversation.objects.filter(pk=key).only("revision"))
