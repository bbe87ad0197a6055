"""The branch above a reply, as a provider understands it."""

from collections.abc import Iterable, Iterator

from django.db.models import Sum

from conversations import files
from conversations.models import File, Message
from providers.errors import ContextTooLong
from providers.types import Part, Prompt, Turn

MAX_FILE_BYTES = 40 * 2**20
"""Of all files of one prompt: vendors take 20 to 50 MB a request."""


def prompt_for(reply: Message, vendor_id: str) -> Prompt:
    """Everything said on the way to this reply, in order."""
    conversation = reply.conversation
    branch = Message.objects.branch(reply.parent_id)
    _refuse_too_many_bytes(branch)
    return Prompt(
        model=vendor_id,
        turns=tuple(_turns(branch)),
        system=conversation.system_prompt,
        parameters={**conversation.parameters, **reply.parameters},
    )


def _refuse_too_many_bytes(branch: list[Message]) -> None:
    """Every file goes out with every question: before they are all read, see whether anybody would take them."""
    named = {part["file"] for message in branch for part in message.parts if "file" in part}
    size = File.objects.filter(pk__in=named).aggregate(size=Sum("size"))["size"] if named else 0
    if (size or 0) > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 2**20
        raise ContextTooLong(because=f"The files of this conversation are together larger than {limit} MB.")


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
