"""The list of a person's models for the API."""

from typing import Any
from uuid import UUID

from conversations.models import User
from conversations.usage.model_access import resting_models
from providers.models import LanguageModelQuerySet


def of(person: User, team: UUID | None, usable: LanguageModelQuerySet) -> list[dict[str, Any]]:
    """Return these models in their order, with what people and programs choose by."""
    models = usable.prefetch_related("deployments__endpoint").in_order()
    favourites = set(person.favourite_models.values_list("pk", flat=True))
    rests = resting_models(person, team, models)
    return [
        {
            "id": model.pk,
            "name": model.name,
            "description": model.description,
            "endpoints": [offer.endpoint.name for offer in model.offers()],
            "capabilities": model.capabilities(),
            "context_window": model.context_window,
            "favourite": model.pk in favourites,
            "rests_until": rests.get(model.pk),
        }
        for model in models
    ]
