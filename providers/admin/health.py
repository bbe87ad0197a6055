"""The state of what an endpoint consists of: its keys, and its models where something failed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from providers import clock
from providers.models import ApiKey, Deployment, Endpoint, Trouble


@dataclass(frozen=True, slots=True)
class Part:
    """A key or a model of an endpoint, with its page and what last failed."""

    row: ApiKey | Deployment
    address: str
    trouble: Trouble | None

    @property
    def is_key(self) -> bool:
        return isinstance(self.row, ApiKey)

    @property
    def rests(self) -> bool:
        return self.trouble is not None and self.trouble.cooling_until > clock.now()


def health_of(endpoint: Endpoint, reader: Any) -> list[Part]:
    """Return the site's keys, and the models in trouble, as far as this person may see them."""
    return list(_parts(endpoint, reader))


def _parts(endpoint: Endpoint, reader: Any) -> Iterator[Part]:
    keys = list(endpoint.keys.filter(owner=None)) if reader.has_perm("providers.view_apikey") else []
    models = list(endpoint.deployments.all()) if reader.has_perm("providers.view_deployment") else []
    troubles = {}
    if reader.has_perm("providers.view_trouble"):
        troubles = Trouble.objects.in_bulk([row.pk for row in (*keys, *models)])
    for key in keys:
        yield Part(key, reverse("key", args=[key.pk]), troubles.get(key.pk))
    for model in models:
        if model.pk in troubles:
            yield Part(model, reverse("admin:providers_deployment_change", args=[model.pk]), troubles[model.pk])
