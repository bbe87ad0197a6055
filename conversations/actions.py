"""The verbs that change more than one row or have an audience: check, write, announce on commit."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from conversations import commands, events, files, generation
from conversations.errors import NotFound, Refused
from conversations.ids import BOOT_ID, new_id
from conversations.live import hub
from conversations.models import Conversation, File, Message, ReadMark, Receipt, Team, User
from conversations.models.message import Role, Status
from conversations.text import title_of
from providers.models import LanguageModel

MAX_QUEUED = 10
"""Replies under way in one conversation."""
MAX_RUNNING = 8
"""Replies under way for one person."""

new_conversation_id = new_id


# --- Messages ------------------------------------------------------------------------------------------------------


def post_message(user: User, command: commands.Command, conversation_id: UUID) -> dict[str, Any]:
    """Store a question and the replies that it waits for; the ack's fields. Without `conversation`, begin that one."""
    body = command.body
    assert isinstance(body, commands.Send)
    if generation.is_closing():
        raise Refused("unavailable", "The server is restarting; try again in a moment.")
    begin = body.conversation is None
    if not begin:
        _writable(user, conversation_id)
    ack = _once(user, command, lambda: _post(user, body, conversation_id, begin))
    _visible(user, UUID(ack["conversation"]))  # what was begun then may be out of reach now
    return ack


def _post(user: User, body: commands.Send, conversation_id: UUID, begin: bool) -> dict[str, Any]:
    models = _models_for(body, conversation_id, begin)
    conversation = _begin(user, body, conversation_id) if begin else _writable(user, conversation_id)
    _refuse_a_crowd(user, conversation, len(models))
    attached = files.attachable(user, body.files)
    _refuse_what_no_model_takes(models, attached)
    first = conversation.advance(2 + len(models), **_changes(conversation, body, models))
    parent = _parent(conversation, body)
    question = Message.objects.create(
        conversation=conversation,
        parent=parent,
        role=Role.USER,
        author=user,
        text=body.text,
        parts=[*map(files.part_of, attached), *([{"kind": "text", "text": body.text}] if body.text else [])],
        status=Status.COMPLETE,
        revision=first,
    )
    question.files.set(attached)
    replies = [
        create_reply(question, model, user, revision, body.parameters)
        for revision, model in enumerate(models, first + 1)
    ]
    _announce(conversation, [question, *replies])
    for reply in replies:
        transaction.on_commit(partial(generation.start, reply))
    return {
        "conversation": str(conversation.id),
        "message": str(question.id),
        "replies": [str(reply.id) for reply in replies],
    }


def create_reply(
    question: Message, model: LanguageModel, asker: User, revision: int, parameters: dict[str, Any]
) -> Message:
    """A reply that waits to be written by this process; who creates it starts it on commit."""
    return Message.objects.create(
        conversation=question.conversation,
        parent=question,
        role=Role.ASSISTANT,
        author=asker,
        model=model,
        model_name=model.name,
        parameters=parameters,
        status=Status.WAITING,
        revision=revision,
        owner=BOOT_ID,
        heartbeat=timezone.now(),
    )


def stop_reply(user: User, message_id: UUID) -> None:
    """Ask for the end of a reply; its owner ends it, with everything it has relayed. Ended ones stay as they are."""
    replies = Message.objects.writable_by(user).filter(pk=message_id, role=Role.ASSISTANT)
    if not replies.exists():
        raise NotFound
    Message.objects.under_way().filter(pk=message_id).update(stop_requested=True)
    if live := hub.replies.get(message_id):
        generation.stop(live)


def mark_read(user: User, conversation_id: UUID, revision: int) -> None:
    """This person has seen everything up to `revision`."""
    conversation = _visible(user, conversation_id)
    seen = min(revision, conversation.revision)
    mark, made = ReadMark.objects.get_or_create(user=user, conversation=conversation, defaults={"revision": seen})
    if not made and mark.revision < seen:
        ReadMark.objects.filter(pk=mark.pk).update(revision=seen)


# --- Conversations -------------------------------------------------------------------------------------------------


def create_conversation(user: User, **fields: Any) -> Conversation:
    """An empty conversation; `team`, where given, must be one this person may write in."""
    with transaction.atomic():
        conversation = Conversation.objects.create(owner=user, revision=1, **fields)
        transaction.on_commit(lambda: events.conversation_updated(conversation, 1))
    return conversation


def change_conversation(user: User, conversation_id: UUID, **changed: Any) -> Conversation:
    with transaction.atomic():
        conversation = _writable(user, conversation_id)
        revision = conversation.advance(1, **changed)
        transaction.on_commit(lambda: events.conversation_updated(conversation, revision))
    return conversation


def delete_conversation(user: User, conversation_id: UUID) -> None:
    """Gone for everybody, replies under way included. A team's conversation goes by its owner or a lead."""
    with transaction.atomic():
        conversation = Conversation.objects.deletable_by(user).filter(pk=conversation_id).first()
        if conversation is None:
            raise NotFound
        revision, people = conversation.advance(1), conversation.audience_ids()
        under_way = list(conversation.messages.under_way().values_list("pk", flat=True))
        conversation.delete()
        transaction.on_commit(lambda: _hang_up(under_way))
        transaction.on_commit(lambda: events.conversation_gone(conversation_id, revision, people))


