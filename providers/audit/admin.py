"""Admin pages that write every change to the audit log, in the transaction of the change."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.forms import NumberInput, inlineformset_factory
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from providers.audit import log
from providers.audit.csv_list import csv_list
from providers.prices import plain

_CHOICES = frozenset(["", "exact", "in", "isnull", "gte", "lt", "year", "month", "day"])
"""Look-ups that Django's own filters and its row of dates make of a field."""
_ROW = "__id__exact"
_MAX_WORDS = 20
"""Words of a search that count: each is another condition, and no database takes thousands."""


class PlainNumberInput(NumberInput):
    """A field for an amount, without the noughts that its column keeps."""

    def format_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else super().format_value(value)


class NoExistenceLeakAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Admin pages that hide rows and fields from people without permission.

    The answers do not show whether a hidden row exists, nor what its hidden fields hold.
    """

    has_history = False
    """Whether a row's page leads to its changes: of rows that nobody changes there are none."""
    formfield_overrides = {models.DecimalField: {"widget": PlainNumberInput}}

    def get_urls(self) -> list[URLPattern]:
        """Return Django's own addresses, and that of the list as CSV."""
        export = path(
            "csv/", self.admin_site.admin_view(self.export), name=f"{self.opts.app_label}_{self.opts.model_name}_csv"
        )
        return [export, *super().get_urls()]

    @method_decorator([never_cache, require_GET])
    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Send the filtered list as CSV, and note that in the audit log."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.sent(request, csv_list(self, request))

    def sent(self, request: HttpRequest, table: Iterator[bytes]) -> HttpResponseBase:
        """Send a table whole; lists that may be very long stream it."""
        name = f"{self.opts.model_name}.csv"
        told = {"filter": request.GET.urlencode()} if request.GET else {}
        log.note(request.user, log.Act.DOWNLOADED, self.model, name=name, after=told)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(b"".join(table), content_type="text/csv; charset=utf-8", headers=headers)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().render_change_form(request, {**context, "has_history": self.has_history}, *args, **kwargs)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Return whether the list offers this filter, or it names a related row as links to this page do.

        Django would accept any look-up of any field. On SQLite a regular expression is Python's, and a bad one blocks
        the whole process.
        """
        field, _, how = lookup.partition("__")
        offered = {getattr(one, "parameter_name", one) for one in [*self.list_filter, self.date_hierarchy]}
        is_choice = field in offered and how.rpartition("__")[2] in _CHOICES
        return (is_choice or lookup in offered or lookup.endswith(_ROW)) and super().lookup_allowed(
            lookup, value, request
        )

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Search for the first 20 words."""
        return super().get_search_results(request, queryset, " ".join(search_term.split()[:_MAX_WORDS]))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """Leave out the rows that only join two others: they have no name that anybody knows."""
        named, counts, needed, protected = super().get_deleted_objects(objs, request)
        joins = [model._meta for model in apps.get_models(include_auto_created=True) if model._meta.auto_created]
        for joined in joins:
            counts.pop(str(joined.verbose_name_plural), None)
        beginnings = tuple(f"{capfirst(str(joined.verbose_name))}: " for joined in joins)
        return _without(named, beginnings), counts, needed, protected

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Check the permission first: Django reads the row first, and answers differently if it is missing."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)


def _without(named: list[Any], beginnings: tuple[str, ...]) -> list[Any]:
    """Return a nested list of rows without those whose lines begin like this."""
    kept = (one for one in named if isinstance(one, list) or not one.startswith(beginnings))
    return [_without(one, beginnings) if isinstance(one, list) else one for one in kept]


class AuditedAdmin(NoExistenceLeakAdmin):
    """A row's pages, with the rows of its inline tables, which log every change."""

    has_history = True

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Lead readers of the audit log to the row's entries there: Django's own list lacks what other pages did."""
        reads = request.user.has_perm("providers.view_auditentry") and self.has_view_or_change_permission(request)
        if not reads:
            return super().history_view(request, object_id, extra_context)
        asked = urlencode({"kind": self.opts.label_lower, "q": unquote(object_id)})
        return redirect(f"{reverse('admin:providers_auditentry_changelist')}?{asked}")

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Log the changes of a form. A new row has no key yet, so `log_addition` logs it."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        with self.watched(request, object_id) if object_id else log.watch(request.user):
            return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        if request.method != "POST":
            return super().delete_view(request, object_id, extra_context)
        with self.watched(request, object_id):
            return super().delete_view(request, object_id, extra_context)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        keys = list(queryset.values_list("pk", flat=True))
        with log.watch(request.user, *self._rows(keys)):
            super().delete_queryset(request, queryset)

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> LogEntry:
        """Log an added row and its inline rows.

        Django calls it in the transaction of the addition, after the inline tables are stored.
        """
        for rows in self._rows([obj.pk]):
            for row in rows:
                log.added(request.user, row)
        return super().log_addition(request, obj, message)

    def watched(self, request: HttpRequest, object_id: str) -> AbstractContextManager[None]:
        """Log changes of the row with this id inside the context, with the request's user as actor."""
        return log.watch(request.user, *self._rows(self._keys(object_id)))

    def _rows(self, keys: Iterable[Any]) -> Iterator[models.QuerySet[Any]]:
        """Yield the rows with these keys, and those of their inline tables."""
        yield self.model._default_manager.filter(pk__in=keys)
        for inline in self.inlines:
            link: Any = inlineformset_factory(self.model, inline.model, fk_name=inline.fk_name, fields=()).fk
            yield inline.model._default_manager.filter(**{f"{link.name}__in": keys})

    def _keys(self, object_id: str) -> list[Any]:
        """Return the key in an address of the admin, or [] if it is not a key."""
        try:
            return [self.opts.pk.to_python(unquote(object_id))]
        except ValidationError:
            return []
