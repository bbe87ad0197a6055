"""The end of a leaver's access, and the hand-over of what they had in teams."""

from contextlib import ExitStack
from functools import partial

from django.db import transaction

from conversations.accounts import deactivation
from conversations.actions.projects.members import kept_reachable
from conversations.actions.projects.projects import hand_over_places
from conversations.live import events
from conversations.models import Conversation, Membership, User
from providers.audit import log


def end_access(by: User, person: User, heir: User | None = None) -> None:
    """Deactivate a person and, with an heir, hand over their places and conversations in teams.

    Private conversations stay private: nobody else may read them. Raises ValidationError for the last superuser.
    """
    with transaction.atomic(), ExitStack() as stack, log.watch(by, User.objects.filter(pk=person.pk)):
        for place in person.memberships.order_by("team"):
            stack.enter_context(kept_reachable(by, place.team_id))
        person.is_active = False
        person.clean()
        if heir is not None:
            _hand_over_places(by, person, heir)
            _hand_over_conversations(by, person, heir)
        person.save(update_fields=["is_active"])
        deactivation.end_access(by, person)


def _hand_over_places(by: User, person: User, heir: User) -> None:
    """Give the heir the person's places, and where the heir has one already, the higher role of the two."""
    with log.watch(by, Membership.objects.filter(user=heir)):
        for place in person.memberships.all():
            theirs, _is_new = Membership.objects.get_or_create(
                team_id=place.team_id, user=heir, defaults={"role": place.role}
            )
            ranks = Membership.Role.values
            if ranks.index(place.role) < ranks.index(theirs.role):
                theirs.role = place.role
                theirs.save(update_fields=["role"])
    hand_over_places(person, heir)


def _hand_over_conversations(by: User, person: User, heir: User) -> None:
    for conversation in Conversation.objects.filter(owner=person).exclude(team=None):
        revision = conversation.advance(1, moves_up=False, owner=heir)
        told = {"before": {"owner": person}, "after": {"owner": heir}}
        log.note(by, log.Act.CHANGED, conversation, name="", **told)
        transaction.on_commit(partial(events.conversation_updated, conversation, revision))
