"""Remarks on messages: made, replied to, assigned, resolved, opened again and deleted."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from conversations.actions.access import message_to_remark_on
from conversations.actions.idempotency import claim
from conversations.actions.notifications.withdrawing import withdraw
from conversations.errors import Held, NotFound, Refused
from conversations.live import events
from conversations.models import Conversation, Message, Notification, ReadMark, Remark, User
from conversations.models.marks.remark import MAX_QUOTE_LENGTH
from conversations.models.notifications.notification import key_of
from conversations.protocol import commands
from conversations.usage import quotas


def add_remark(user: User, command: commands.Command) -> dict[str, Any]:
    """Store a remark on words of a message, or on all of it, and return the ack."""
    body = command.body
    assert isinstance(body, commands.AddRemark)
    with transaction.atomic():
        message = message_to_remark_on(user, body.message)
        receipt = claim(user, command)
        if receipt.is_new:
            if message.is_under_way:
                raise Refused("conflict", "This reply is still being written; remark on it when it has ended.")
            start, end, quote = _place(message, body)
            assignee = _reader(message.conversation, body.assignee)
            made = Remark(message=message, start=start, end=end, quote=quote, text=body.text, assignee=assignee)
            receipt.keep(_add(user, made))
    return receipt.ack


def reply_to_remark(user: User, command: commands.Command) -> dict[str, Any]:
    """Store a reply to a remark; one to a reply stands below the same remark."""
    body = command.body
    assert isinstance(body, commands.ReplyToRemark)
    with transaction.atomic():
        remark = _to_change(user, body.remark)
        receipt = claim(user, command)
        if receipt.is_new:
            above = remark.above or remark
            receipt.keep(_add(user, Remark(message=remark.message, above=above, text=body.text)))
    return receipt.ack


def assign_remark(user: User, remark_id: UUID, person_id: UUID | None) -> None:
    """Assign a remark to a reader of the conversation, or (None) to nobody."""
    with transaction.atomic():
        remark = _first_to_change(user, remark_id)
        person = _reader(remark.message.conversation, person_id)
        if remark.assignee_id != person_id:
            if remark.assignee_id is not None:
                withdraw(remark.message, key_of(remark), of=remark.assignee_id)
            remark.assignee = person
            _store(remark)
            Notification.objects.note_assignment(remark, user)


def resolve_remark(user: User, remark_id: UUID, *, is_resolved: bool) -> None:
    """Note that a remark is dealt with, or open again; where two do so at once, the first is named."""
    with transaction.atomic():
        remark = _first_to_change(user, remark_id)
        if (remark.resolved_at is not None) != is_resolved:
            remark.resolved_by = user if is_resolved else None
            remark.resolved_at = timezone.now() if is_resolved else None
            _store(remark)


def delete_remark(user: User, remark_id: UUID) -> None:
    """Delete a remark with its replies: one's own, or as who decides on the conversation anybody's.

    Raises Held under a legal hold.
    """
    with transaction.atomic():
        remark = _to_change(user, remark_id)
        conversation = remark.message.conversation
        if remark.author_id != user.pk and not conversation.can_share(user):
            raise NotFound
        if not Conversation.objects.not_held().filter(pk=conversation.pk).exists():
            raise Held
        for one in (remark, *remark.replies.standing()):  # type: ignore[attr-defined]
            one.message = remark.message
            one.text, one.quote, one.is_deleted = "", "", True
            _store(one)
            withdraw(one.message, key_of(one))


def _to_change(user: User, remark_id: UUID) -> Remark:
    """Return a remark where this person may remark, and lock its conversation until the transaction ends."""
    place = Remark.objects.filter(pk=remark_id).values_list("message", flat=True).first()
    if place is None:
        raise NotFound
    message = message_to_remark_on(user, place)
    remark = Remark.objects.standing().told().select_related("above").filter(pk=remark_id).first()
    if remark is None:
        raise NotFound
    remark.message = message
    return remark


def _first_to_change(user: User, remark_id: UUID) -> Remark:
    remark = _to_change(user, remark_id)
    if remark.above_id is not None:
        raise Refused("conflict", "This is a reply to a remark; the remark itself is assigned and resolved.")
    return remark


def _place(message: Message, body: commands.AddRemark) -> tuple[int | None, int | None, str]:
    """Return where the words stand in the stored text, and their beginning.

    Words without a place have one if they stand in the text exactly once. Else the remark is on the whole message.
    """
    start, end = body.start, body.end
    if start is None or end is None:
        start = message.text.find(body.quote) if body.quote else -1
        end = start + len(body.quote)
        if start < 0 or message.text.find(body.quote, start + 1) >= 0:
            return None, None, body.quote
    if end > len(message.text):
        raise Refused("bad_field", "“end” is behind the message's text.", "end")
    if not message.text[start:end].startswith(body.quote):
        raise Refused("bad_field", "“quote” is not what stands there.", "quote")
    return start, end, message.text[start : min(end, start + MAX_QUOTE_LENGTH)]


def _reader(conversation: Conversation, person_id: UUID | None) -> User | None:
    if person_id is None:
        return None
    if person_id not in conversation.audience_ids():
        raise Refused("bad_field", "“assignee” does not read this conversation.", "assignee")
    return User.objects.get(pk=person_id)


def _add(user: User, remark: Remark) -> dict[str, Any]:
    conversation = remark.message.conversation
    quotas.check_remarks(user, conversation)
    remark.author, remark.conversation = user, conversation
    _store(remark, is_said_by=user)
    told = remark.above or remark
    Notification.objects.note_remark(remark, user, {told.author_id, told.assignee_id})
    return {"conversation": str(conversation.pk), "remark": str(remark.pk), "revision": remark.revision}


def _store(remark: Remark, is_said_by: User | None = None) -> None:
    """Store a change and announce it; nothing moves up, and only new words become unread, for others."""
    conversation = remark.message.conversation
    remark.revision = conversation.advance(1, moves_up=False)
    remark.save()
    ReadMark.objects.keep_up(conversation, is_said_by)
    transaction.on_commit(lambda: events.remark_changed(conversation, remark))
