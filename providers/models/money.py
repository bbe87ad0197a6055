"""Balances of keys, as their vendors told them."""

from datetime import timedelta

from django.db import models

from providers import clock
from providers.models.keys import ApiKey

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
