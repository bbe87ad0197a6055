"""Share links, by which anyone reads the branch up to a message, and nothing later."""

from uuid import UUID

from django.contrib.auth.hashers import check_password
from django.db import models
from django.db.models import F, Q, prefetch_related_objects
from django.utils import timezone

from conversations.hashed_tokens import token_digest
from conversations.ids import new_id
from conversations.models.conversation import MAX_TITLE_LENGTH, Conversation
from conversations.models.file import File
from conversations.models.message import Message
from conversations.models.people import User


class ShareQuerySet(models.QuerySet["Share"]):
    def open(self) -> "ShareQuerySet":
        """Return the shares that are not revoked or expired, and whose maker is active."""
        in_time = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(in_time, revoked_at=None, made_by__is_active=True)

    def of(self, secret: str) -> "ShareQuerySet":
        return self.open().filter(digest=token_digest(secret))

    def revocable_by(self, user: User) -> "ShareQuerySet":
        """Return a person's own shares, even of conversations lost to them, and all of those they decide on."""
        theirs = Conversation.objects.decided_by(user)
        return self.filter(Q(made_by=user) | Q(conversation__in=theirs))

    def revoke(self) -> int:
        return self.filter(revoked_at=None).update(revoked_at=timezone.now())


class Share(models.Model):
    """A frozen snapshot: the branch down to a message.

    It needs no copy: an ended message, the messages above it and their files never change. It holds a copy of the
    title, because that does change.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="shares")
    message = models.ForeignKey(Message, models.CASCADE, related_name="+")
    """The last message that it shows."""
    files = models.ManyToManyField(File, related_name="+")
    made_by = models.ForeignKey(User, models.CASCADE, related_name="shares")
    title = models.CharField(max_length=MAX_TITLE_LENGTH, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    pass_phrase = models.CharField(max_length=128, blank=True)
    """Hashed; empty if the link alone is enough."""
    views = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    """Null: valid until it is revoked."""
    revoked_at = models.DateTimeField(null=True, blank=True)

    conversation_id: UUID
    message_id: UUID
    made_by_id: UUID

    objects = ShareQuerySet.as_manager()

    def __str__(self) -> str:
        return self.title

    def messages(self) -> list[Message]:
        """Return the messages from the first to the last, with authors and files."""
        branch = Message.objects.branch(self.message_id)
        prefetch_related_objects(branch, "files")
        return branch

    def size(self) -> int:
        """Return the number of its messages."""
        return len(Message.objects.sizes_of_branch(self.message_id))

    def opens_with(self, phrase: str) -> bool:
        return check_password(phrase, self.pass_phrase)

    def count_view(self) -> None:
        Share.objects.filter(pk=self.pk).update(views=F("views") + 1)
