"""The panel with a conversation's readers, writers and links, and the audiences to which it may move."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from conversations.accounts.signed_in import person_of
from conversations.models import Conversation, Membership, Share, Team, TeamGrant, User
from conversations.models.links.share import ShareQuerySet


@dataclass(frozen=True, slots=True)
class MoveTarget:
    """An audience to which a conversation may move, with its readers, and those of today who lose it."""

    team: Team | None
    readers: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def value(self) -> str:
        return str(self.team.pk) if self.team else ""


@dataclass(frozen=True, slots=True)
class GrantedTeam:
    """A team to which a conversation is open beside its own, with its readers, and those who lose it without."""

    grant: TeamGrant
    readers: tuple[str, ...]
    lost: tuple[str, ...]


@login_required
@never_cache
@require_GET
def audience(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Respond with a fragment for the page, with the present names."""
    person = person_of(request)
    seen = Conversation.objects.visible_to(person).select_related("team", "project", "owner")
    conversation = seen.filter(pk=conversation_id).first()
    if conversation is None:
        raise Http404
    context = {
        "conversation": conversation,
        "person": person,
        "places": _places(conversation),
        "guests": conversation.named(),
        "granted": _granted(conversation),
        "by_team": _readers_by_team(conversation),
        "led": Team.objects.led_by(person),
        "reads_project": person.pk in conversation.placed_ids(),
        "known": conversation.people_to_name(person),
        "links": _links(person, conversation),
        "can_share": conversation.can_share(person),
        "goals": (goals := _goals(person, conversation)),
        "grantable": _grantable(conversation, goals),
    }
    return render(request, "_audience.html", context)


def _places(conversation: Conversation) -> Iterable[Membership]:
    """Return the places of its readers in its team, who can come in; none without a team."""
    return conversation.places().filter(user__is_active=True).select_related("user").by_rank()


def _granted(conversation: Conversation) -> list[GrantedTeam]:
    """Return the teams to which it is open by name, with those who read it by this one alone."""
    grants = conversation.named_teams()
    members = {grant.pk: grant.team.named() for grant in grants}
    otherwise = {*conversation.placed_ids(), *(guest.user_id for guest in conversation.named())}
    found = []
    for grant in grants:
        others = {one.pk for key, people in members.items() if key != grant.pk for one in people}
        lost = [one.name for one in members[grant.pk] if one.pk not in otherwise | others]
        found.append(GrantedTeam(grant, tuple(one.name for one in members[grant.pk]), tuple(lost)))
    return found


def _readers_by_team(conversation: Conversation) -> set[UUID]:
    """Return the ids of the members of teams that were let in: they need no name of theirs."""
    return set(
        Membership.objects.filter(team__conversation_grants__conversation=conversation).values_list("user", flat=True)
    )


def _grantable(conversation: Conversation, goals: Iterable[MoveTarget]) -> list[MoveTarget]:
    """Return the teams among the possible audiences to which it is not open yet."""
    known = set(conversation.team_grants.values_list("team", flat=True))
    return [goal for goal in goals if goal.team and goal.team.pk not in known]


def _links(person: User, conversation: Conversation) -> ShareQuerySet:
    """Return the open links, the newest first; `is_revocable` says whether this person may revoke one."""
    own = Exists(Share.objects.revocable_by(person).filter(pk=OuterRef("pk")))
    return conversation.shares.open().select_related("made_by").annotate(is_revocable=own).order_by("-id")


def _goals(person: User, conversation: Conversation) -> list[MoveTarget]:
    """Return the possible audiences; empty for people who may not move the conversation."""
    if not Conversation.objects.decided_by(person).filter(pk=conversation.pk).exists():
        return []
    teams = [team for team in Team.objects.writable_by(person) if team.pk != conversation.team_id]
    readers = conversation.people()
    alone = [] if conversation.is_private else [_goal(None, [conversation.owner], readers)]
    return [*alone, *(_goal(team, [place.user for place in team.places()], readers) for team in teams)]


def _goal(team: Team | None, readers: Sequence[User], before: Sequence[User]) -> MoveTarget:
    lost = tuple(one.name for one in before if one not in readers)
    return MoveTarget(team, tuple(one.name for one in readers), lost)
