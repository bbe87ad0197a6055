"""Filters of the ledger by person, team, model and key, offering those in the daily sums."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models import DailySum, UsageRecord
from conversations.models.spending import NOBODY
from conversations.reporting.names import names_of

OFFERED_DAYS = 90
"""Days whose callers are offered: a list of all callers ever would be too long to use."""
MAX_OFFERED = 500


class SubjectFilter(admin.SimpleListFilter):
    """A filter with one list of subjects from the daily sums: a query of the ledger would read all rows."""

    template = "admin/reports/subject_filter.html"
    field, kind = "", ""

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.others = [
            (name, value)
            for name, values in request.GET.lists()
            for value in values
            if name not in (self.parameter_name, "p", "e")
        ]
        super().__init__(request, *args)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = as_uuid(request.GET.get(str(self.parameter_name), ""))
        found = {*self._recent(), *([chosen] if chosen else [])} - {NOBODY}
        names = names_of(self.kind, found)
        return sorted(((str(one), name) for one, name in names.items()), key=lambda item: item[1].casefold())

    def choices(self, changelist: Any) -> Any:
        for value, name in self.lookup_choices:
            yield {"value": value, "display": name, "selected": value == self.value()}

    def queryset(self, request: HttpRequest, queryset: "QuerySet[UsageRecord]") -> "QuerySet[UsageRecord]":
        if not self.value():
            return queryset
        chosen = as_uuid(str(self.value()))
        return queryset.filter(**{self.field: chosen}) if chosen else queryset.none()

    def _recent(self) -> list[UUID]:
        since = timezone.localdate(timezone=timezone.get_default_timezone()) - timedelta(days=OFFERED_DAYS)
        of_model = self.kind == "model"
        sums = DailySum.objects.filter(kind=DailySum.Kind.ENDPOINT if of_model else self.kind, day__gte=since)
        return list(sums.order_by().values_list("model" if of_model else "subject", flat=True).distinct()[:MAX_OFFERED])


class PersonFilter(SubjectFilter):
    title, parameter_name, field, kind = _("person"), "user__id__exact", "user", "person"


class TeamFilter(SubjectFilter):
    title, parameter_name, field, kind = _("team"), "team__id__exact", "team", "team"


class ModelFilter(SubjectFilter):
    title, parameter_name, field, kind = _("model"), "model__id__exact", "model", "model"


class KeyFilter(SubjectFilter):
    title, parameter_name, field, kind = _("key"), "key__id__exact", "key", "key"


def as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
