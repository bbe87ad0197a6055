"""Who may see these pages: superusers, and staff with the permissions that Django knows for what is shown."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponseBase

View = Callable[..., HttpResponseBase]


def require_report_access(permission: str | tuple[str, ...], view: View) -> View:
    """Only for those who are signed in to the admin and hold this permission, or all of these."""
    guarded: Any = admin.site.admin_view(permission_required(permission, raise_exception=True)(view))
    return guarded  # type: ignore[no-any-return]


sees_usage = partial(require_report_access, "conversations.view_usagerecord")
sees_budgets = partial(require_report_access, "conversations.view_budget")
sees_keys = partial(require_report_access, "providers.view_apikey")
changes_keys = partial(require_report_access, "providers.change_apikey")
