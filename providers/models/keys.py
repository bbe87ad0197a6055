"""The keys of endpoints."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from providers.encryption import sealing
from providers.encryption.fields import EncryptedField
from providers.models.endpoints import Endpoint
from providers.models.fields import POSITIVE, PRIORITY_HELP, WEIGHT_HELP, NameField, new_id


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def serving(self, model: UUID) -> "ApiKeyQuerySet":
        """Return enabled keys of enabled endpoints that serve this model."""
        return self.filter(
            enabled=True,
            endpoint__enabled=True,
            endpoint__deployments__enabled=True,
            endpoint__deployments__model=model,
        ).distinct()

    def of_site(self) -> "ApiKeyQuerySet":
        """Return all keys but personal ones.

        A personal key serves its owner alone: nobody tests it, replaces it or reads model lists with it.
        """
        return self.filter(owner=None)

    def for_everybody(self) -> "ApiKeyQuerySet":
        """Return the site's keys without those that `conversations` reserves for teams."""
        return self.of_site().filter(teams=None)

    def same_as(self, plain: str) -> "ApiKeyQuerySet":
        """Return the rows that hold exactly this key."""
        return self.filter(fingerprint__in=sealing.fingerprints(plain))


class ApiKey(models.Model):
    """A key for one endpoint. It is written and used, never read back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="keys", verbose_name=_("endpoint"))
    name = NameField(_("name"), max_length=120, blank=True)
    fingerprint = models.CharField(max_length=32, blank=True, editable=False, db_index=True)
    """Equal for the same key in another row, under one encryption key. Reveals nothing of the key."""
    secret = EncryptedField(_("key"), fingerprint="fingerprint")
    enabled = models.BooleanField(_("enabled"), default=True)
    priority = models.PositiveSmallIntegerField(_("priority"), default=1, help_text=PRIORITY_HELP)
    weight = models.PositiveSmallIntegerField(_("weight"), default=1, validators=[POSITIVE], help_text=WEIGHT_HELP)
    falls_back = models.BooleanField(
        _("then the site's keys"),
        default=False,
        db_default=False,
        help_text=_("For the key of a team or a person: the site's keys answer when this one cannot."),
    )
    max_concurrent = models.PositiveIntegerField(
        _("replies at once"), null=True, blank=True, validators=[POSITIVE], help_text=_("Empty: as many as there are.")
    )
    max_per_minute = models.PositiveIntegerField(
        _("requests a minute"), null=True, blank=True, validators=[POSITIVE], help_text=_("Empty: no limit.")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="keys", verbose_name=_("owner")
    )
    """The owner of a personal key, which answers nobody else. Empty: a key of the site."""
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    is_fallback = False
    """Whether this key answers only when those before it cannot; set for one question."""

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("key")
        verbose_name_plural = _("keys")
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.endpoint.name} {self.secret}"

    @property
    def is_capped(self) -> bool:
        return bool(self.max_concurrent or self.max_per_minute)
