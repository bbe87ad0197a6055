"""Announcements of replies' ends, repeated from the row if one failed."""

import threading
from uuid import UUID

from conversations.live import events
from conversations.models import Message

_untold: dict[UUID, None] = {}
"""Replies whose end is stored but not announced, the oldest first."""
_telling = threading.Lock()
"""Held while one end is announced, so that the sweep does not announce it a second time."""


def tell_of_the_end(ended: Message, revision: int, streaming: bool) -> None:
    """Announce the end of a reply; if that fails, the next round does it."""
    with _telling:
        again(ended.pk)
        _tell(ended, revision, streaming)
        _untold.pop(ended.pk, None)


def again(reply: UUID) -> None:
    """Let the next round announce this end, unless it is announced before."""
    _untold[reply] = None


def tell_what_is_untold() -> None:
    """Announce each pending end once; one that fails comes last in the next round."""
    for reply in list(_untold):
        with _telling:
            if _untold.pop(reply, reply) is None:  # not announced meanwhile
                again(reply)
                _tell_again(reply)
                _untold.pop(reply)


def _tell_again(reply: UUID) -> None:
    """Announce the end from the row, unless the reply was deleted or is still under way."""
    row = Message.objects.select_related("author", "conversation__owner", "conversation__team").filter(pk=reply).first()
    if row is not None and not row.is_under_way:
        streaming = Message.objects.under_way().filter(conversation=row.conversation_id).exists()
        _tell(row, row.conversation.revision, streaming)


def _tell(ended: Message, revision: int, streaming: bool) -> None:
    events.message_finished(ended)
    events.conversation_updated(ended.conversation, revision, streaming=streaming)
