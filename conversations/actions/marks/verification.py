"""Verified answers: a person vouches for a reply, or no longer does."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from conversations.actions.access import writable_reply
from conversations.actions.notifications.withdrawing import withdraw
from conversations.errors import NotFound, Refused
from conversations.live import events
from conversations.models import Conversation, Message, ReadMark, Team, User, Verification
from conversations.models.message import Status
from conversations.models.notifications.notification import due_key_of
from conversations.protocol import commands
from conversations.search import indexing
from providers.blank_text import is_blank

FIT = (Status.COMPLETE, Status.STOPPED)
"""The ends of replies that can be verified: whoever stopped one had read enough."""


def verify_reply(user: User, command: commands.Verify) -> None:
    """Mark a reply as verified, or set another note or day.

    Whoever writes in the conversation may; another person's mark is changed by its private owner, or by leads.
    """
    with transaction.atomic():
        reply = writable_reply(user, command.message)
        if command.until and command.until < timezone.localdate():
            raise Refused("bad_field", "“until” must be a day that is still to come.", "until")
        if reply.status not in FIT or is_blank(reply.text):
            raise Refused("conflict", "Only a reply that was written to its end can be verified.")
        mark = _mark_of(reply) or Verification(message=reply, conversation=reply.conversation, is_withdrawn=True)
        if not mark.is_withdrawn and not _may_change(user, reply.conversation, mark):
            raise Refused("conflict", "Somebody else has verified this reply.")
        if (mark.is_withdrawn, mark.by_id, mark.note, mark.until) != (False, user.pk, command.note, command.until):
            mark.by, mark.note, mark.until = user, command.note, command.until
            _store(reply, mark, is_withdrawn=False)


def unverify_reply(user: User, message_id: UUID) -> None:
    """Withdraw a mark: one's own, or as a lead or private owner anybody's; raises NotFound where there is none."""
    with transaction.atomic():
        reply = writable_reply(user, message_id)
        mark = _mark_of(reply)
        if mark is None or mark.is_withdrawn or not _may_change(user, reply.conversation, mark):
            raise NotFound
        _store(reply, mark, is_withdrawn=True)


def _mark_of(reply: Message) -> Verification | None:
    return Verification.objects.select_related("by").filter(message=reply).first()


def _may_change(user: User, conversation: Conversation, mark: Verification) -> bool:
    if mark.by_id == user.pk:
        return True
    if conversation.team_id is None:
        return conversation.owner_id == user.pk
    return Team.objects.led_by(user).filter(pk=conversation.team_id).exists()


def _store(reply: Message, mark: Verification, *, is_withdrawn: bool) -> None:
    """Store a change, which is nobody's words: nothing moves up and nothing becomes unread."""
    conversation = reply.conversation
    mark.revision = conversation.advance(1, moves_up=False)
    mark.is_withdrawn, mark.verified_at = is_withdrawn, timezone.now()
    mark.save()
    withdraw(reply, due_key_of(mark), but_of=mark.by_id if mark.is_due and not is_withdrawn else None)
    ReadMark.objects.keep_up(conversation)
    for message in filter(None, (reply, reply.parent)):
        message.conversation = conversation
        indexing.renew_message(message)
    transaction.on_commit(lambda: events.reply_marked(conversation, mark))
