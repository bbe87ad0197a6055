"""The bin: delete conversations, restore them, and end them with all that they hold."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from conversations.actions.access import to_decide_on, to_end, to_restore
from conversations.errors import Held
from conversations.generation import runner
from conversations.generation.branch_cache import branches
from conversations.live import events
from conversations.models import Conversation, ReadMark, User
from conversations.models.conversation import TIME_IN_BIN
from providers.audit import log
from providers.audit.log import Act

BATCH = 50
"""Conversations that one round of the sweeper ends."""


def delete_conversation(user: User, conversation_id: UUID) -> None:
    """Put a conversation into the bin, stop its replies and revoke its links.

    Only its owner or, in a team, a lead may do so.
    """
    with transaction.atomic():
        conversation = to_decide_on(user, conversation_id)
        people, now = conversation.audience_ids(), timezone.now()
        revision = conversation.advance(1, moves_up=False, deleted_at=now, deleted_by=user)
        ReadMark.objects.keep_up(conversation)
        conversation.shares.all().revoke()
        _note(user, conversation, Act.REMOVED, after={"in the bin until": now + TIME_IN_BIN})
        _stop_replies(conversation)
        transaction.on_commit(lambda: events.conversation_gone(conversation_id, revision, people))


def restore_conversation(user: User, conversation_id: UUID) -> None:
    """Take a conversation back out of the bin, to its old place and readers; links stay revoked.

    Where its team deletes silent conversations, it counts as changed now.
    """
    with transaction.atomic():
        conversation = to_restore(user, conversation_id)
        moves_up = conversation.team is not None and conversation.team.keeps_days is not None
        revision = conversation.advance(1, moves_up=moves_up, deleted_at=None, deleted_by=None)
        ReadMark.objects.keep_up(conversation)
        _note(user, conversation, Act.ADDED, after=_loggable(conversation))
        transaction.on_commit(lambda: events.conversation_updated(conversation, revision))


def end_conversation(user: User, conversation_id: UUID, *, from_bin: bool = False) -> None:
    """Delete a conversation with all that it holds; raises Held under a legal hold.

    It may be in the bin or not; `from_bin` raises NotFound for one that was restored meanwhile.
    """
    with transaction.atomic():
        conversation = (to_restore if from_bin else to_end)(user, conversation_id)
        if not Conversation.objects.not_held().filter(pk=conversation_id).exists():
            raise Held
        _end(user, conversation)


def empty_bin(user: User, until: datetime) -> int:
    """End all conversations that this person may restore and no legal hold keeps; returns their number.

    Those deleted after `until` stay: the person has not seen them in the bin.
    """
    return _end_all(user, Conversation.objects.restorable_by(user).filter(deleted_at__lte=until).not_held())


def end_overdue(most: int | None = None) -> int:
    """End the conversations whose time is over, in the bin or their team; files go with the unsent ones.

    Returns how many have ended, of `most`.
    """
    return _end_all(None, Conversation.objects.overdue(), most)


class Purge:
    """The sweeper's part of it: a few each round, so that its other chores do not wait."""

    def __init__(self) -> None:
        self.is_done = True

    def begin(self) -> None:
        """Look again for conversations whose time is over."""
        self.is_done = False

    def go_on(self) -> None:
        """End the next ones; after a failure the rest waits for the next beginning."""
        if not self.is_done:
            self.is_done = True
            self.is_done = end_overdue(BATCH) < BATCH


purge = Purge()


def _end_all(user: User | None, rows: Any, most: int | None = None) -> int:
    """End each of these conversations in a transaction of its own, unless it was restored meanwhile."""
    ended = 0
    for key in list(rows.values_list("pk", flat=True)[:most]):
        with transaction.atomic():
            found = rows.select_for_update(of=("self",), no_key=True).filter(pk=key).first()
            if found is not None:
                _end(user, found)
                ended += 1
    return ended


def _end(user: User | None, conversation: Conversation) -> None:
    """Delete the row and all that refers to it; the lock keeps others from adding a reference meanwhile."""
    Conversation.objects.select_for_update().only("pk").get(pk=conversation.pk)
    key, people, revision = conversation.pk, conversation.audience_ids(), conversation.advance(1, moves_up=False)
    _note(user, conversation, Act.REMOVED)
    _stop_replies(conversation)
    conversation.delete()
    transaction.on_commit(lambda: events.conversation_gone(key, revision, people))


def _stop_replies(conversation: Conversation) -> None:
    key, under_way = conversation.pk, list(conversation.messages.under_way().values_list("pk", flat=True))
    transaction.on_commit(lambda: branches.forget(key))
    transaction.on_commit(lambda: runner.stop_wherever(under_way))


def _note(user: User | None, conversation: Conversation, act: Act, after: dict[str, Any] | None = None) -> None:
    """Note it in the audit log, unless the conversation is private."""
    if conversation.team:
        before = _loggable(conversation) if act == Act.REMOVED else None
        log.note(user, act, conversation, name="", before=before, after=after)


def _loggable(conversation: Conversation) -> dict[str, Any]:
    return {"team": conversation.team_name, "owner": conversation.owner}
