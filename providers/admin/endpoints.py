"""The pages of endpoints in the admin."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from providers.admin.endpoint_pages import EndpointPages, detect_page, models_page
from providers.admin.health import health_of
from providers.admin.keys import KeyFormSet, KeyInline
from providers.admin.language_models import DeploymentInline
from providers.admin.preset_page import preset_page
from providers.admin.price_page import prices_page
from providers.audit import log
from providers.endpoints import adding
from providers.error_texts import localized
from providers.errors import error_from_code
from providers.models import Endpoint, Trouble
from providers.models.address_guard import ADDRESS, address_of_proof, ask_again, by_names, may_readdress
from providers.pool import cooldown


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    """An endpoint's form, whose address may be read-only."""

    def add_error(self, field: str | None, error: Any) -> None:
        """Show errors of read-only fields above the form."""
        if field is None and set(getattr(error, "error_dict", {})) - set(self.fields):
            error = ValidationError(error.messages)
        super().add_error(field, error)


@admin.register(Endpoint)
class EndpointAdmin(EndpointPages):
    form = EndpointForm
    list_display = ["name", "wire", "base_url", "key_placement", "enabled"]
    list_filter = ["wire", "enabled"]
    search_fields = ["name", "base_url"]
    inlines = [KeyInline, DeploymentInline]
    fieldsets = [
        (None, {"fields": ["name", "wire", "base_url", "api_version", "enabled"]}),
        (_("Key"), {"fields": ["needs_key", "key_placement", "personal_keys"]}),
        (
            _("How it is asked"),
            {"fields": ["streaming", "ask_sse", "ask_usage", "snake_case", "headers"], "classes": ["collapse"]},
        ),
        (_("Money"), {"fields": ["exchange_rate"], "classes": ["collapse"]}),
        (_("Network"), {"fields": ["through_proxy"], "classes": ["collapse"]}),
        (
            _("Timeouts"),
            {"fields": ["first_token_seconds", "silence_seconds", "total_seconds"], "classes": ["collapse"]},
        ),
    ]

    def get_urls(self) -> list[URLPattern]:
        """Return the form's own addresses, and those of four pages beside it."""
        guarded = self.admin_site.admin_view
        pages = [
            path("preset/", guarded(partial(preset_page, self)), name="providers_endpoint_preset"),
            path("<uuid:pk>/detect/", guarded(partial(detect_page, self)), name="providers_endpoint_detect"),
            path("<uuid:pk>/models/", guarded(partial(models_page, self)), name="providers_endpoint_models"),
            path("<uuid:pk>/prices/", guarded(partial(prices_page, self)), name="providers_endpoint_prices"),
        ]
        return [*pages, *super().get_urls()]

    def render_change_form(  # type: ignore[no-untyped-def]
        self, request: HttpRequest, context, add=False, change=False, form_url="", obj=None
    ) -> HttpResponse:
        """Add the state of the keys and of the models."""
        context["health"] = health_of(obj, request.user) if obj else []
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Ask for usage by default: if a vendor refuses that, the stream learns it."""
        return {"ask_usage": True, **super().get_changeform_initial_data(request)}

    def get_readonly_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> list[str]:
        """Return the address fields of a stored endpoint, unless this person may change them now."""
        return [] if obj is None or may_readdress(request) else [*ADDRESS, "header_names"]

    def get_fieldsets(self, request: HttpRequest, obj: Endpoint | None = None) -> Any:
        """Replace the extra headers by their names for people who may not change them.

        A header's value may be a gateway's token.
        """
        sets: Any = super().get_fieldsets(request, obj)
        return sets if obj is None or may_readdress(request) else by_names(sets)

    @admin.display(description=_("extra headers"))
    def header_names(self, endpoint: Endpoint) -> str:
        return ", ".join(endpoint.headers) or "–"

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Refuse a form with address fields if the password was given too long ago."""
        proven = object_id is None or may_readdress(request)
        if request.method == "POST" and not proven and not request.POST.keys().isdisjoint(ADDRESS):
            return ask_again(request)
        proof = "" if proven or not request.user.is_superuser else address_of_proof(request.path)
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), "proof": proof})

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        with log.watch(request.user, Endpoint.objects.filter(pk=obj.pk)):  # its entry comes before those of its keys
            super().save_model(request, obj, form, change)
            if not change:
                log.added(request.user, obj)  # its id was not known before
        if change and {"wire", "base_url"} & set(form.changed_data):
            obj.deployments.update(learnt=[])
        if change and "base_url" in form.changed_data:
            adding.change_address(obj, request.user)
            self.message_user(request, _("The address has changed: its keys were removed, enter them again."))
        cooldown.reset([obj.pk, *obj.deployments.values_list("pk", flat=True)])

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the inline rows. A new address keeps only keys that were entered with it."""
        if isinstance(formset, KeyFormSet):
            formset.save_keys(request.user, is_moved=change and "base_url" in form.changed_data)
            return
        rows = formset.save()
        cooldown.reset(row.pk for row in rows)


class ReasonFilter(admin.SimpleListFilter):
    """A filter by the error of troubles; it offers the codes that occur."""

    title = _("what happened")
    parameter_name = "code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        codes = Trouble.objects.order_by("code").values_list("code", flat=True).distinct()
        return [(code, localized(error_from_code(code, ""))) for code in codes]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(code=self.value()) if self.value() else queryset
