"""Read marks and branch choices of each person."""

from uuid import UUID

from django.db import models

from conversations.models.conversation import Conversation
from conversations.models.message import Message
from conversations.models.people import User


class BranchChoiceManager(models.Manager["BranchChoice"]):
    def choose(self, user: User, message: Message) -> None:
        """Show this person the branch through `message` from now on."""
        self.update_or_create(user=user, conversation_id=message.conversation_id, defaults={"message": message})


class BranchChoice(models.Model):
    """The message whose branch a person has chosen, if there are several."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="branch_choices")
    message = models.ForeignKey(Message, models.CASCADE, related_name="+")

    message_id: UUID

    objects = BranchChoiceManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "conversation"], name="one_branch_a_reader")]


class ReadMark(models.Model):
    """The revision up to which a person has read a conversation."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="read_marks")
    revision = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "conversation"], name="one_mark_a_reader")]
