"""The branch above a reply, as a provider understands it."""

from collections.abc import Iterable
from itertools import groupby

from conversations.models import Message
from conversations.models.message import Role
from providers.types import Part, Prompt, Turn


def prompt_for(reply: Message, vendor_id: str) -> Prompt:
    """Everything said on the way to this reply, in order."""
    conversation = reply.conversation
    return Prompt(
        model=vendor_id,
        turns=tuple(_turns(Message.objects.branch(reply.parent_id))),
        system=conversation.system_prompt,
        parameters={**conversation.parameters, **reply.parameters},
    )


def _turns(branch: Iterable[Message]) -> Iterable[Turn]:
    """Sides alternate, as some vendors insist: neighbours of one side (after a failed reply) become one turn."""
    spoken = [message for message in branch if message.text]
    for role, messages in groupby(spoken, key=lambda message: message.role):
        text = "\n\n".join(message.text for message in messages)
        yield Turn("assistant" if role == Role.ASSISTANT else "user", (Part("text", text),))
