"""A list of the administration as a table for spreadsheets: its columns, its filters, all of its rows."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import label_for_field, lookup_field
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from providers.csv_table import csv_lines, in_batches


def csv_list(page: "admin.ModelAdmin[Any]", request: HttpRequest) -> Iterator[bytes]:
    """Yield the filtered list as CSV, piece by piece, the newest rows first."""
    columns = [name for name in page.get_list_display(request) if name != "action_checkbox"]
    header = [capfirst(str(label_for_field(name, page.model, page))) for name in columns]
    rows = in_batches(page.get_changelist_instance(request).get_queryset(request), "-pk")
    return csv_lines(header, ([_cell(name, row, page) for name in columns] for row in rows))


def _cell(name: Any, row: Model, page: "admin.ModelAdmin[Any]") -> str:
    field, _attribute, value = lookup_field(name, row, page)
    if field is not None and getattr(field, "flatchoices", None):
        return str(getattr(row, f"get_{field.name}_display")())
    return _text(value)


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return _("yes") if value else _("no")
        case datetime():
            return timezone.localtime(value).isoformat(timespec="seconds")
        case Decimal():
            return f"{value:f}"
    return str(value)
