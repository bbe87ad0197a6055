"""Summaries of what is above a message: people change their words, in versions."""

from uuid import UUID

from django.db import transaction

from conversations.actions.access import to_write_in
from conversations.errors import NotFound, Refused
from conversations.live import events
from conversations.models import Conversation, ReadMark, Summary, SummaryVersion, User
from conversations.models.marks.summary import MAX_SUMMARY_LENGTH, MAX_VERSIONS
from conversations.text import clean
from providers.blank_text import is_blank


def change_summary(user: User, conversation_id: UUID, summary_id: UUID, text: str, version: int) -> Summary:
    """Store other words of a summary as its next version; refuses them over an older version than the newest."""
    text = clean(text, "text").strip()
    if len(text) > MAX_SUMMARY_LENGTH:
        raise Refused("too_long", f"A summary may have {MAX_SUMMARY_LENGTH:,} characters.", "text")
    if is_blank(text):
        raise Refused("bad_text", "A summary needs words.", "text")
    with transaction.atomic():
        conversation = to_write_in(user, conversation_id)
        summary = Summary.objects.told().filter(conversation=conversation, pk=summary_id).first()
        if summary is None:
            raise NotFound
        if summary.text == text:
            return summary
        if summary.version != version:
            raise Refused("conflict", "Somebody has changed this summary meanwhile.", "version")
        if summary.version >= MAX_VERSIONS:
            raise Refused("busy", f"A summary may have {MAX_VERSIONS} versions.")
        return _store(user, conversation, summary, text)


def _store(user: User, conversation: Conversation, summary: Summary, text: str) -> Summary:
    """Store and announce the version; nothing moves up and nothing becomes unread."""
    summary.revision = conversation.advance(1, moves_up=False)
    summary.text, summary.version = text, summary.version + 1
    summary.save(update_fields=["text", "version", "revision"])
    SummaryVersion.objects.create(summary=summary, number=summary.version, text=text, author=user)
    ReadMark.objects.keep_up(conversation)
    transaction.on_commit(lambda: events.summary_changed(conversation, summary))
    return Summary.objects.told().get(pk=summary.pk)
