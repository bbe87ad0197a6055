"""Links to a new password, for people who forgot theirs."""

import hashlib
from datetime import timedelta
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db import models
from django.utils import timezone

from conversations.ids import new_id
from conversations.models.people import Team, User


class PasswordLinkQuerySet(models.QuerySet["PasswordLink"]):
    def open(self) -> "PasswordLinkQuerySet":
        return self.filter(used_at=None, expires_at__gt=timezone.now(), user__is_active=True)

    def letters(self) -> "PasswordLinkQuerySet":
        """Return the links without a maker: they were mailed to their person."""
        return self.filter(made_by=None)

    def close(self) -> int:
        now = timezone.now()
        return self.filter(used_at=None, expires_at__gt=now).update(expires_at=now)


class PasswordLink(models.Model):
    """A link by which one person sets a new password, once; any other change of the password closes it."""

    VALID, LETTER_VALID = timedelta(hours=24), timedelta(hours=1)
    MAX_LETTERS = 3
    """Open letters of one person; more requests, also by strangers, fill no mailbox and close no letter."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="password_links")
    made_by = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    """Null if the link was mailed to its person."""
    digest = models.CharField(max_length=64, unique=True)
    replaces = models.CharField(max_length=64)
    """Digest of the password's hash for which it was made."""
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    user_id: UUID
    made_by_id: UUID | None

    objects = PasswordLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user} · {self.created_at:%Y-%m-%d}"

    @staticmethod
    def state_of(user: User) -> str:
        """Return a digest that differs as soon as the password does."""
        return hashlib.sha256(user.password.encode()).hexdigest()

    @classmethod
    def found(cls, digest: str) -> "PasswordLink | None":
        """Return the link whose secret has this digest, or None if it is not valid."""
        link = cls.objects.open().select_related("user").filter(digest=digest).first()
        leads = link is not None and link.replaces == cls.state_of(link.user) and link._could_be_made()
        return link if leads else None

    def use(self) -> bool:
        """Mark the link as used; returns False if it was used meanwhile or its maker may no longer make it."""
        unused = PasswordLink.objects.open().filter(pk=self.pk)
        return self._could_be_made() and bool(unused.update(used_at=timezone.now()))

    def _could_be_made(self) -> bool:
        """Return whether the maker may make it now: rights of either side change while a link is open."""
        if self.made_by_id is None:
            return True
        people = User.objects.in_bulk([self.made_by_id, self.user_id])
        return len(people) == 2 and may_reset(people[self.made_by_id], people[self.user_id])


def may_reset(user: User, person: User) -> bool:
    """Return whether `user` may make a password link for `person`, which opens all of that account.

    Superusers may for all others, and only they may for a person with power or a second factor. Staff who may add
    people may for a person who has never signed in. A lead may for an account made by their team's invitation, while
    they lead all its teams.
    """
    if user == person or not (user.is_active and person.is_active):
        return False
    if user.is_superuser:
        return True
    if person.has_power or Authenticator.objects.filter(user=person).exists():
        return False
    if user.is_staff and user.has_perm("conversations.add_user") and person.is_new:
        return True
    theirs = set(Team.objects.visible_to(person).values_list("pk", flat=True))
    led = set(Team.objects.led_by(user).values_list("pk", flat=True))
    return person.made_in_id in theirs and theirs <= led
