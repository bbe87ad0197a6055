"""Conversations with a share link, and the page that a visitor sees."""

from typing import Any

from asgiref.sync import async_to_sync
from django.test import Client

from conversations import actions, markdown
from conversations.files import storage
from conversations.models import Conversation, Message, Share, User
from tests.conversations.calling import say
from tests.conversations.test_teams import enter

PHRASE = "eight pink bicycles"


def talk(owner: User, **fields: Any) -> Conversation:
    """Create a conversation with a question and its answer."""
    conversation = Conversation.objects.create(owner=owner, title="A plan", **fields)
    question = say(conversation, "How **far** is it?", author=owner)
    answer(conversation, question, "Not *far*.")
    return conversation


def answer(conversation: Conversation, question: Message, text: str, **fields: Any) -> Message:
    """Create a reply as it is stored when it has ended."""
    parts = [{"kind": "text", "text": text}]
    ended = {"html": markdown.render(text), "html_version": markdown.RENDERER_VERSION, "parts": parts}
    return say(conversation, text, **{"role": "assistant", "parent": question, "model_name": "parrot"} | ended | fields)


def last(conversation: Conversation) -> Message:
    return conversation.messages.order_by("-id")[0]


def share(person: User, conversation: Conversation, *, days: int = 7, pass_phrase: str = "") -> tuple[Share, str]:
    """Share the conversation, and return the share and its path."""
    message = last(conversation).pk
    made, secret = actions.share_conversation(person, conversation.pk, message, days=days, pass_phrase=pass_phrase)
    return made, f"/s/{secret}/"


def shown(path: str, client: Client | None = None) -> str:
    response = (client or enter(None)).get(path)
    assert response.status_code == 200
    return content_of(response)


def content_of(response: Any) -> str:
    """Return the text of a response, even if it is streamed."""
    return bytes_of(response).decode()


def bytes_of(response: Any) -> bytes:
    if not response.streaming:
        return bytes(response.content)

    async def collect() -> bytes:
        return b"".join([piece async for piece in response.streaming_content])

    return async_to_sync(collect)()


def is_gone(path: str, client: Client | None = None) -> bool:
    return (client or enter(None)).get(path).status_code == 404


def attach(conversation: Conversation, owner: User, name: str = "notes.txt") -> Any:
    """Add a file to the conversation's last message."""
    file = storage.receive(owner, name, b"what the file says")
    message = last(conversation)
    message.files.add(file)
    message.parts = [*message.parts, storage.part_of(file)]
    message.save()
    return file
