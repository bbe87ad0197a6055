"""Tables of fields in the administration: each field carries the name that stands only in the table's head."""

from typing import Any

from django.forms import BaseInlineFormSet
from django.utils.text import capfirst


class NamedFieldsFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """A formset whose fields carry their labels, because a table's rows show none."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():
            widget = getattr(field.widget, "widget", field.widget)  # a choice with links beside it wraps its select
            widget.attrs.setdefault("aria-label", capfirst(str(field.label or "")))
