"""The page of the audit log: read, filtered and taken away as CSV, never changed."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from providers.audit import AuditEntry
from providers.audited_admin import DiscreetAdmin
from providers.spreadsheets import csv_lines

SHOWN = 160
"""Characters of the changes in the list; the entry's own page has all of them."""


class KindFilter(admin.SimpleListFilter):
    """By what sort of row an entry is about, of those that occur."""

    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        labels = AuditEntry.objects.order_by("subject_type").values_list("subject_type", flat=True).distinct()
        return [(label, AuditEntry(subject_type=label).kind) for label in labels]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(subject_type=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditAdmin(DiscreetAdmin):
    list_display = ["created_at", "actor_name", "act", "kind", "subject_name", "summary", "address"]
    list_filter = ["act", KindFilter]
    search_fields = ["actor_name", "address", "subject_name", "=subject"]
    search_help_text = gettext_lazy("Who, from which address, what, or an id")
    date_hierarchy = "created_at"
    show_full_result_count = False
    change_list_template = "admin/providers/auditentry/list.html"
    change_form_template = "admin/providers/auditentry/entry.html"
    fields = ["created_at", "actor_name", "address", "act", "kind", "subject_name", "subject"]

    def get_urls(self) -> list[URLPattern]:
        export = path("csv/", self.admin_site.admin_view(self.export), name="providers_auditentry_csv")
        return [export, *super().get_urls()]

    @method_decorator(never_cache)
    def export(self, request: HttpRequest) -> HttpResponse:
        """The list as it is filtered, all of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        entries = self.get_changelist_instance(request).get_queryset(request)
        table = csv_lines(_header(), map(_cells, entries.iterator()))
        response = HttpResponse(table, content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
        return response

    @admin.display(description=gettext_lazy("kind"), ordering="subject_type")
    def kind(self, entry: AuditEntry) -> str:
        return entry.kind

    @admin.display(description=gettext_lazy("before and after"))
    def summary(self, entry: AuditEntry) -> str:
        text = "; ".join(_sentences(entry))
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False


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
