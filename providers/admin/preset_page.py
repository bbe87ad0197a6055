"""One form for a vendor, its key and its models; the administrator picks a preset, which fills in the rest."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from providers.audit import log
from providers.endpoints import adding
from providers.endpoints.key_field import KeyField
from providers.endpoints.presets import presets
from providers.models import Endpoint
from providers.wires.declarations import Preset


class PresetForm(forms.Form):
    """The fields that a preset leaves open; for a vendor with a known address, a key is enough."""

    name = forms.CharField(label=gettext_lazy("name"), max_length=120)
    base_url = forms.CharField(label=gettext_lazy("base URL"), max_length=500)
    key = KeyField(
        label=gettext_lazy("key"),
        required=False,
        help_text=gettext_lazy("It is stored encrypted and never shown again."),
    )
    models = forms.CharField(
        label=gettext_lazy("models"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("The vendor's ids, one a line. Leave it empty to pick from the vendor's list next."),
    )

    @classmethod
    def of(cls, preset: Preset) -> PresetForm:
        return cls(initial={"name": adding.free_name(preset), "base_url": preset.base_url})


def preset_page(rows: ModelAdmin[Endpoint], request: HttpRequest) -> HttpResponse:
    """Return the list of presets or, after a choice, its form. A valid POST adds the vendor."""
    if not request.user.has_perms(adding.PERMISSIONS):
        raise PermissionDenied
    known = presets()
    preset = known.get(request.GET.get("preset", ""))
    context: dict[str, Any] = {"title": _("Add a vendor"), "presets": known.values(), "preset": preset}
    if preset and request.method == "POST":
        form = PresetForm(request.POST)
        with log.watch(request.user):  # `log_addition` skips entries that adding has already written
            if form.is_valid() and (endpoint := _added(request, preset, form)):
                return _greeted(rows, request, endpoint)
        context["form"] = form
    elif preset:
        context["form"] = PresetForm.of(preset)
    frame = {**rows.admin_site.each_context(request), "opts": Endpoint._meta}
    return TemplateResponse(request, "admin/providers/endpoint/preset.html", {**frame, **context})


def _added(request: HttpRequest, preset: Preset, form: PresetForm) -> Endpoint | None:
    given = form.cleaned_data
    models = adding.typed_ids(given["models"])
    fields = {name: given[name] for name in ("name", "base_url", "key")}
    try:
        return adding.add_new_endpoint(preset.id, models=models, by=request.user, **fields)
    except ValidationError as error:
        form.add_error(None, error)
    return None


def _greeted(rows: ModelAdmin[Endpoint], request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    """Redirect to the list of models if there are none yet, else to the key's page with its test."""
    rows.log_addition(request, endpoint, _("Added a vendor."))
    if not endpoint.deployments.exists():
        messages.success(request, _("The vendor is added. Now pick its models."))
        return redirect("admin:providers_endpoint_models", endpoint.pk)
    messages.success(request, _("The vendor is added, and its models can be chosen."))
    key = endpoint.keys.first()
    return redirect("key", key.pk) if key else redirect("admin:providers_endpoint_change", endpoint.pk)
