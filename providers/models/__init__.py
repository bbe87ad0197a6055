"""Rows: endpoints, their keys, the models they offer, what is known of their health, and the audit log."""

from providers.models.audit import AuditEntry
from providers.models.endpoints import (
    ApiKey,
    Deployment,
    Endpoint,
    KeyPlacement,
    LanguageModel,
    LanguageModelQuerySet,
    Wire,
    new_id,
)
from providers.models.health import HealthEvent, Lease, Trouble

__all__ = [
    "ApiKey",
    "AuditEntry",
    "Deployment",
    "Endpoint",
    "HealthEvent",
    "KeyPlacement",
    "LanguageModel",
    "LanguageModelQuerySet",
    "Lease",
    "Trouble",
    "Wire",
    "new_id",
]
