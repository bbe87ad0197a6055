"""The shared place of a team's conversation: at each fork the version from which the thread goes on for everybody."""

from uuid import UUID

from django.db import connection, models

from conversations.models import raw_sql
from conversations.models.conversation import Conversation
from conversations.models.message import Message
from conversations.models.people import User


class SharedPlaceManager(models.Manager["SharedPlace"]):
    def to_move(self, message: Message) -> list[UUID]:
        """Return the versions above and at `message` that are not the shared place of their fork yet."""
        key = Message._meta.pk.get_db_prep_value
        ids = [key(message.pk, connection), key(message.conversation_id, connection)]
        with connection.cursor() as cursor:
            cursor.execute(raw_sql.FORKS_NOT_LEADING_TO, [ids[0], ids[1], ids[1]])
            return [UUID(str(row[0])) for row in cursor.fetchall()]

    def move(self, person: User, message: Message, revision: int) -> None:
        """Lead the shared branch through `message`; the transaction holds the conversation's lock."""
        versions = Message.objects.filter(pk__in=self.to_move(message)).only("pk", "parent")
        for version in versions:
            moved = {"message": version, "person": person, "revision": revision}
            self.update_or_create(conversation_id=message.conversation_id, parent_id=version.parent_id, defaults=moved)


class SharedPlace(models.Model):
    """The version at one fork, below `parent` or among the first messages, from which the team goes on."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="shared_places")
    parent = models.ForeignKey(Message, models.CASCADE, null=True, related_name="+")
    message = models.ForeignKey(Message, models.CASCADE, related_name="+")
    person = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    """The person who moved it here."""
    revision = models.PositiveBigIntegerField()
    """The conversation's revision at which it moved here: the branch of all is the one through the last that moved."""

    parent_id: UUID | None
    message_id: UUID

    objects = SharedPlaceManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parent"], name="one_place_a_fork"),
            models.UniqueConstraint(
                fields=["conversation"], condition=models.Q(parent=None), name="one_place_at_the_beginning"
            ),
        ]
