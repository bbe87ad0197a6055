"""The people for whom a team's project is: all of the team, or named members alone."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial
from uuid import UUID

from django.db import transaction

from conversations.actions.access import project_to_decide_on
from conversations.errors import NotFound, Refused
from conversations.live import events
from conversations.models import Conversation, Guest, Membership, Project, ProjectMember, ReadMark, TeamGrant, User
from conversations.protocol.seen import digests
from providers.audit import log


def name_members(user: User, project_id: UUID, people: Collection[UUID] | None, *, seen: str = "") -> None:
    """Let these people of its team alone read the project and its conversations; None lets the whole team in.

    The person who names them is always among them. Those who lose the conversations are told that they are gone.
    With `seen`, the digest of those whom the person was shown, others' changes meanwhile refuse this one.
    """
    with transaction.atomic():
        project = project_to_decide_on(user, project_id)
        if project.team is None:
            raise Refused("conflict", "A private project has no members.")
        if seen and seen != digests({"people": project.people()})["people"]:
            raise Refused("conflict", "Somebody has changed meanwhile who can read it.", "people")
        is_narrowed = people is not None and not project.is_narrow
        project.is_narrow = people is not None
        places = _places(project, {user.pk, *people}) if people is not None else []
        _let_in(user, project, places, without_guests=is_narrowed)


@contextmanager
def kept_reachable(by: User, team_id: UUID) -> Iterator[None]:
    """Name the leads in the team's narrow projects in which nobody is left who writes; needs a transaction.

    Else what was said there could be neither read nor deleted, and the team never end. The audit log tells of it.
    """
    narrow = Project.objects.filter(team=team_id, is_narrow=True).select_related("team")
    projects = list(narrow.select_for_update(of=("self",), no_key=True))  # before places, as everybody locks them
    yield
    active = Membership.objects.filter(team=team_id, user__is_active=True).select_related("user").by_rank()
    for project in projects:
        named = Membership.objects.filter(project_places__project=project)
        writers = [place for place in active.filter(pk__in=named) if place.can_write]
        heirs = writers or list(active.leads())
        is_looked_after = any(place.user_id == project.owner_id for place in writers)
        if heirs and not is_looked_after:
            project.owner = heirs[0].user
            _let_in(by, project, [*named, *heirs])


def _let_in(by: User, project: Project, places: Collection[Membership], *, without_guests: bool = False) -> None:
    """Store whether a project is narrow, its owner and its places, and announce its conversations.

    Guests named before it was narrow lose them; those named since were meant.
    """
    conversations = list(project.conversations.select_related("team", "project", "owner"))
    before = {one.pk: set(one.audience_ids()) for one in conversations}
    held = ProjectMember.objects.filter(project=project)
    if without_guests:
        for kind in (Guest, TeamGrant):
            kind.objects.filter(conversation__project=project).delete()
    with log.watch(by, Project.objects.filter(pk=project.pk), held):
        project.save(update_fields=["is_narrow", "owner"])
        held.exclude(membership__in=places).delete()
        for place in places:
            ProjectMember.objects.get_or_create(project=project, membership=place)
    for conversation in conversations:
        conversation.project = project
        _tell(conversation, before[conversation.pk])


def _places(project: Project, people: Collection[UUID]) -> list[Membership]:
    found = list(Membership.objects.filter(team=project.team_id, user__in=people))
    if len(found) < len(set(people)):
        raise NotFound
    return found


def _tell(conversation: Conversation, before: set[UUID]) -> None:
    """Advance the revision and announce the change to those who read it now, and to those who no longer do."""
    has_guests = conversation.has_guests and conversation.names_anybody()
    revision = conversation.advance(1, moves_up=False, has_guests=has_guests)
    ReadMark.objects.keep_up(conversation)
    if conversation.deleted_at is not None:
        return
    lost = before - set(conversation.audience_ids())
    transaction.on_commit(partial(events.conversation_gone, conversation.pk, revision, lost))
    transaction.on_commit(partial(events.conversation_updated, conversation, revision))
