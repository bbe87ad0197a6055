"""The page of the audit log: readable, filterable and downloadable as CSV, never changeable."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from providers.audit.admin import NoExistenceLeakAdmin
from providers.csv_table import csv_lines, in_batches
from providers.models.audit import AuditEntry

MAX_SHOWN = 160
"""Characters of the changes in the list; the entry's own page has all of them."""


class KindFilter(admin.SimpleListFilter):
    """A filter by the kind of row of the entries; it offers the kinds that occur."""

    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        labels = AuditEntry.objects.order_by("subject_type").values_list("subject_type", flat=True).distinct()
        return [(label, AuditEntry(subject_type=label).kind) for label in labels]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(subject_type=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditAdmin(NoExistenceLeakAdmin):
    list_display = ["created_at", "actor_name", "address", "act", "kind", "subject_name", "summary"]
    list_filter = ["act", KindFilter]
    search_fields = ["actor_name", "address", "subject_name", "=subject"]
    search_help_text = gettext_lazy("Who, from which address, what, or an id")
    date_hierarchy = "created_at"
    show_full_result_count = False
    change_form_template = "admin/providers/auditentry/entry.html"
    fields = ["created_at", "actor_name", "address", "act", "kind", "subject_name", "subject"]

    @admin.display(description=gettext_lazy("kind"), ordering="subject_type")
    def kind(self, entry: AuditEntry) -> str:
        return entry.kind

    @admin.display(description=gettext_lazy("before and after"))
    def summary(self, entry: AuditEntry) -> str:
        text = "; ".join(_sentences(entry))
        return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False


def table_of(entries: "QuerySet[AuditEntry]") -> Iterator[bytes]:
    """Yield the entries as CSV, the newest first, piece by piece."""
    return csv_lines(_header(), map(_cells, in_batches(entries, "-id")))


def _header() -> list[str]:
    return [
        _("when"), _("who"), _("address"), _("act"), _("kind"), _("what"), _("id"), _("before"), _("after"),
    ]  # fmt: skip


def _cells(entry: AuditEntry) -> list[str]:
    changes = entry.changes()
    return [
        entry.created_at.isoformat(timespec="seconds"),
        entry.actor_name,
        entry.address,
        entry.get_act_display(),
        entry.kind,
        entry.subject_name,
        entry.subject,
        "; ".join(f"{label}: {old}" for label, old, _new in changes if old),
        "; ".join(f"{label}: {new}" for label, _old, new in changes if new),
    ]


def _sentences(entry: AuditEntry) -> Iterator[str]:
    for label, old, new in entry.changes():
        yield f"{label}: {old} → {new}" if old and new else f"{label}: {old or new}"
