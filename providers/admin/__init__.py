"""Django's admin of endpoints, keys, models and the audit log: importing it registers every page."""

from providers.admin import endpoints, keys, language_models, troubles
from providers.audit import log_admin

__all__ = ["endpoints", "keys", "language_models", "log_admin", "troubles"]
