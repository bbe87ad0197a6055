"""The assistant that a question is for, if the person who asks may use it."""

from typing import Any
from uuid import UUID

from conversations.errors import NotFound
from conversations.models import Assistant, AssistantVersion, Conversation, Message, User
from conversations.protocol import commands


def picked(user: User, conversation: Conversation, key: UUID | None, *, is_said: bool) -> Assistant | None:
    """Return the assistant that a message names, else the conversation's; raises NotFound for one not offered."""
    if not is_said:
        return current(user, conversation)
    if key is None:
        return None
    found = Assistant.objects.offered_to(user, str(conversation.assistant_id or "")).filter(pk=key).first()
    if found is None:
        raise NotFound
    return found


def current(user: User, conversation: Conversation) -> Assistant | None:
    """Return the conversation's assistant; None for a person who may not use it: they ask without it."""
    return _visible(user, conversation.assistant_id) if conversation.assistant_id else None


def asked_before(user: User, reply: Message) -> Assistant | None:
    """Return the assistant of an earlier reply, as it is now, for another version of that reply."""
    return _visible(user, reply.assistant_asked) if reply.assistant_asked else None


def changes(conversation: Conversation, assistant: Assistant | None, body: commands.Send) -> dict[str, Any]:
    """Return the conversation's fields that a message changes: the assistant that it names, and who it began with."""
    if not body.says_assistant:
        return {}
    is_first = assistant and not conversation.messages.exists()
    return {"assistant": assistant, **({"began_with": assistant.note()} if assistant and is_first else {})}


def note_given(assistant: Assistant) -> None:
    """Keep the present version of the instructions: a reply is given it."""
    given = AssistantVersion.objects.filter(assistant=assistant, number=assistant.version, was_given=False)
    given.update(was_given=True)


def _visible(user: User, key: UUID) -> Assistant | None:
    return Assistant.objects.visible_to(user).filter(pk=key).first()
