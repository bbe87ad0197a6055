"""Checks of keys and endpoints."""

from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from providers.checks import Check, Finding
from providers.encryption import rotation, sealing
from providers.models import ApiKey, Endpoint


def encryption_keys() -> str | list[Finding]:
    """Return the keys and second factors that no key of the ring opens, or a line of counts."""
    if problem := rotation.problem():
        return [Finding(problem, address=reverse_lazy("admin:providers_apikey_changelist"))]
    ids = ", ".join(sealing.key_ids())
    ring, stored = len(settings.CHATSITE_ENCRYPTION_KEYS), ApiKey.objects.count()
    return f"{ring} in the ring ({ids}), stored keys that open: {stored}"


def endpoints_without_keys() -> Iterable[Finding]:
    """Yield endpoints that nobody can use, because they have no enabled key."""
    keyed = ApiKey.objects.filter(enabled=True, owner=None).values("endpoint")
    for endpoint in Endpoint.objects.filter(enabled=True, needs_key=True, personal_keys=False).exclude(pk__in=keyed):
        address = reverse_lazy("admin:providers_endpoint_change", args=[endpoint.pk])
        yield Finding(_("%(name)s has no key that is switched on.") % {"name": endpoint.name}, address=address)


CHECKS = (
    Check(gettext_lazy("encryption keys"), encryption_keys, permission="providers.view_apikey"),
    Check(gettext_lazy("endpoints"), endpoints_without_keys, permission="providers.view_endpoint"),
)
