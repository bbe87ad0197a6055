"""The news of a reply's end: told again, from its row, where telling failed."""

import threading
from uuid import UUID

from conversations.live import events
from conversations.models import Message

_untold: dict[UUID, None] = {}
"""Replies whose end is stored, the first to be told of first."""
_telling = threading.Lock()
"""Held while one end is told, so that the sweep does not tell it a second time meanwhile."""


def tell_of_the_end(ended: Message, revision: int, streaming: bool) -> None:
    """Tell everybody whom it concerns; should that fail, they are told in the next round."""
    with _telling:
        again(ended.pk)
        _tell(ended, revision, streaming)
        _untold.pop(ended.pk, None)


def again(reply: UUID) -> None:
    """Tell of this end in the next round, unless that is done before."""
    _untold[reply] = None


def tell_what_is_untold() -> None:
    """Once each; one that fails comes last in the next round."""
    for reply in list(_untold):
        with _telling:
            if _untold.pop(reply, reply) is None:  # not told meanwhile
                again(reply)
                _tell_again(reply)
                _untold.pop(reply)


def _tell_again(reply: UUID) -> None:
    """Nothing where it has gone with its conversation, or goes on."""
    row = Message.objects.select_related("author", "conversation__owner", "conversation__team").filter(pk=reply).first()
    if row is not None and not row.is_under_way:
        streaming = Message.objects.under_way().filter(conversation=row.conversation_id).exists()
        _tell(row, row.conversation.revision, streaming)


def _tell(ended: Message, revision: int, streaming: bool) -> None:
    events.message_finished(ended)
    events.conversation_updated(ended.conversation, revision, streaming=streaming)
