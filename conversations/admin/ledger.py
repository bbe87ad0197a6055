"""The ledger in the admin: a million rows, of which a page reads only a few."""

import json
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from conversations.admin.ledger_filters import KeyFilter, ModelFilter, PersonFilter, TeamFilter
from conversations.models import UsageRecord
from conversations.reporting.downloads import download
from conversations.reporting.names import OUTCOMES, outcome_name
from conversations.reporting.periods import Period
from conversations.templatetags.amounts import count, money, seconds
from conversations.usage.daily_sums import SUCCESS_OUTCOMES, bounds_of
from providers.audit.admin import NoExistenceLeakAdmin

MAX_ROWS_COUNTED = 10_000
"""Rows that one may page through; older ones need a filter or the CSV."""
USUAL_DAYS = "30"

_FIELDS = [
    "created_at",
    "user",
    "team",
    "purpose",
    "conversation",
    "message",
    "model",
    "endpoint",
    "key",
    "input_tokens",
    "output_tokens",
    "thought_tokens",
    "cached_tokens",
    "written_tokens",
    "estimated",
    "price",
    "ending",
    "first_token_ms",
    "total_ms",
    "gaps",
    "parameters_set",
]
FAILED = sorted(OUTCOMES.keys() - SUCCESS_OUTCOMES)

Rows = QuerySet[UsageRecord]


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """A paginator that counts only the rows that it can show."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:MAX_ROWS_COUNTED].count())


class DaysFilter(admin.SimpleListFilter):
    """A filter by period, by default the last month."""

    title = _("period")
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("today")), ("7", _("7 days")), (USUAL_DAYS, _("30 days")), ("all", _("all"))]

    def choices(self, changelist: Any) -> Any:
        """Yield the choices without Django's own “all”, which would be the usual days here."""
        for value, title in self.lookup_choices:
            address = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": (self.value() or USUAL_DAYS) == value, "query_string": address, "display": title}

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        days = self.value() or USUAL_DAYS
        if not days.isdecimal() or len(days) > 3:
            return queryset
        begins, _ends = bounds_of(Period.until_today(max(1, int(days))).first)
        return queryset.filter(created_at__gte=begins)


class OutcomeFilter(admin.SimpleListFilter):
    """A filter by outcome with all known ones: a query for those that occur would read all rows."""

    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("failed", _("all errors")), *OUTCOMES.items()]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() == "failed":
            return queryset.filter(outcome__in=FAILED)  # uses an index, which “not in the others” would not
        return queryset.filter(outcome=self.value()) if self.value() else queryset


def _is_there(call: UsageRecord | None, name: str) -> bool:
    try:
        return getattr(call, name, None) is not None
    except ObjectDoesNotExist:
        return False


@admin.register(UsageRecord)
class LedgerAdmin(NoExistenceLeakAdmin):
    """All calls, without any text of the messages."""

    list_display = [
        "created_at",
        "user",
        "asked",
        "price",
        "tokens",
        "ending",
        "endpoint_name",
        "key_name",
        "waits",
    ]
    readonly_fields = ["price", "ending", "parameters_set"]
    list_filter = [DaysFilter, OutcomeFilter, PersonFilter, TeamFilter, ModelFilter, KeyFilter]
    list_select_related = ["user"]
    list_per_page = 50
    sortable_by = ["created_at"]
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # facets would count a million rows for each choice of each filter

    def sent(self, request: HttpRequest, table: Iterator[bytes]) -> HttpResponseBase:
        """Stream a table of perhaps a million rows."""
        told = {"filter": request.GET.urlencode()} if request.GET else {}
        return download(request, UsageRecord, table, "call-log.csv", **told)

    def get_fields(self, request: HttpRequest, obj: UsageRecord | None = None) -> Any:
        """Return the fields: of a model, an endpoint or a key that is gone, the name that it had."""
        names = {name: f"{name}_name" for name in ("model", "endpoint", "key") if not _is_there(obj, name)}
        return [names.get(name, name) for name in _FIELDS]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: UsageRecord | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: UsageRecord | None = None) -> bool:
        return False

    @admin.display(description=_("model"))
    def asked(self, call: UsageRecord) -> str:
        """Return the model's name, with the purpose of a call for no reply."""
        is_reply = call.purpose == UsageRecord.Purpose.REPLY
        return call.model_name if is_reply else f"{call.model_name} · {call.get_purpose_display()}"

    @admin.display(description=_("outcome"))
    def ending(self, call: UsageRecord) -> str:
        return outcome_name(call.outcome)

    @admin.display(description=_("parameters set"))
    def parameters_set(self, call: UsageRecord) -> str:
        """Return the names and values of a failed call's parameters, one a line; "-" if none is known."""
        set_by_hand = call.parameters or {}
        return "\n".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in set_by_hand.items())

    @admin.display(description=_("tokens in / out"))
    def tokens(self, call: UsageRecord) -> str:
        said = (call.output_tokens or 0) + (call.thought_tokens or 0)
        return f"{count(call.input_tokens or 0)} / {count(said)}{' ≈' if call.estimated else ''}"

    @admin.display(description=_("cost"))
    def price(self, call: UsageRecord) -> str:
        return money(call.cost)

    @admin.display(description=_("first token / in all"))
    def waits(self, call: UsageRecord) -> str:
        return f"{seconds(call.first_token_ms)} / {seconds(call.total_ms)}"
