"""Notices to people about their accounts."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.ids import new_id
from conversations.models.people import User


class AccountNoticeQuerySet(models.QuerySet["AccountNotice"]):
    def due(self) -> "AccountNoticeQuerySet":
        """Return the notices to show at a sign-in: unread ones, and others' acts first read within a week.

        A thief of the account may have been the first reader.
        """
        lately = timezone.now() - AccountNotice.SHOWN_AGAIN
        return self.filter(Q(read_at=None) | Q(read_at__gt=lately) & ~Q(by=""))

    def mark_read(self) -> int:
        return self.filter(read_at=None).update(read_at=timezone.now())


class AccountNotice(models.Model):
    """A change of what protects an account."""

    SHOWN_AGAIN = timedelta(days=7)

    class Kind(models.TextChoices):
        LINK_MADE = "link_made", _("A link was made with which your password can be changed.")
        PASSWORD_CHANGED = "password_changed", _("Your password was changed.")
        ADDRESS_ASKED = "address_asked", _("Somebody who knows your password asked for another mail address.")
        ADDRESS_CHANGED = "address_changed", _("Your mail address was changed.")
        FACTOR_ADDED = "factor_added", _("A second factor was added.")
        FACTOR_REMOVED = "factor_removed", _("Your second factor was removed.")
        PASSKEY_ADDED = "passkey_added", _("A passkey was added.")
        PASSKEY_REMOVED = "passkey_removed", _("A passkey was removed.")
        CODES_MADE = "codes_made", _("New recovery codes were made.")
        TOKEN_MADE = "token_made", _("A personal token was made.")
        PASSWORD_SET = "password_set", _("Your password was changed by a link.")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    by = models.CharField(max_length=150, blank=True)
    """Name of the person who made the change; empty if it was made in the account itself."""
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = AccountNoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.get_kind_display())
