"""Announcements of replies' ends, repeated from the row if one failed."""

import threading
from uuid import UUID

from conversations.live import events
from conversations.models import Message

_pending: dict[UUID, None] = {}
"""Replies whose end is stored but not announced, the oldest first."""
_announcing = threading.Lock()
"""Held while one end is announced, so that the sweep does not announce it a second time."""


def announce_end(ended: Message, revision: int, streaming: bool) -> None:
    """Announce the end of a reply; if that fails, the next round does it."""
    with _announcing:
        queue_announcement(ended.pk)
        _announce(ended, revision, streaming)
        _pending.pop(ended.pk, None)


def queue_announcement(reply: UUID) -> None:
    """Let the next round announce this end, unless it is announced before."""
    _pending[reply] = None


def announce_pending() -> None:
    """Announce each pending end once; one that fails comes last in the next round."""
    for reply in list(_pending):
        with _announcing:
            if _pending.pop(reply, reply) is None:  # not announced meanwhile
                queue_announcement(reply)
                _announce_from_row(reply)
                _pending.pop(reply)


def _announce_from_row(reply: UUID) -> None:
    """Announce the end from the row, unless the reply was deleted or is still under way."""
    row = Message.objects.select_related("author", "conversation__owner", "conversation__team").filter(pk=reply).first()
    if row is not None and not row.is_under_way:
        streaming = Message.objects.under_way().filter(conversation=row.conversation_id).exists()
        _announce(row, row.conversation.revision, streaming)


def _announce(ended: Message, revision: int, streaming: bool) -> None:
    events.message_finished(ended)
    events.conversation_updated(ended.conversation, revision, streaming=streaming)
