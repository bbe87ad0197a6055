"""What does not work just now, and what is being called: the state of the pool, shared by all processes."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Trouble(models.Model):
    """Why a key, an endpoint or a deployment is not called before a certain time. No row means: it works."""

    subject = models.UUIDField(primary_key=True, editable=False)
    """The id of the key, the endpoint or the deployment that is to blame."""
    code = models.CharField(_("error"), max_length=32)
    text = models.TextField(_("what happened"))
    failures = models.PositiveIntegerField(_("failures in a row"), default=1)
    since = models.DateTimeField(_("since"))
    cooling_until = models.DateTimeField(_("not called before"))
    probed_by = models.UUIDField(null=True, editable=False)
    """The reply whose call finds out whether it works again: one at a time."""
    probed_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("trouble")
        verbose_name_plural = _("troubles")
        indexes = [models.Index(fields=["probed_by"])]

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


class Lease(models.Model):
    """A call with a key that may only be used so often at once or a minute; kept for a minute after its start."""

    key = models.ForeignKey("providers.ApiKey", models.CASCADE, related_name="leases")
    holder = models.UUIDField(db_index=True)
    """The reply that calls."""
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["key", "started_at"])]
