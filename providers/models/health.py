"""Current troubles and running calls: the state of the pool, shared by all processes."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from providers import clock
from providers.error_texts import localized_stored, reason_of


class Trouble(models.Model):
    """The reason why a key, an endpoint or a deployment is not called before a certain time. No row: it works."""

    subject = models.UUIDField(primary_key=True, editable=False)
    """The id of the failing key, endpoint or deployment, or of a pair of them."""
    code = models.CharField(_("error"), max_length=32)
    text = models.TextField(_("what happened"))
    failures = models.PositiveIntegerField(_("failures in a row"), default=1)
    since = models.DateTimeField(_("since"))
    cooling_until = models.DateTimeField(_("not called before"))
    probed_by = models.UUIDField(null=True, editable=False)
    """The reply whose call finds out whether the subject works again: one at a time."""
    probed_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("trouble")
        verbose_name_plural = _("troubles")
        indexes = [models.Index(fields=["probed_by"])]

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"

    @property
    def reason(self) -> str:
        """Return the failure without the vendor's words: those are for administrators."""
        return reason_of(self.text)

    @property
    def localized_text(self) -> str:
        """Return the failure in the reader's language."""
        return localized_stored(self.text)

    @property
    def localized_reason(self) -> str:
        """Return the failure in the reader's language, without the vendor's words."""
        return localized_stored(self.reason)


class Lease(models.Model):
    """A call with a key that has a limit of calls at once or a minute.

    It is kept for a minute after its start.
    """

    key = models.ForeignKey("providers.ApiKey", models.CASCADE, related_name="leases")
    holder = models.UUIDField(db_index=True)
    """The id of the calling reply."""
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["key", "started_at"])]


class HealthEvent(models.Model):
    """An event of a key, an endpoint or a deployment: a line of its timeline, kept for 90 days."""

    class Kind(models.TextChoices):
        COOLED = "cooled", _("cooling down")
        RETURNED = "returned", _("back in service")
        TESTED = "tested", _("tested")
        ROTATED = "rotated", _("rotated")
        ENABLED = "enabled", _("switched on")
        DISABLED = "disabled", _("switched off")

    RETENTION = timedelta(days=90)

    subject = models.UUIDField()
    at = models.DateTimeField(default=clock.now)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    code = models.CharField(max_length=32, blank=True)
    """The public code of the error, if there was one."""
    text = models.TextField(blank=True)
    until = models.DateTimeField(null=True)
    """End of the cooldown of a cooled subject."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["subject", "at"]), models.Index(fields=["at"])]

    @property
    def localized_text(self) -> str:
        """Return the event's text in the reader's language."""
        return localized_stored(self.text)

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.kind}"

    @classmethod
    def note(cls, subject: UUID, kind: str, **fields: Any) -> None:
        cls.objects.create(subject=subject, kind=kind, **fields)

    @classmethod
    def remove_old(cls) -> None:
        cls.objects.filter(at__lt=clock.now() - cls.RETENTION).delete()
