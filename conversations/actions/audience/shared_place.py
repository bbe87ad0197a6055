"""The place from which a thread goes on: shared by several readers, the owner's choice in a private conversation."""

from uuid import UUID

from django.db import transaction

from conversations.actions.access import writable_message
from conversations.live import events
from conversations.models import BranchChoice, Conversation, Message, SharedPlace, User
from providers.prepared_queries import Prepared


def choose_branch(user: User, message_id: UUID) -> None:
    """Let the thread go on from this message: for all its readers, or for the owner of a private conversation."""
    with transaction.atomic():
        message = writable_message(user, message_id)
        conversation = message.conversation
        if conversation.is_private:
            BranchChoice.objects.choose(user, message)
        elif SharedPlace.objects.to_move(message):
            revision = conversation.advance(1)
            SharedPlace.objects.move(user, message, revision)
            place = events.place_json(message, user)
            transaction.on_commit(lambda: events.conversation_updated(conversation, revision, place=place))


def go_on_from(user: User, message: Message, conversation: Conversation) -> None:
    """Let the thread go on from a message that was just written; the conversation's revision has advanced."""
    if conversation.is_private:
        BranchChoice.objects.choose(user, message)
    else:
        SharedPlace.objects.move(user, message, conversation.revision)


def go_on_after_send(user: User, question: Message, conversation: Conversation) -> None:
    """Do the same for a question, which begins another version only where its parent was answered already."""
    if _may_move(user, question, conversation):
        go_on_from(user, question, conversation)


def keep_place(user: User, conversation: Conversation, leaf: UUID | None) -> None:
    """Let a conversation that was moved go on from the same branch as before, down to `leaf`."""
    has_forks = not conversation.is_private or conversation.shared_places.exists()
    if leaf and has_forks and (message := conversation.messages.filter(pk=leaf).first()):
        owner_or_mover = conversation.owner if conversation.is_private else user
        go_on_from(owner_or_mover, message, conversation)


def _may_move(user: User, question: Message, conversation: Conversation) -> bool:
    """Return whether the thread may not lead to this question by itself: few queries, as every question waits here."""
    if conversation.is_private:
        return bool(_CHOICES(user.pk, conversation.pk))
    if question.parent_id is None or _PLACES(conversation.pk):
        return True
    return len(_CHILDREN(question.parent_id)) > 1


_CHOICES = Prepared(lambda user, conversation: BranchChoice.objects.filter(user=user, conversation=conversation))
_PLACES = Prepared(lambda conversation: SharedPlace.objects.filter(conversation=conversation)[:1])
_CHILDREN = Prepared(lambda parent: Message.objects.filter(parent=parent).only("pk")[:2])
