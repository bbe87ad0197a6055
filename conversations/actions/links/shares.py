"""Share links: create, revoke, and copy what one shows into a conversation of one's own."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from conversations.actions.access import to_decide_on
from conversations.actions.forks import begin_with
from conversations.actions.idempotency import claim
from conversations.errors import NotFound, Refused
from conversations.hashed_tokens import new_token, token_digest
from conversations.live import events
from conversations.models import Conversation, File, Message, ReadMark, Share, User
from conversations.protocol import commands
from conversations.text import title_of
from conversations.usage import quotas
from providers.audit import log
from providers.audit.log import Act

MAX_OPEN = 200
"""Open share links of one person."""


@dataclass(frozen=True, slots=True)
class SharePreview:
    """The content of a link: all messages down to `last`; `is_cut` if a reply under way is left out."""

    last: Message
    messages: int
    files: int
    is_cut: bool


def offer_share(user: User, conversation_id: UUID, message_id: UUID | None) -> SharePreview:
    """Return what a link down to this message would show; without one, this person's whole branch."""
    conversation = _shareable(user, conversation_id)
    asked = _message(conversation, message_id) if message_id else Message.objects.leaf_for(user, conversation)
    branch = Message.objects.branch(asked)
    ended = list(takewhile(lambda message: not message.is_under_way, branch))
    if not ended:
        raise Refused("conflict", "There is nothing to share yet.")
    return SharePreview(ended[-1], len(ended), _files_of(ended).count(), len(ended) < len(branch))


def share_conversation(
    user: User, conversation_id: UUID, message_id: UUID, *, days: int, pass_phrase: str
) -> tuple[Share, str]:
    """Create a link; returns it and its secret, which is not stored; zero days mean no expiry."""
    hashed = make_password(pass_phrase) if pass_phrase else ""  # slow on purpose, so before the lock
    with transaction.atomic():
        conversation = to_decide_on(user, conversation_id)
        branch = Message.objects.branch(_message(conversation, message_id))
        _check(user, branch)
        revision = conversation.advance(1, moves_up=False)
        ReadMark.objects.keep_up(conversation)
        secret = new_token()
        share = Share.objects.create(
            conversation=conversation,
            message_id=message_id,
            made_by=user,
            title=conversation.title or title_of(branch[0].text),
            digest=token_digest(secret),
            pass_phrase=hashed,
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
        share.files.set(_files_of(branch))
        log.note(user, Act.ADDED, share, name="", after=_loggable_values(share))
        transaction.on_commit(lambda: events.conversation_updated(conversation, revision, shared=True))
    return share, secret


def revoke_share(user: User, share_id: UUID) -> None:
    """Revoke a link, as its maker or as a person who decides on the conversation; ended links stay ended."""
    with transaction.atomic():
        share = Share.objects.revocable_by(user).filter(pk=share_id).first()
        if share is None:
            raise NotFound
        conversation = Conversation.objects.select_related("team", "owner").get(pk=share.conversation_id)
        revision = conversation.advance(1, moves_up=False)
        ReadMark.objects.keep_up(conversation)
        if Share.objects.filter(pk=share_id).revoke():
            log.note(user, Act.REMOVED, share, name="", before=_loggable_values(share))
        others = conversation.shares.open().exists()
        transaction.on_commit(lambda: events.conversation_updated(conversation, revision, shared=others))


def copy_share(user: User, share_id: UUID, key: str) -> UUID:
    """Create a private conversation with all that the link shows; once for the same key."""
    last = _open(share_id).message_id
    command = commands.Command(f"share-{key}", commands.Fork(last), token_digest(str(share_id)))
    with transaction.atomic():
        share = _open(share_id)
        receipt = claim(user, command)
        if receipt.is_new:
            receipt.keep(_copy(user, share))
    return UUID(receipt.ack["conversation"])


def _copy(user: User, share: Share) -> dict[str, Any]:
    """Copy without system prompt, parameters, prompts, assistants and costs: the link does not show them either."""
    quotas.check_copy(user, share.message_id)
    branch = share.messages()
    for message in branch:
        message.parameters, message.error_text, message.cost = {}, "", None
        message.prompt = message.assistant = None
        message.input_tokens = message.output_tokens = message.thought_tokens = message.cached_tokens = None
    asked = next((message.model_id for message in reversed(branch) if message.model_id), None)
    return {"conversation": str(begin_with(branch, user, title=share.title, model_id=asked).id)}


def _open(share_id: UUID) -> Share:
    share = Share.objects.open().filter(pk=share_id).first()
    if share is None:
        raise NotFound
    return share


def _loggable_values(share: Share) -> dict[str, Any]:
    """Return the audit log's fields of a link: ids, and no text of messages."""
    return {
        "conversation": share.conversation_id,
        "message": share.message_id,
        "made_by": share.made_by,
        "expires_at": share.expires_at,
        "pass_phrase": bool(share.pass_phrase),
    }


def _shareable(user: User, conversation_id: UUID) -> Conversation:
    rows = Conversation.objects.decided_by(user).select_related("team", "owner")
    found = rows.filter(pk=conversation_id).first()
    if found is None:
        raise NotFound
    return found


def _message(conversation: Conversation, message_id: UUID) -> UUID:
    if not conversation.messages.filter(pk=message_id).exists():
        raise NotFound
    return message_id


def _check(user: User, branch: list[Message]) -> None:
    if any(message.is_under_way for message in branch):
        raise Refused("conflict", "A reply is still being written here; share it when it has ended.")
    if user.shares.open().count() >= MAX_OPEN:
        raise Refused("busy", f"You have {MAX_OPEN} links that lead somewhere; revoke some first.")


def _files_of(branch: list[Message]) -> Any:
    return File.objects.filter(messages__in=branch).distinct()
