"""The end of a leaver's access, and the hand-over of what they had."""

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from django.db import transaction

from conversations.actions.projects.members import kept_reachable
from conversations.actions.projects.projects import hand_over_places
from conversations.actions.staff import deactivation
from conversations.live import events
from conversations.models import (
    Assistant,
    AssistantVersion,
    Conversation,
    Membership,
    Prompt,
    PromptVersion,
    ReadMark,
    Share,
    User,
)
from conversations.usage import quotas
from providers.audit import log


@dataclass(frozen=True, slots=True)
class Recipients:
    """The people who get a leaver's places and conversations in teams, open share links, prompts and assistants.

    Tokens and webhooks have none: their secrets and addresses are the leaver's.
    """

    places: User | None = None
    links: User | None = None
    prompts: User | None = None
    """The one who gets the assistants, too: both are private words."""


def end_access(by: User, person: User, recipients: Recipients = Recipients()) -> None:
    """Deactivate a person and hand over what they had to those who get it; authors stay.

    Private conversations stay private: nobody else may read them. Raises ValidationError for the last superuser, and
    Refused where somebody would have too many prompts or assistants.
    """
    with transaction.atomic(), ExitStack() as stack, log.watch(by, User.objects.filter(pk=person.pk)):
        for place in person.memberships.order_by("team"):
            stack.enter_context(kept_reachable(by, place.team_id))
        person.is_active = False
        person.clean()
        if recipients.places is not None:
            _hand_over_places(by, person, recipients.places)
            _hand_over_conversations(by, person, recipients.places)
        if recipients.links is not None:
            _hand_over_links(by, person, recipients.links)
        if recipients.prompts is not None:
            _hand_over_prompts(by, person, recipients.prompts)
            _hand_over_assistants(by, person, recipients.prompts)
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
        conversation.guests.filter(user=heir).delete()
        revision = conversation.advance(1, moves_up=False, owner=heir, has_guests=conversation.names_anybody())
        ReadMark.objects.keep_up(conversation)
        told = {"before": {"owner": person}, "after": {"owner": heir}}
        log.note(by, log.Act.CHANGED, conversation, name="", **told)
        transaction.on_commit(partial(events.conversation_updated, conversation, revision))


def _hand_over_links(by: User, person: User, recipient: User) -> None:
    """Make the recipient the maker of the open links to conversations that they may share; the others end."""
    theirs = person.shares.open().filter(conversation__in=Conversation.objects.decided_by(recipient))
    links = Share.objects.filter(pk__in=list(theirs.values_list("pk", flat=True)))
    with log.watch(by, links):
        links.update(made_by=recipient)


def _hand_over_prompts(by: User, person: User, recipient: User) -> None:
    kept = Prompt.objects.in_place(owner=person)
    count = kept.count()
    quotas.check_prompts(Prompt.objects.in_place(owner=recipient), count, PromptVersion.objects.characters(kept))
    kept.update(owner=recipient)
    after = {"owner": recipient, "prompts": count}
    log.note(by, log.Act.CHANGED, Prompt, name="", before={"owner": person}, after=after)


def _hand_over_assistants(by: User, person: User, recipient: User) -> None:
    kept = Assistant.objects.in_place(owner=person)
    count = kept.count()
    if not count:
        return
    written = AssistantVersion.objects.characters(kept)
    quotas.check_assistants(Assistant.objects.in_place(owner=recipient), count, written)
    kept.update(owner=recipient)
    after = {"owner": recipient, "assistants": count}
    log.note(by, log.Act.CHANGED, Assistant, name="", before={"owner": person}, after=after)
