"""Read marks of each person, and branch choices in private conversations."""

from uuid import UUID

from django.db import models
from django.db.models import F
from django.db.models.functions import Coalesce

from conversations.models.conversation import Conversation
from conversations.models.message import Message
from conversations.models.people import User


class BranchChoiceManager(models.Manager["BranchChoice"]):
    def choose(self, user: User, message: Message) -> None:
        """Show this person the branch through `message` from now on."""
        self.update_or_create(user=user, conversation_id=message.conversation_id, defaults={"message": message})


class BranchChoice(models.Model):
    """The message whose branch the owner of a private conversation has chosen, if there are several."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="branch_choices")
    message = models.ForeignKey(Message, models.CASCADE, related_name="+")

    message_id: UUID

    objects = BranchChoiceManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "conversation"], name="one_branch_a_reader")]


class ReadMarkManager(models.Manager["ReadMark"]):
    def keep_up(self, conversation: Conversation, only: User | None = None) -> None:
        """Let those who had read everything have read this last change, too: it is nobody's words.

        With `only`, it is that person's words, and news for all others.
        """
        seen = self.filter(conversation=conversation, revision=conversation.revision - 1)
        seen = seen.filter(user=only) if only else seen
        seen.update(revision=conversation.revision)

    def advance(self, user: User, conversation: Conversation, revision: int, *, leaves_unseen: bool) -> None:
        """Note that this person has learnt of all changes up to `revision`, and perhaps was not shown all of them."""
        mark, made = self.get_or_create(user=user, conversation=conversation, defaults={"revision": revision})
        if made or revision < mark.revision:
            return
        shown = (mark.revision if mark.shown is None else mark.shown) if leaves_unseen else None
        if (revision, shown) != (mark.revision, mark.shown):
            self.filter(pk=mark.pk, revision__lte=revision).update(revision=revision, shown=shown)

    def take_back(self, user: User, conversation: Conversation) -> None:
        """Let the last change count as unread by this person; messages stay shown."""
        read = self.filter(user=user, conversation=conversation, revision__gte=conversation.revision)
        read.update(revision=conversation.revision - 1, shown=Coalesce("shown", F("revision")))


class ReadMark(models.Model):
    """The revision up to which a person has read a conversation."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="read_marks")
    revision = models.PositiveBigIntegerField()
    shown = models.PositiveBigIntegerField(null=True)
    """The revision up to which the messages of all branches were shown; null if that is the same one."""

    objects = ReadMarkManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "conversation"], name="one_mark_a_reader")]
