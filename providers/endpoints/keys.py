"""What an administrator does with a stored key: another value, on and off; all of it in force at the next call."""

from collections.abc import Collection
from typing import Any

from providers.audit import log
from providers.endpoints import adding
from providers.models import ApiKey
from providers.models.health import HealthEvent
from providers.pool import cooldown

_Kind = HealthEvent.Kind


def rotate(key: ApiKey, plain: str, by: Any) -> None:
    """The new value in, the old one gone; raises ValidationError in words. What is being written goes on to its end."""
    adding.check_key(plain)
    adding.refuse_twice(key, plain)
    with log.watch(by, ApiKey.objects.filter(pk=key.pk)):
        key.secret = plain
        key.save(update_fields=["secret", "fingerprint"])
        note(key, {"new_key"}, by)


def switch(key: ApiKey, on: bool, by: Any) -> None:
    """Calls with a key that is switched off end within a second, in every process."""
    with log.watch(by, ApiKey.objects.filter(pk=key.pk)):
        key.enabled = on
        key.save(update_fields=["enabled"])
        note(key, {"enabled"}, by)


def note(key: ApiKey, changed: Collection[str], by: Any) -> None:
    """These fields of its form were changed: its timeline says so, and what was known of it counts no more."""
    cooldown.reset([key.pk])
    if "new_key" in changed:
        HealthEvent.note(key.pk, _Kind.ROTATED, by=by)
    if "enabled" in changed:
        HealthEvent.note(key.pk, _Kind.ENABLED if key.enabled else _Kind.DISABLED, by=by)
