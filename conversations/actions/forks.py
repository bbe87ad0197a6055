"""Copies of a branch as a private conversation."""

from typing import Any
from uuid import UUID

from django.db import transaction

from conversations.actions.access import visible_message
from conversations.actions.assistants import choosing as assistants
from conversations.actions.idempotency import claim
from conversations.errors import Refused
from conversations.ids import new_id
from conversations.live import events
from conversations.models import Conversation, Message, Summary, SummaryVersion, User
from conversations.protocol import commands
from conversations.search import indexing
from conversations.usage import quotas


def fork_conversation(user: User, command: commands.Command) -> dict[str, Any]:
    """Create a private conversation with copies of a branch down to a message, and return the ack.

    It is private because the copy of a team's words needs no audience besides the person who made it.
    """
    body = command.body
    assert isinstance(body, commands.Fork)
    with transaction.atomic():
        last = visible_message(user, body.message)
        receipt = claim(user, command)
        if receipt.is_new:
            receipt.keep(_fork(user, last))
    return receipt.ack


def _fork(user: User, last: Message) -> dict[str, Any]:
    original = last.conversation
    quotas.check_copy(user, last.pk)
    branch = Message.objects.branch(last.pk)
    if any(message.is_under_way for message in branch):
        raise Refused("conflict", "A reply is still being written here; fork when it has ended.")
    originals = [message.pk for message in branch]
    told = [message.summary for message in branch]
    fork = begin_with(
        branch,
        user,
        title=original.title,
        model_id=original.model_id,
        system_prompt=original.system_prompt,
        parameters=original.parameters,
        assistant=assistants.current(user, original),
        began_with=original.began_with,
    )
    summaries = _copy_summaries(dict(zip(originals, (message.pk for message in branch), strict=True)), fork)
    for message, one in zip(branch, told, strict=True):
        message.summary = {**one, "id": summaries[one["id"]]} if one and one["id"] in summaries else None
    Message.objects.bulk_update([message for message in branch if message.summary], ["summary"], batch_size=500)
    return {"conversation": str(fork.id)}


def begin_with(branch: list[Message], user: User, **fields: Any) -> Conversation:
    """Create a private conversation of this person with copies of these messages."""
    quotas.check_conversations(user)
    begun = Conversation.objects.create(owner=user, revision=len(branch) + 1, **fields)
    _copy(branch, begun)
    indexing.set_title(begun)
    transaction.on_commit(lambda: events.conversation_updated(begun, begun.revision))
    return begun


def _copy(branch: list[Message], fork: Conversation) -> None:
    """Copy the messages under new ids, each below the one before; files are shared, not copied."""
    held = Message.files.through.objects
    files = list(held.filter(message__in=[message.pk for message in branch]).values_list("message_id", "file_id"))
    copies: dict[UUID, UUID] = {}
    above: UUID | None = None
    for revision, message in enumerate(branch, 1):
        copies[message.pk] = new_id()
        message.pk = copies[message.pk]
        message.conversation, message.parent_id, message.revision, message.continues_id = fork, above, revision, None
        message.summary = None  # it is another conversation's
        above = message.pk
    Message.objects.bulk_create(branch, batch_size=500)
    indexing.add_messages(branch)
    held.bulk_create([held.model(message_id=copies[message], file_id=file) for message, file in files])


def _copy_summaries(copies: dict[UUID, UUID], fork: Conversation) -> dict[str, str]:
    """Copy the summaries below these messages, with their versions, to the copies of the messages.

    Returns the ids of the copies by those of the originals.
    """
    made: dict[str, str] = {}
    for summary in Summary.objects.told().filter(message__in=copies):
        versions, original = list(summary.versions.all()), summary.pk
        summary.pk, summary.conversation, summary.revision = new_id(), fork, fork.revision
        summary.message_id = copies[summary.message_id]
        summary.save(force_insert=True)
        for version in versions:
            version.pk, version.summary = None, summary
        SummaryVersion.objects.bulk_create(versions)
        made[str(original)] = str(summary.pk)
    return made
