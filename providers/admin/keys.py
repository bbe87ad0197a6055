"""Keys in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from providers.audit.admin import AuditedAdmin
from providers.audit.inlines import NamedFieldsFormSet
from providers.endpoints import keys
from providers.endpoints.key_field import KeyField
from providers.models import ApiKey

POOL_FIELDS = ["priority", "weight", "max_concurrent", "max_per_minute", "falls_back"]


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A key's form. Its field takes a new key and shows none; an empty field keeps the stored one."""

    new_key = KeyField(
        label=_("key"),
        required=False,
        help_text=_("It is stored encrypted and never shown again. Leave it empty to keep the stored one."),
    )

    class Meta:
        model = ApiKey
        fields = ["endpoint", "name", "new_key", "enabled", *POOL_FIELDS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.owner_id:
            del self.fields["new_key"]
        elif "new_key" in self.fields:
            self.fields["new_key"].required = self.instance._state.adding
        for name in self._with_default():
            self.fields[name].required = False

    def _with_default(self) -> list[str]:
        return [name for name in ("priority", "weight") if name in self.fields]

    def clean(self) -> dict[str, Any]:
        for name in self._with_default():
            self.cleaned_data[name] = self.cleaned_data.get(name) or 1
        key = self.cleaned_data.get("new_key")
        if "endpoint" in self.cleaned_data:
            self.instance.endpoint = self.cleaned_data["endpoint"]
        if key and self.instance.endpoint_id:
            keys.check_key(self.instance, key, lock=True)
        return self.cleaned_data


class KeyFormSet(NamedFieldsFormSet):
    """The table of an endpoint's keys."""

    def clean(self) -> None:
        """Refuse the same new key in two rows. Raises ValidationError."""
        super().clean()
        entered = [form.cleaned_data.get("new_key") for form in self.forms if form.is_valid()]
        if len(set(filter(None, entered))) < len(list(filter(None, entered))):
            raise forms.ValidationError(_("This key is in the list twice."))

    def save_keys(self, by: Any, *, is_moved: bool) -> None:
        """Store the entered keys. If the endpoint has moved, the keys of its old address are gone."""
        self.save(commit=False)
        entered = {form.instance.pk: form.cleaned_data.get("new_key", "") for form in self.forms}
        for row in self.new_objects:
            keys.add_key(row.endpoint, entered[row.pk], by=by, row=row)
        for row, changed in self.changed_objects:
            if is_moved and entered[row.pk]:
                keys.add_key(row.endpoint, entered[row.pk], by=by, row=row)
                keys.note(row, changed, by)
            elif not is_moved:
                keys.change_key(row, entered[row.pk], changed, by)
        keys.remove_keys(ApiKey.objects.filter(pk__in=[row.pk for row in self.deleted_objects]), by)


class KeyInline(admin.TabularInline):  # type: ignore[type-arg]
    model = ApiKey
    form = KeyForm
    formset = KeyFormSet
    fields = ["name", "shown", "new_key", "enabled"]
    classes = ["collapse"]  # the table above it has their state, and leads to each
    show_change_link = True
    readonly_fields = ["shown"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(owner=None)

    @admin.display(description=_("stored"))
    def shown(self, key: ApiKey) -> str:
        return str(key.secret)


class KeyList(ChangeList):
    """A list whose rows lead to the page of a key, with its test and its rotation."""

    def url_for_result(self, result: Model) -> str:
        return reverse("key", args=[result.pk])


@admin.register(ApiKey)
class ApiKeyAdmin(AuditedAdmin):
    form = KeyForm
    list_display = ["endpoint", "name", "shown", "owner", "enabled", "created_by", "created_at", "last_used_at"]
    list_filter = ["endpoint", "enabled"]
    list_select_related = ["endpoint", "owner", "created_by"]
    readonly_fields = ["shown", "owner", "created_by", "created_at", "last_used_at"]
    fields = ["endpoint", "name", "shown", "new_key", "enabled", *POOL_FIELDS, *readonly_fields[1:]]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeyList

    @admin.display(description=_("stored"))
    def shown(self, key: ApiKey) -> str:
        return str(key.secret)

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[Any]:
        """Leave the key field out for a personal key: its owner's questions would go to another account."""
        return [name for name in super().get_fields(request, obj) if name != "new_key" or not (obj and obj.owner_id)]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[str]:
        """Return the endpoint too for a stored key, and for a personal one its fallback, which its owner chooses.

        A key moved to an attacker's endpoint would be sent there.
        """
        return [
            *self.readonly_fields,
            *(["endpoint"] if obj else []),
            *(["falls_back"] if obj and obj.owner_id else []),
        ]

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            keys.change_key(obj, form.cleaned_data.get("new_key", ""), form.changed_data, request.user)
        else:
            keys.add_key(obj.endpoint, form.cleaned_data["new_key"], by=request.user, row=obj)
