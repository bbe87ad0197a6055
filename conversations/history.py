"""The branch above a reply, as a provider understands it."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from django.db.models import Sum

from conversations import files
from conversations.models import File, Message
from conversations.models.message import Role, Said
from providers.errors import ContextTooLong
from providers.types import Part, Prompt, Turn

MAX_FILE_BYTES = 40 * 2**20
"""Of all files of one prompt: vendors take 20 to 50 MB a request."""


GO_ON = (
    "Your last reply broke off. Continue it exactly where it ends: repeat nothing of it and write no introduction; "
    "your words are appended to it as they come."
)
"""What a model is told that shall finish its reply: few vendors let the last turn be the model's own."""


def prompt_for(reply: Message, vendor_id: str) -> Prompt:
    """Everything said on the way to this reply, in order."""
    conversation = reply.conversation
    branch = Message.objects.said_up_to(reply.parent_id)
    _refuse_too_many_bytes(branch)
    return Prompt(
        model=vendor_id,
        turns=(*_turns(branch), *_broken_off(reply)),
        system=conversation.system_prompt,
        parameters={**conversation.parameters, **reply.parameters},
    )


def _refuse_too_many_bytes(branch: list[Said]) -> None:
    """Every file goes out with every question: before they are all read, see whether anybody would take them."""
    named = {part["file"] for said in branch for part in said.parts if "file" in part}
    size = File.objects.filter(pk__in=named).aggregate(size=Sum("size"))["size"] if named else 0
    if (size or 0) > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 2**20
        raise ContextTooLong(because=f"The files of this conversation are together larger than {limit} MB.")


def _turns(branch: Iterable[Said]) -> Iterator[Turn]:
    for said in branch:
        yield Turn("assistant" if said.role == Role.ASSISTANT else "user", tuple(_parts(said.parts)))


def _broken_off(reply: Message) -> Iterator[Turn]:
    if reply.continues is not None:
        yield from _turns([Said(Role.ASSISTANT, reply.continues.parts)])
        yield Turn("user", (Part("text", GO_ON),))


def _parts(said: list[dict[str, Any]]) -> Iterator[Part]:
    """What a message holds, as it came, less its seams; the bytes of its files are read only now."""
    match said:
        case [{"kind": "text", "text": words, **detail}] if not detail:  # most messages, by far
            yield Part("text", words)
            return
    kept = (Part.from_json(stored) for stored in said if stored["kind"] != "seam")
    for is_words, group in groupby(kept, key=lambda part: part.kind == "text" and not part.detail):
        if is_words:
            yield Part("text", "".join(part.text for part in group))
        else:
            yield from (with_content(part) if "file" in part.detail else part for part in group)


def with_content(part: Part) -> Part:
    """A part whose bytes lie in a file of ours, whole again as the vendor sent it or takes it."""
    content = files.as_base64(part.detail["file"])
    vendor = part.detail.get("vendor")
    if vendor:
        inline = {**vendor["part"]["inlineData"], "data": content}
        vendor = {**vendor, "part": {**vendor["part"], "inlineData": inline}}
    detail = {**part.detail, "data": content, **({"vendor": vendor} if vendor else {})}
    return Part(part.kind, part.text, detail)
