"""Balances of keys, as their vendors told them, and changes of prices with the day from which they hold."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from providers import clock
from providers.models.fields import new_id
from providers.models.keys import ApiKey
from providers.models.language_models import Deployment

BALANCE_KEPT = timedelta(minutes=5)
"""Time in which a balance is not asked for again."""


class KeyBalance(models.Model):
    """The last answer to the question for a key's balance."""

    key = models.OneToOneField(ApiKey, models.CASCADE, primary_key=True, related_name="balance")
    fingerprint = models.CharField(max_length=32, blank=True)
    """The fingerprint of the key that was asked with: another value of the key has another balance."""
    is_told = models.BooleanField(default=False)
    """False where the vendor tells no balance at this address, or not to this key."""
    left = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    """In the vendor's money; null without a limit."""
    currency = models.CharField(max_length=8, blank=True)
    """Empty where the vendor does not say which it is."""
    asked_at = models.DateTimeField(default=clock.now)

    class Meta:
        default_permissions = ()

    @property
    def is_fresh(self) -> bool:
        return clock.now() - self.asked_at < BALANCE_KEPT

    @classmethod
    def of(cls, key: ApiKey) -> "KeyBalance | None":
        """Return the balance of a key, unless it is that of an earlier value of it."""
        return cls.objects.filter(key=key, fingerprint=key.fingerprint).first()


class PriceChangeQuerySet(models.QuerySet["PriceChange"]):
    def planned(self) -> "PriceChangeQuerySet":
        """Return the changes whose day has not come, or that wait for the next chore."""
        return self.filter(applied_at=None)

    def due(self) -> "PriceChangeQuerySet":
        """Return the planned changes whose day has come."""
        return self.planned().filter(holds_from__lte=today())


class PriceChange(models.Model):
    """Prices of a deployment from a list, with their source and the day from which they hold."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    deployment = models.ForeignKey(
        Deployment, models.CASCADE, related_name="price_changes", verbose_name=_("model at a vendor")
    )
    holds_from = models.DateField(_("holds from"))
    prices = models.JSONField(_("prices"))
    """By column of the deployment, the new price as a text, or null."""
    source = models.CharField(_("source"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    applied_at = models.DateTimeField(null=True, editable=False)

    deployment_id: UUID

    objects = PriceChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("price change")
        verbose_name_plural = _("price changes")
        default_permissions = ()
        ordering = ["-holds_from", "-created_at"]
        indexes = [models.Index(fields=["applied_at", "holds_from"])]

    def __str__(self) -> str:
        return f"{self.deployment.vendor_id} · {self.holds_from}"

    @property
    def labelled(self) -> list[tuple[str, Any]]:
        """Return the label and the text of each price."""
        fields: Any = Deployment._meta
        return [(str(fields.get_field(column).verbose_name), price) for column, price in self.prices.items()]


def today(moment: datetime | None = None) -> date:
    """Return the day in the site's time zone."""
    return timezone.localtime(moment or clock.now(), timezone.get_default_timezone()).date()
