"""Messages of people: a new one, and an edited version beside an old one; models answer it, or nobody does."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from conversations.actions import model_choice
from conversations.actions.access import project_to_write_in, team_to_write_in, to_write_in, writable_question
from conversations.actions.assistants import choosing as assistants
from conversations.actions.audience.shared_place import go_on_after_send, go_on_from
from conversations.actions.idempotency import claim
from conversations.actions.prompts.sources import source_of
from conversations.actions.replies import announce, reply_to, start_on_commit, stop_replies_to, store
from conversations.content import threads
from conversations.errors import NotFound, Refused
from conversations.files import storage
from conversations.generation.side_calls import titles
from conversations.ids import new_id
from conversations.live import events
from conversations.models import Assistant, Conversation, File, Mention, Message, Notification, User
from conversations.models.assistants.assistant import own_parameters
from conversations.models.message import Role, Status
from conversations.protocol import commands
from conversations.protocol.mentions import SIGNS, after_names, mentioned
from conversations.search import indexing
from conversations.text import title_of
from conversations.usage import quotas
from providers.blank_text import is_blank
from providers.models import LanguageModel
from providers.prepared_queries import Prepared

new_conversation_id = new_id


def post_message(user: User, command: commands.Command, conversation_id: UUID) -> dict[str, Any]:
    """Store a message and its waiting replies and return the ack; without `conversation`, create that one."""
    body = command.body
    assert isinstance(body, commands.Send)
    with transaction.atomic():
        conversation = to_write_in(user, conversation_id) if body.conversation else None
        place = {} if body.conversation else _place(user, body)
        receipt = claim(user, command)
        if receipt.is_new and conversation:
            receipt.keep(_go_on(user, body, conversation))
        elif receipt.is_new:
            receipt.keep(_begin(user, body, conversation_id, place))
    return receipt.ack


def edit_message(user: User, command: commands.Command) -> dict[str, Any]:
    """Store a message in other words, beside the old one, with the same files and, unless others are named, models.

    Stops the person's own replies to the old one: nobody would see them any more.
    """
    body = command.body
    assert isinstance(body, commands.Edit)
    with transaction.atomic():
        original = writable_question(user, body.message)
        receipt = claim(user, command)
        if receipt.is_new:
            receipt.keep(_edit(user, body, original))
    return receipt.ack


@dataclass(frozen=True, slots=True)
class _Question:
    """A question before it is stored: text, models, files, parameters. Without models it is for people alone."""

    text: str
    models: list[LanguageModel]
    attached: list[File]
    parameters: dict[str, Any] = field(default_factory=dict)
    prompt: dict[str, Any] | None = None
    """The kept prompt from which it came."""
    assistant: Assistant | None = None


def _place(user: User, body: commands.Send) -> dict[str, Any]:
    """Return the fields of a new conversation, from the project or team that the question names."""
    if body.project is not None:
        project = project_to_write_in(user, body.project)
        return {"team": project.team, "project": project, **project.defaults()}
    team = None if body.team is None else team_to_write_in(user, body.team)
    return {"team": team, **team.defaults()} if team else {}


def _begin(user: User, body: commands.Send, conversation_id: UUID, place: dict[str, Any]) -> dict[str, Any]:
    quotas.check_conversations(user)
    conversation = Conversation.objects.create(id=conversation_id, owner=user, **place)
    return _post(user, body, conversation)[1]


def _go_on(user: User, body: commands.Send, conversation: Conversation) -> dict[str, Any]:
    question, ack = _post(user, body, conversation)
    go_on_after_send(user, question, conversation)
    return ack


def _post(user: User, body: commands.Send, conversation: Conversation) -> tuple[Message, dict[str, Any]]:
    assistant = assistants.picked(user, conversation, body.assistant, is_said=body.says_assistant)
    models = [] if body.nobody else model_choice.models(user, conversation, body.models, assistant=assistant)
    prompt = source_of(user, *body.prompt) if body.prompt else None
    asked = _Question(body.text, models, storage.attachable(user, body.files), body.parameters, prompt, assistant)
    _refuse(user, conversation, asked)
    changes = {**_changes(conversation, asked), **assistants.changes(conversation, assistant, body)}
    first = conversation.advance(2 + len(models), **changes)
    if "title" in changes:
        indexing.set_title(conversation)
    question, ack = _store(user, conversation, asked, _parent(user, conversation, body), first)
    if "title" in changes and models:
        titles.ask_on_commit(question, user, asked.text)
    return question, ack


def _edit(user: User, body: commands.Edit, original: Message) -> dict[str, Any]:
    attached = list(original.files.all())
    if is_blank(body.text) and not attached:
        raise Refused("bad_text", "An empty message cannot be sent.")
    replies = list(original.children.filter(role=Role.ASSISTANT).order_by("id"))
    conversation = original.conversation
    assistant = assistants.asked_before(user, replies[0]) if replies else assistants.current(user, conversation)
    models = _models_for_edit(user, body, original, replies, assistant)
    parameters = own_parameters(replies[0].parameters, replies[0].assistant) if replies else {}
    asked = _Question(body.text, models, attached, parameters, original.prompt, assistant)
    _refuse(user, conversation, asked)
    first = conversation.advance(2 + len(models))
    question, ack = _store(user, conversation, asked, original.parent, first, original)
    stop_replies_to(original, user)
    go_on_from(user, question, conversation)
    return ack


def _models_for_edit(
    user: User, body: commands.Edit, original: Message, replies: list[Message], assistant: Assistant | None
) -> list[LanguageModel]:
    """Return the named models, else those that answered; none for what was and stays for people alone."""
    if body.nobody or (original.for_people and not body.models and not replies):
        return []
    before = (reply.model_id for reply in replies)
    return model_choice.models(user, original.conversation, body.models, before, assistant)


def _refuse(user: User, conversation: Conversation, asked: _Question) -> None:
    if not asked.models:
        quotas.check_said(user, conversation)
    model_choice.check_running_replies(user, conversation, len(asked.models))
    model_choice.refuse_what_no_model_takes(asked.models, asked.attached)


def _store(
    user: User,
    conversation: Conversation,
    asked: _Question,
    parent: Message | None,
    revision: int,
    original: Message | None = None,
) -> tuple[Message, dict[str, Any]]:
    """Store the question and its replies, announced and started on commit; returns the ack's fields.

    `original` is the message that it says in other words.
    """
    words = [{"kind": "text", "text": asked.text}] if asked.text else []
    question = Message(
        conversation=conversation,
        parent=parent,
        role=Role.USER,
        author=user,
        text=asked.text,
        parts=[*map(storage.part_of, asked.attached), *words],
        status=Status.COMPLETE,
        for_people=None if asked.models else True,
        prompt=asked.prompt,
        revision=revision,
    )
    replies = [
        reply_to(question, model, user, later, asked.parameters, question.created_at, assistant=asked.assistant)
        for later, model in enumerate(asked.models, revision + 1)
    ]
    store([question, *replies])
    if asked.assistant and replies:
        assistants.note_given(asked.assistant)
    if asked.attached:
        storage.attach(question, asked.attached)
    _mention(question, original)
    announce(conversation, [question, *replies])
    start_on_commit(replies)
    return question, {
        "conversation": str(conversation.id),
        "message": str(question.id),
        "parent": parent and str(parent.id),
        "replies": [str(reply.id) for reply in replies],
    }


def _mention(question: Message, original: Message | None) -> None:
    """Note the readers whom a message mentions, but not again those whom it mentioned in other words."""
    conversation = question.conversation
    if conversation.is_private or not any(sign in question.text for sign in SIGNS):
        return
    people = {person.pk: person for person in conversation.people(also_inactive=True)}
    names = {name: person.pk for person in people.values() for name in (person.username, person.name)}
    told = Mention.objects.of_versions(original, question.author_id) if original else ()
    known = {question.author_id, *told}
    readers = set(conversation.audience_ids())
    called = [key for key in mentioned(question.text, names) if key in readers - known and people[key].is_active]
    if called:
        quotas.check_mentions(question, len(called))
        Mention.objects.note(question, called)
        Notification.objects.note_mentions(question, called)
        transaction.on_commit(lambda: events.mention_created(question, called))


def _changes(conversation: Conversation, asked: _Question) -> dict[str, Any]:
    words = after_names(asked.text, {model.name.lower() for model in asked.models})
    titled = {} if conversation.title or not asked.text else {"title": title_of(words)}
    return {**titled, **({"model": asked.models[0]} if asked.models else {})}


def _parent(user: User, conversation: Conversation, body: commands.Send) -> Message | None:
    named = body.parent if body.says_parent else threads.end_for(user, conversation)
    if named is None:
        return None
    parent = _MESSAGE_OF.one(conversation.pk, named)
    if parent is None:
        raise NotFound
    if body.at_end and _HAS_CHILDREN(parent.pk):
        return threads.after_what_people_said(user, conversation, parent, past_replies=body.nobody)
    return parent


_HAS_CHILDREN = Prepared(lambda parent: Message.objects.filter(parent=parent).only("pk")[:1])
_MESSAGE_OF = Prepared(lambda conversation, key: Message.objects.filter(conversation=conversation, pk=key))
