"""The branch above a reply, as a provider understands it."""

from collections.abc import Iterable, Iterator

from conversations import files
from conversations.models import Message
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


def _turns(branch: Iterable[Message]) -> Iterator[Turn]:
    for message in branch:
        yield Turn("assistant" if message.is_reply else "user", tuple(_parts(message)))


def _parts(message: Message) -> Iterator[Part]:
    """What a message holds, as it came; the bytes of its files are read only now."""
    for stored in message.parts:
        part = Part.from_json(stored)
        yield with_content(part) if "file" in part.detail else part


def with_content(part: Part) -> Part:
    """A part whose bytes lie in a file of ours, whole again as the vendor sent it or takes it."""
    content = files.as_base64(part.detail["file"])
    vendor = part.detail.get("vendor")
    if vendor:
        inline = {**vendor["part"]["inlineData"], "data": content}
        vendor = {**vendor, "part": {**vendor["part"], "inlineData": inline}}
    detail = {**part.detail, "data": content, **({"vendor": vendor} if vendor else {})}
    return Part(part.kind, part.text, detail)
