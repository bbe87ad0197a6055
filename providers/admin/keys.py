"""Keys in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from providers.audit.admin import AuditedAdmin
from providers.endpoints import adding, keys
from providers.models import ApiKey

POOL_FIELDS = ["priority", "weight", "max_concurrent", "max_per_minute"]


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A key's row: the field takes a new key and shows none; empty means: keep the one that is stored."""

    new_key = forms.CharField(
        label=_("key"),
        required=False,
        strip=True,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("It is stored encrypted and never shown again. Leave it empty to keep the stored one."),
    )

    class Meta:
        model = ApiKey
        fields = ["endpoint", "name", "new_key", "enabled", *POOL_FIELDS]

    def clean_new_key(self) -> str:
        key: str = self.cleaned_data["new_key"]
        if not key and self.instance._state.adding:
            raise forms.ValidationError(_("A key is needed."))
        adding.check_key(key)
        return key

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.owner_id:
            del self.fields["new_key"]
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
            adding.refuse_twice(self.instance, key)
        return self.cleaned_data

    def save(self, commit: bool = True) -> ApiKey:
        if self.cleaned_data.get("new_key"):
            self.instance.secret = self.cleaned_data["new_key"]
        return super().save(commit)  # type: ignore[no-any-return]


class KeyInline(admin.TabularInline):  # type: ignore[type-arg]
    model = ApiKey
    form = KeyForm
    fields = ["name", "shown", "new_key", "enabled"]
    show_change_link = True
    readonly_fields = ["shown"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(owner=None)

    @admin.display(description=_("stored"))
    def shown(self, key: ApiKey) -> str:
        return str(key.secret)


@admin.register(ApiKey)
class ApiKeyAdmin(AuditedAdmin):
    form = KeyForm
    list_display = ["endpoint", "name", "shown", "owner", "enabled", "created_by", "created_at", "last_used_at"]
    list_filter = ["endpoint", "enabled"]
    list_select_related = ["endpoint", "owner", "created_by"]
    readonly_fields = ["shown", "owner", "created_by", "created_at", "last_used_at"]
    fields = ["endpoint", "name", "shown", "new_key", "enabled", *POOL_FIELDS, *readonly_fields[1:]]

    @admin.display(description=_("stored"))
    def shown(self, key: ApiKey) -> str:
        return str(key.secret)

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[Any]:
        """Take no new value for a personal key: its owner's questions would go to somebody else's account."""
        return [name for name in super().get_fields(request, obj) if name != "new_key" or not (obj and obj.owner_id)]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[str]:
        """A stored key does not move: sent to an address of somebody's choice, it would be read back."""
        return [*self.readonly_fields, *(["endpoint"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if not change:
            obj.created_by_id = request.user.pk
        super().save_model(request, obj, form, change)
        keys.note(obj, form.changed_data if change else (), request.user)
