"""Actions on conversations: create, change, move and delete them, read marks, branch choices, typing."""

from typing import Any
from uuid import UUID

from django.db import transaction

from conversations.actions.access import (
    team_to_write_in,
    to_decide_on,
    to_write_in,
    visible,
    visible_message,
    writable,
)
from conversations.generation import runner
from conversations.generation.branch_cache import branches
from conversations.live import events
from conversations.models import BranchChoice, Conversation, ReadMark, User
from conversations.usage import quotas
from providers.audit import log
from providers.audit.log import Act


def create_conversation(user: User, **fields: Any) -> Conversation:
    """Create an empty conversation, private or with the defaults of a `team` in which the person writes."""
    quotas.check_conversations(user)
    with transaction.atomic():
        if team := fields.get("team"):
            fields = {**team.defaults(), **fields, "team": team_to_write_in(user, team.pk)}
        conversation = Conversation.objects.create(owner=user, revision=1, **fields)
        transaction.on_commit(lambda: events.conversation_updated(conversation, 1))
    return conversation


def change_conversation(user: User, conversation_id: UUID, **changed: Any) -> Conversation:
    with transaction.atomic():
        conversation = to_write_in(user, conversation_id)
        revision = conversation.advance(1, **changed)
        transaction.on_commit(lambda: events.conversation_updated(conversation, revision))
    return conversation


def move_conversation(user: User, conversation_id: UUID, team_id: UUID | None) -> None:
    """Move a conversation to a team in which this person may write, or (None) to its owner alone.

    Only its owner or, in a team, a lead may do so. People who lose it are told that it is gone.
    """
    with transaction.atomic():
        conversation = to_decide_on(user, conversation_id)
        team = None if team_id is None else team_to_write_in(user, team_id)
        if conversation.team_id == team_id:
            return
        before, old = set(conversation.audience_ids()), conversation.team_name
        revision = conversation.advance(1, team=team)
        log.note(user, Act.CHANGED, conversation, name="", before={"team": old}, after={"team": team})
        lost = before - set(conversation.audience_ids())
        transaction.on_commit(lambda: events.conversation_gone(conversation_id, revision, lost))
        transaction.on_commit(lambda: events.conversation_updated(conversation, revision))


def delete_conversation(user: User, conversation_id: UUID) -> None:
    """Delete a conversation and stop its replies; only its owner or, in a team, a lead may do so."""
    with transaction.atomic():
        conversation = to_decide_on(user, conversation_id)
        revision, people = conversation.advance(1), conversation.audience_ids()
        under_way = list(conversation.messages.under_way().values_list("pk", flat=True))
        if conversation.team:  # a private conversation is not for the audit log
            told = {"team": conversation.team_name, "owner": conversation.owner}
            log.note(user, Act.REMOVED, conversation, name="", before=told)
        conversation.delete()
        transaction.on_commit(lambda: branches.forget(conversation_id))
        transaction.on_commit(lambda: runner.stop_wherever(under_way))
        transaction.on_commit(lambda: events.conversation_gone(conversation_id, revision, people))


def mark_read(user: User, conversation_id: UUID, revision: int) -> None:
    """Note that this person has seen all changes up to `revision`."""
    conversation = visible(user, conversation_id)
    seen = min(revision, conversation.revision)
    mark, made = ReadMark.objects.get_or_create(user=user, conversation=conversation, defaults={"revision": seen})
    if not made and mark.revision < seen:
        ReadMark.objects.filter(pk=mark.pk).update(revision=seen)


def choose_branch(user: User, message_id: UUID) -> None:
    """Show this person the branch through this message from now on."""
    with transaction.atomic():
        BranchChoice.objects.choose(user, visible_message(user, message_id))


def tell_typing(user: User, conversation_id: UUID) -> None:
    """Announce that this person is typing; raises NotFound if they may not write there."""
    events.typing(writable(user, conversation_id).id, user)


def changed_conversations(user: User, known: dict[UUID, int]) -> list[str]:
    """Return the conversations whose revision differs from the client's, or that this person lost."""
    rows = Conversation.objects.visible_to(user).filter(pk__in=list(known)).values_list("pk", "revision")
    current = dict(rows)
    return [str(key) for key, revision in known.items() if current.get(key) != revision]
