"""Personal tokens, with which a person's own programs sign in."""

from datetime import timedelta
from uuid import UUID

from django.db import models
from django.utils import timezone

from conversations.hashed_tokens import token_digest
from conversations.ids import new_id
from conversations.models.people import User

MAX_NAME_LENGTH = 80
NOTE_USE_EVERY = timedelta(minutes=1)


class PersonalTokenQuerySet(models.QuerySet["PersonalToken"]):
    def open(self) -> "PersonalTokenQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=timezone.now(), user__is_active=True)

    def of(self, secret: str) -> "PersonalTokenQuerySet":
        return self.open().filter(digest=token_digest(secret))

    def revoke(self) -> int:
        return self.filter(revoked_at=None).update(revoked_at=timezone.now())


class PersonalToken(models.Model):
    """A secret that stands for one person in the HTTP API and on the websocket."""

    PREFIX = "chatsite_"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=MAX_NAME_LENGTH)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=4)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    user_id: UUID

    objects = PersonalTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def note_use(self) -> None:
        """Store the time of use, at most once a minute."""
        now = timezone.now()
        if self.last_used_at is None or self.last_used_at < now - NOTE_USE_EVERY:
            PersonalToken.objects.filter(pk=self.pk).update(last_used_at=now)
