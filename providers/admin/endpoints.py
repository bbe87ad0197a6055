"""Endpoints, keys and models in the admin. A key is written here and never shown again."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from providers.admin.endpoint_pages import detect_page, models_page
from providers.admin.preset_page import preset_page
from providers.audit.admin import AuditedAdmin
from providers.audit.log_admin import AuditAdmin
from providers.endpoints import adding, keys
from providers.error_texts import told
from providers.errors import of_code
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel, Trouble
from providers.models.address_guard import ADDRESS, address_of_proof, ask_again, by_names, may_readdress
from providers.pool import cooldown

__all__ = ["ApiKeyAdmin", "AuditAdmin", "DeploymentAdmin", "EndpointAdmin", "LanguageModelAdmin", "TroubleAdmin"]

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


class DeploymentInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Deployment
    fields = ["model", "endpoint", "vendor_id", "takes_images", "takes_documents", "enabled"]
    show_change_link = True
    extra = 0


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    """An endpoint's row, of which the address may be only shown."""

    def add_error(self, field: str | None, error: Any) -> None:
        """Say above the form what is wrong with a field that is only shown."""
        if field is None and set(getattr(error, "error_dict", {})) - set(self.fields):
            error = ValidationError(error.messages)
        super().add_error(field, error)


@admin.register(Endpoint)
class EndpointAdmin(AuditedAdmin):
    form = EndpointForm
    list_display = ["name", "wire", "base_url", "key_placement", "enabled"]
    list_filter = ["wire", "enabled"]
    search_fields = ["name", "base_url"]
    inlines = [KeyInline, DeploymentInline]
    fieldsets = [
        (None, {"fields": ["name", "wire", "base_url", "api_version", "enabled"]}),
        (_("Key"), {"fields": ["needs_key", "key_placement", "personal_keys"]}),
        (_("How it is asked"), {"fields": ["streaming", "ask_sse", "ask_usage", "snake_case", "headers"]}),
        (_("Way"), {"fields": ["through_proxy"]}),
        (_("Patience"), {"fields": ["first_token_seconds", "silence_seconds", "total_seconds"]}),
    ]

    def get_urls(self) -> list[URLPattern]:
        """The form's own pages, and three beside it."""
        guarded = self.admin_site.admin_view
        pages = [
            path("preset/", guarded(partial(preset_page, self)), name="providers_endpoint_preset"),
            path("<uuid:pk>/detect/", guarded(partial(detect_page, self)), name="providers_endpoint_detect"),
            path("<uuid:pk>/models/", guarded(partial(models_page, self)), name="providers_endpoint_models"),
        ]
        return [*pages, *super().get_urls()]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Try to be told what a reply has used: where asking is refused, that is learnt."""
        return {"ask_usage": True, **super().get_changeform_initial_data(request)}

    def get_readonly_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> list[str]:
        """Show the address of a stored endpoint, and let only those change it who may."""
        return [] if obj is None or may_readdress(request) else [*ADDRESS, "header_names"]

    def get_fieldsets(self, request: HttpRequest, obj: Endpoint | None = None) -> Any:
        """Name the extra headers to those who may not change them: what is in one may be a gateway's token."""
        sets: Any = super().get_fieldsets(request, obj)
        return sets if obj is None or may_readdress(request) else by_names(sets)

    @admin.display(description=_("extra headers"))
    def header_names(self, endpoint: Endpoint) -> str:
        return ", ".join(endpoint.headers) or "–"

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Refuse a form with an address whose sender's password was asked for too long ago."""
        proven = object_id is None or may_readdress(request)
        if request.method == "POST" and not proven and not request.POST.keys().isdisjoint(ADDRESS):
            return ask_again(request)
        proof = "" if proven or not request.user.is_superuser else address_of_proof(request.path)
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), "proof": proof})

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and {"wire", "base_url"} & set(form.changed_data):
            obj.deployments.update(learnt=[])
        if change and "base_url" in form.changed_data:
            adding.change_address(obj)
            self.message_user(request, _("The address has changed: its keys were removed, enter them again."))
        cooldown.forget([obj.pk, *obj.deployments.values_list("pk", flat=True)])

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Keys entered together with a new address are for it; those that were stored are not."""
        rows = formset.save(commit=False)
        if formset.model is ApiKey and change and "base_url" in form.changed_data:
            entered = [key for key, changed in formset.changed_objects if "new_key" in changed]
            rows = [*formset.new_objects, *entered]
        changed = {row.pk: names for row, names in formset.changed_objects}
        for row in rows:
            if isinstance(row, ApiKey) and row._state.adding:
                row.created_by_id = request.user.pk
            row.save()
            if isinstance(row, ApiKey):
                keys.note(row, changed.get(row.pk, ()), request.user)
            else:
                cooldown.forget([row.pk])
        for gone in formset.deleted_objects:
            gone.delete()


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


@admin.register(LanguageModel)
class LanguageModelAdmin(AuditedAdmin):
    list_display = ["name", "endpoints", "enabled"]
    search_fields = ["name"]
    inlines = [DeploymentInline]

    def get_queryset(self, request):  # type: ignore[no-untyped-def]
        return super().get_queryset(request).prefetch_related("deployments__endpoint")

    @admin.display(description=_("endpoints"))
    def endpoints(self, model: LanguageModel) -> str:
        return ", ".join(deployment.endpoint.name for deployment in model.deployments.all())


@admin.register(Deployment)
class DeploymentAdmin(AuditedAdmin):
    """What the rows within an endpoint and a model have no room for."""

    list_display = ["vendor_id", "model", "endpoint", "enabled"]
    list_filter = ["endpoint", "enabled"]
    list_select_related = ["model", "endpoint"]
    search_fields = ["vendor_id", "model__name"]
    fields = [
        "model",
        "endpoint",
        "vendor_id",
        "takes_images",
        "takes_documents",
        "enabled",
        "priority",
        "weight",
        "input_price",
        "output_price",
        "cached_price",
        "thought_price",
        "raw_extras",
        "learnt",
    ]

    def save_model(self, request: HttpRequest, obj: Deployment, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        cooldown.forget([obj.pk])


class ReasonFilter(admin.SimpleListFilter):
    """By what happened, of what did."""

    title = _("what happened")
    parameter_name = "code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        codes = Trouble.objects.order_by("code").values_list("code", flat=True).distinct()
        return [(code, told(of_code(code, ""))) for code in codes]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(code=self.value()) if self.value() else queryset


@admin.register(Trouble)
class TroubleAdmin(AuditedAdmin):
    """What the pool leaves alone just now; who deletes a row puts it back into service at once."""

    list_display = ["whose", "reason", "failures", "since", "cooling_until"]
    list_filter = [ReasonFilter]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Trouble | None = None) -> bool:
        return False

    @admin.display(description=_("what happened"))
    def reason(self, trouble: Trouble) -> str:
        return trouble.told

    @admin.display(description=_("what"))
    def whose(self, trouble: Trouble) -> str:
        rows = (model.objects.filter(pk=trouble.subject).first() for model in (ApiKey, Endpoint, Deployment))
        pair = cooldown.pairs().get(trouble.subject)
        found = next((row for row in rows if row is not None), None)
        if found is None and pair is not None:
            found = f"{ApiKey.objects.get(pk=pair[0])} · {Deployment.objects.get(pk=pair[1])}"
        return str(found or trouble.subject)
