"""Database rows: endpoints, their keys, their models, their health, and the audit log."""

from providers.models.audit import AuditEntry
from providers.models.endpoints import Endpoint
from providers.models.fields import new_id
from providers.models.health import HealthEvent, Lease, Trouble
from providers.models.keys import ApiKey
from providers.models.language_models import Deployment, LanguageModel, LanguageModelQuerySet
from providers.models.money import KeyBalance, PriceChange

__all__ = [
    "ApiKey",
    "AuditEntry",
    "Deployment",
    "Endpoint",
    "HealthEvent",
    "KeyBalance",
    "LanguageModel",
    "LanguageModelQuerySet",
    "Lease",
    "PriceChange",
    "Trouble",
    "new_id",
]
