"""The balance of a key: asked on demand, and kept for a while."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from providers import clock
from providers.client.balances import ask_balance
from providers.client.route import route_to
from providers.models import ApiKey, KeyBalance

_STEP = Decimal("0.000001")


def current_balance(key: ApiKey) -> KeyBalance:
    """Return the kept balance, or ask the vendor for it. Raises VendorError or sealing.Locked."""
    kept = KeyBalance.of(key)
    if kept is not None and kept.is_fresh:
        return kept
    route = route_to(key.endpoint, key=key)
    told = None if key.endpoint.is_local else ask_balance(route.reachable(), key.secret, route.network())
    if told is not None and told.left is not None:
        told = replace(told, left=told.left.quantize(_STEP, ROUND_HALF_UP))
    answer = {
        "fingerprint": key.fingerprint,
        "is_told": told is not None,
        "left": told.left if told else None,
        "currency": told.currency if told else "",
        "asked_at": clock.now(),
    }
    return KeyBalance.objects.update_or_create(key=key, defaults=answer)[0]
