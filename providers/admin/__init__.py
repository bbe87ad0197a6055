"""Django's admin of endpoints, keys, models and the audit log: importing it registers every page."""

from providers.admin import endpoints
from providers.audit import log_admin

__all__ = ["endpoints", "log_admin"]
