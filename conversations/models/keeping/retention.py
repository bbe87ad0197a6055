"""The columns that say how long conversations stay."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MAX_DAYS = 3650
NOTICE = timedelta(days=7)
"""Time before a new or shorter period deletes anything: people can still take their conversations along."""


class LegalHold(models.Model):
    """The hold of a team or a person, which superusers set: nothing of theirs is deleted forever."""

    legal_hold = models.BooleanField(
        _("legal hold"),
        default=False,
        help_text=_("While it is on, none of their conversations is deleted forever."),
    )

    class Meta:
        abstract = True


class Retention(LegalHold):
    """A team's period, after which a conversation without a new message is deleted forever."""

    keeps_days = models.PositiveSmallIntegerField(_("days without a new message until deletion"), null=True)
    """None: conversations stay."""
    keeps_from = models.DateTimeField(_("deletes from"), null=True)
    """The moment at which the period begins to act."""

    class Meta:
        abstract = True

    def begins_to_delete(self, days: int | None) -> datetime | None:
        """Return the moment from which a period of so many days would act; None for no period."""
        if days is None:
            return None
        is_longer = self.keeps_days is not None and days >= self.keeps_days
        return self.keeps_from if is_longer else timezone.now() + NOTICE
