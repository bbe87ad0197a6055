"""Tags for the figures of today on the admin's first page."""

from collections.abc import Mapping
from uuid import UUID

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from conversations.models import User
from conversations.models.spending import NOBODY
from conversations.reporting import dashboard
from conversations.reporting.names import outcome_name
from providers.checks import Finding

register = template.Library()
register.filter("outcome", outcome_name)


@register.simple_tag
def site_today() -> dashboard.Today:
    return dashboard.today()


@register.simple_tag
def site_zone() -> str:
    """Return the name of the zone whose days reports and budgets count."""
    return timezone.get_default_timezone_name()


@register.simple_tag
def concerns_for(viewer: User) -> list[Finding]:
    return dashboard.concerns(viewer)


@register.simple_tag
def looked_at_for(viewer: User) -> str:
    return gettext(", ").join(dashboard.looked_at(viewer))


@register.filter
def at(places: Mapping[UUID, int], subject: UUID) -> int | None:
    return places.get(subject)


@register.filter
def ledger_of(subject: UUID | None, kind: str) -> str:
    """Return the address of this subject's calls in the ledger; empty if there is no subject."""
    if subject is None or subject == NOBODY:
        return ""
    field = "user" if kind == "person" else kind
    return f"{reverse('admin:conversations_usagerecord_changelist')}?{field}__id__exact={subject}"
