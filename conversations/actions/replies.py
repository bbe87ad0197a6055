"""Replies: begin one, stop it, make another version, continue one that broke off."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from conversations.actions import model_choice
from conversations.actions.access import writable_reply, writable_turn
from conversations.actions.assistants import choosing as assistants
from conversations.actions.audience.shared_place import go_on_from
from conversations.actions.idempotency import claim
from conversations.errors import Refused
from conversations.generation import runner
from conversations.ids import BOOT_ID
from conversations.live import events
from conversations.models import Assistant, Conversation, Message, User
from conversations.models.assistants.assistant import own_parameters
from conversations.models.message import Role, Status
from conversations.protocol import commands
from conversations.search import indexing
from conversations.usage import budgets
from providers.errors import ContextTooLong
from providers.models import LanguageModel
from providers.prepared_queries import insert


def reply_to(
    question: Message,
    model: LanguageModel,
    asker: User,
    revision: int,
    parameters: dict[str, Any],
    asked_at: datetime,
    continues: Message | None = None,
    assistant: Assistant | None = None,
) -> Message:
    """Return an unsaved reply that waits for this process to write it.

    Replies of one question with the same creation time are compared with each other. The reply keeps what its
    assistant is now: changes come to later ones.
    """
    return Message(
        conversation=question.conversation,
        parent=question,
        role=Role.ASSISTANT,
        author=asker,
        model=model,
        model_name=model.name,
        parameters={**assistant.parameters, **parameters} if assistant else parameters,
        assistant=assistant and assistant.given(),
        continues=continues,
        created_at=asked_at,
        status=Status.WAITING,
        revision=revision,
        owner=BOOT_ID,
        heartbeat=timezone.now(),
    )


def store(created: Sequence[Message]) -> None:
    """Insert the messages in one statement, index the questions, reserve the replies' cost; refuses over budget."""
    insert(created)
    indexing.add_messages(message for message in created if not message.is_reply)
    for message in created:
        if message.is_reply:
            budgets.reserve(message)


def retry_reply(user: User, command: commands.Command) -> dict[str, Any]:
    """Make another version of a reply, beside it, by the same model or the requested ones.

    A message for people gets a reply below it, by the conversation's model or the requested ones.
    """
    body = command.body
    assert isinstance(body, commands.Retry)
    with transaction.atomic():
        message = writable_turn(user, body.message)
        receipt = claim(user, command)
        if receipt.is_new:
            receipt.keep(_retry(user, body, message) if message.is_reply else _answer(user, body, message))
    return receipt.ack


def continue_reply(user: User, command: commands.Command) -> dict[str, Any]:
    """Make a version that begins with the text of a reply that ended too early, and continues it."""
    body = command.body
    assert isinstance(body, commands.Continue)
    with transaction.atomic():
        reply = writable_reply(user, body.message)
        receipt = claim(user, command)
        if receipt.is_new:
            receipt.keep(_continue(user, reply))
    return receipt.ack


def stop_reply(user: User, command: commands.Stop) -> None:
    """Request the end of a reply; its process ends it with the text so far. Ended replies stay as they are."""
    with transaction.atomic():
        writable_reply(user, command.message)
        Message.objects.under_way().filter(pk=command.message).update(stop_requested=True)
    runner.stop_wherever({command.message})


def stop_replies_to(question: Message, asker: User) -> None:
    """Request the end of the replies to this question that this person asked for, on commit."""
    running = Message.objects.under_way().filter(parent=question, author=asker)
    stopped = set(running.values_list("pk", flat=True))
    if stopped:
        running.update(stop_requested=True)
        transaction.on_commit(lambda: runner.stop_wherever(stopped))


def announce(conversation: Conversation, created: Sequence[Message]) -> None:
    """Announce the messages on commit; the last revision is the conversation's own, as title or order may change."""
    last = created[-1].revision + 1
    streaming = created[-1].is_reply or Message.objects.under_way().filter(conversation=conversation).exists()
    transaction.on_commit(lambda: events.messages_created(conversation, created, last, streaming=streaming))


def start_on_commit(replies: Sequence[Message]) -> None:
    for reply in replies:
        transaction.on_commit(partial(runner.start, reply))


def _retry(user: User, body: commands.Retry, reply: Message) -> dict[str, Any]:
    if body.folds and reply.error_code != ContextTooLong.code:
        raise Refused("conflict", "No vendor found the conversation too long here.", "fold")
    assistant = assistants.asked_before(user, reply)
    models = model_choice.models(user, reply.conversation, body.models or (), [reply.model_id], assistant)
    return _add_versions(user, reply, models, assistant, folds=body.folds)


def _answer(user: User, body: commands.Retry, question: Message) -> dict[str, Any]:
    assistant = assistants.current(user, question.conversation)
    models = model_choice.models(user, question.conversation, body.models or (), assistant=assistant)
    model_choice.refuse_what_no_model_takes(models, list(question.files.all()))
    return _add_replies(user, question.conversation, question, models, assistant)


def _continue(user: User, reply: Message) -> dict[str, Any]:
    if not reply.can_continue:
        raise Refused("conflict", "This reply did not break off: there is nothing to continue.")
    assistant = assistants.asked_before(user, reply)
    models = model_choice.models(user, reply.conversation, (), [reply.model_id], assistant)
    return _add_versions(user, reply, models, assistant, continues=reply)


def _add_versions(
    user: User,
    reply: Message,
    models: list[LanguageModel],
    assistant: Assistant | None,
    continues: Message | None = None,
    *,
    folds: bool = False,
) -> dict[str, Any]:
    if reply.parent is None:  # as where an import begins with a reply
        raise Refused("conflict", "This reply has no question that could be answered again.")
    conversation, question = reply.conversation, reply.parent
    own = own_parameters(reply.parameters, reply.assistant)
    return _add_replies(user, conversation, question, models, assistant, own, continues, folds=folds)


def _add_replies(
    user: User,
    conversation: Conversation,
    question: Message,
    models: list[LanguageModel],
    assistant: Assistant | None,
    parameters: dict[str, Any] | None = None,
    continues: Message | None = None,
    *,
    folds: bool = False,
) -> dict[str, Any]:
    model_choice.check_running_replies(user, conversation, len(models))
    first = conversation.advance(1 + len(models))  # the lock: from here on no other request adds a version
    _refuse_a_second(question, models)
    question.conversation = conversation
    now = timezone.now()
    versions = [
        reply_to(question, model, user, revision, parameters or {}, now, continues, assistant)
        for revision, model in enumerate(models, first)
    ]
    for version in versions:
        version.folds = folds
    store(versions)
    if assistant:
        assistants.note_given(assistant)
    go_on_from(user, versions[0], conversation)
    announce(conversation, versions)
    start_on_commit(versions)
    return {"conversation": str(conversation.id), "replies": [str(version.id) for version in versions]}


def _refuse_a_second(question: Message, models: list[LanguageModel]) -> None:
    """Refuse a second version by the same model while the first is under way, as by a double click."""
    if Message.objects.under_way().filter(parent=question, model__in=models).exists():
        raise Refused("busy", "This model is answering this question already.")
