"""A conversation as one web page that needs no network: the site's own markup and styles, and pictures inside."""

import base64
from collections.abc import Generator, Sequence
from contextlib import suppress
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.crypto import get_random_string

from conversations.content.phrases import phrases
from conversations.exports.branch import messages
from conversations.models import Conversation, Message


def pieces(conversation: Conversation, ids: Sequence[UUID]) -> Generator[bytes]:
    """Yield the page, one message at a time."""
    gap = get_random_string(32)
    context = {"conversation": conversation, "exported_at": timezone.now(), "gap": gap}
    head, foot = render_to_string("exports/page.html", context).split(gap)
    said = phrases()
    yield head.encode()
    for message in messages(ids):
        shown = {"message": message, "said": said, "is_file": True, "addresses": _pictures(message)}
        yield render_to_string("_message.html", shown).encode()
    yield foot.encode()


def _pictures(message: Message) -> dict[str, str]:
    """Return the pictures of a message as data addresses, by the id of their file."""
    found = {}
    for file in message.files.all():
        with suppress(FileNotFoundError):
            if file.is_image:
                content = base64.b64encode(file.path.read_bytes()).decode()
                found[str(file.id)] = f"data:{file.media_type};base64,{content}"
    return found
