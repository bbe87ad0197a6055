"""Access to the reports: superusers, and staff with Django's permissions for the rows shown."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponseBase

TELLS_OF_MODEL_ACCESS = (
    "conversations.view_user",
    "conversations.view_team",
    "conversations.view_budget",
    "providers.view_languagemodel",
    "providers.view_endpoint",
    "providers.view_apikey",
)
"""Permissions for the page that says who can use which model: it tells of all of these rows."""
View = Callable[..., HttpResponseBase]


def require_report_access(permission: str | tuple[str, ...], view: View) -> View:
    """Return the view for people signed in to the admin who hold this permission, or all of these."""
    guarded: Any = admin.site.admin_view(permission_required(permission, raise_exception=True)(view))
    return guarded  # type: ignore[no-any-return]


sees_usage = partial(require_report_access, "conversations.view_usagerecord")
sees_budgets = partial(require_report_access, "conversations.view_budget")
sees_keys = partial(require_report_access, "providers.view_apikey")
changes_keys = partial(require_report_access, "providers.change_apikey")