def moved(user: User, known: dict[UUID, int]) -> list[str]:
    """Which of these conversations are at another revision than the client knows, or gone for this person."""
    rows = Conversation.objects.visible_to(user).filter(pk__in=list(known)).values_list("pk", "revision")
    current = dict(rows)
    return [str(key) for key, revision in known.items() if current.get(key) != revision]


# --- Once, however often asked -------------------------------------------------------------------------------------


def _once(user: User, command: commands.Command, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The first ack again for the same command; whoever comes second at the same time waits for the first."""
    try:
        with transaction.atomic():
            if (earlier := _receipt(user, command)) is not None:
                return earlier
            receipt = Receipt.objects.create(person=user, command_id=command.id, body_hash=command.digest)
            receipt.ack = act()
            receipt.save(update_fields=["ack"])
            return receipt.ack
    except IntegrityError:
        if (earlier := _receipt(user, command)) is None:
            raise
        return earlier


def _receipt(user: User, command: commands.Command) -> dict[str, Any] | None:
    receipt = Receipt.objects.filter(person=user, command_id=command.id).first()
    if receipt is None:
        return None
    if receipt.body_hash != command.digest:
        raise Refused("conflict", "This id was used for another command.")
    return receipt.ack


# --- Parts of the above --------------------------------------------------------------------------------------------


def _visible(user: User, conversation_id: UUID) -> Conversation:
    return _get(Conversation.objects.visible_to(user), conversation_id)


def _writable(user: User, conversation_id: UUID) -> Conversation:
    return _get(Conversation.objects.writable_by(user), conversation_id)


def _get(conversations: Any, conversation_id: UUID) -> Conversation:
    found: Conversation | None = conversations.select_related("team", "owner").filter(pk=conversation_id).first()
    if found is None:
        raise NotFound
    return found


def _begin(user: User, body: commands.Send, conversation_id: UUID) -> Conversation:
    team = None
    if body.team is not None:
        team = Team.objects.writable_by(user).filter(pk=body.team).first()
        if team is None:
            raise NotFound
    return Conversation.objects.create(id=conversation_id, owner=user, team=team)


def _models_for(body: commands.Send, conversation_id: UUID, begin: bool) -> list[LanguageModel]:
    """The models asked for, else the conversation's, else the first there is."""
    usable = LanguageModel.objects.usable()
    if body.models:
        found = {model.id: model for model in usable.filter(pk__in=body.models)}
        chosen = [found[key] for key in body.models if key in found]
        if len(chosen) < len(body.models):
            raise Refused("no_model", "One of these models is not there, or not for you.")
        return chosen
    own = None if begin else usable.filter(pk__in=Conversation.objects.filter(pk=conversation_id).values("model"))
    model = (own.first() if own is not None else None) or usable.first()
    if model is None:
        raise Refused("no_model", "There is no model yet: an administrator adds one.")
    return [model]


def _changes(conversation: Conversation, body: commands.Send, models: list[LanguageModel]) -> dict[str, Any]:
    titled = {} if conversation.title or not body.text else {"title": title_of(body.text)}
    return {**titled, "model": models[0]}


def _refuse_what_no_model_takes(models: list[LanguageModel], attached: list[File]) -> None:
    for model in models:
        capabilities = model.capabilities()
        for file in attached:
            if ("images" if file.is_image else "documents") not in capabilities:
                raise Refused("bad_field", f"{model.name} does not take files like “{file.name}”.")


def _refuse_a_crowd(user: User, conversation: Conversation, more: int) -> None:
    under_way = Message.objects.under_way()
    if under_way.filter(conversation=conversation).count() + more > MAX_QUEUED:
        raise Refused("busy", f"This conversation has {MAX_QUEUED} replies under way; wait for one to end.")
    if under_way.filter(author=user).count() + more > MAX_RUNNING:
        raise Refused("busy", f"You have {MAX_RUNNING} replies under way; wait for one to end.")


def _parent(conversation: Conversation, body: commands.Send) -> Message | None:
    if not body.says_parent:
        return conversation.messages.order_by("-id").first()
    if body.parent is None:
        return None
    parent = conversation.messages.filter(pk=body.parent).first()
    if parent is None:
        raise NotFound
    return parent


def _announce(conversation: Conversation, created: list[Message]) -> None:
    """The last revision of the send is the conversation's own: it moved up, and may have got its title."""
    for message in created:
        transaction.on_commit(lambda message=message: events.message_created(message))  # type: ignore[misc]
    last = created[-1].revision + 1
    transaction.on_commit(lambda: events.conversation_updated(conversation, last, streaming=True))


def _hang_up(replies: list[UUID]) -> None:
    for live in [hub.replies[key] for key in replies if key in hub.replies]:
        generation.stop(live)
