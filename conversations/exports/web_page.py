"""A conversation as one web page that needs no network: the site's own markup and styles, and pictures inside."""

import base64
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.crypto import get_random_string

from conversations.content.phrases import phrases
from conversations.exports.branch import messages
from conversations.models import Conversation, File, Message

_PIECE = 3 * 2**16
"""Bytes of a picture that are read at once: three of them are four characters."""
_KEY_LENGTH = 36


def pieces(conversation: Conversation, ids: Sequence[UUID]) -> Generator[bytes]:
    """Yield the page, one message at a time, and the pictures of a message piece by piece."""
    gap = get_random_string(32)
    context = {"conversation": conversation, "exported_at": timezone.now(), "gap": gap}
    head, foot = render_to_string("exports/page.html", context).split(gap)
    said = phrases()
    yield head.encode()
    for message in messages(ids):
        yield from _shown(message, {"message": message, "said": said, "is_file": True}, gap)
    yield foot.encode()


def _shown(message: Message, context: dict[str, object], gap: str) -> Iterator[bytes]:
    """Yield the markup of a message; pictures are read where a gap and their id stand in it."""
    held = {str(file.id): file for file in message.files.all() if file.is_image and file.path.exists()}
    addresses = {key: f"{gap}{key}" for key in held}
    first, *others = render_to_string("_message.html", {**context, "addresses": addresses}).split(gap)
    yield first.encode()
    for other in others:
        yield from _data_address(held[other[:_KEY_LENGTH]])
        yield other[_KEY_LENGTH:].encode()


def _data_address(file: File) -> Iterator[bytes]:
    yield f"data:{file.media_type};base64,".encode()
    with suppress(FileNotFoundError), open(file.path, "rb") as picture:
        while piece := picture.read(_PIECE):
            yield base64.b64encode(piece)
