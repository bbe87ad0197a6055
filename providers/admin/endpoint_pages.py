"""Two pages beside an endpoint's form: the detection of its form, and the choice of models from its list."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from providers.admin.language_models import AdminWithTrouble
from providers.encryption.sealing import Locked
from providers.endpoints import adding, model_sync
from providers.endpoints.detection import conclude, detect_endpoint, detection_obstacle
from providers.error_texts import localized
from providers.errors import VendorError
from providers.models import Deployment, Endpoint, LanguageModel
from providers.models.address_guard import ask_again, may_readdress

MAX_ROWS_SHOWN = 200


class EndpointPages(AdminWithTrouble):
    """Hooks for the app that knows teams, on the page of a vendor's models."""

    def beside_models(self, request: HttpRequest) -> dict[str, Any]:
        """Return what is asked beside the models."""
        return {}

    def models_added(self, request: HttpRequest, added: list[str]) -> None:
        """Do what was asked, in the transaction in which these models have been added."""


class ModelForm(forms.Form):
    """The form for the model that is asked during the detection."""

    model = forms.CharField(
        label=capfirst(gettext_lazy("the vendor's id of the model")),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


def detect_page(rows: EndpointPages, request: HttpRequest, pk: UUID) -> HttpResponse:
    """Return the form that starts the tries, or the tries with their result, which the endpoint then uses."""
    if not may_readdress(request):
        return ask_again(request)
    endpoint = endpoint_of(rows, request, pk)
    deployment = endpoint.deployments.for_replies().first()
    form = ModelForm(request.POST or None, initial={"model": deployment.vendor_id if deployment else ""})
    context: dict[str, Any] = {"form": form, "problem": detection_obstacle(endpoint)}
    if request.method == "POST" and not context["problem"] and form.is_valid():
        context |= _detected(rows, request, endpoint, form.cleaned_data["model"])
    return endpoint_page(rows, request, "detect", endpoint, {"title": _("Detect how to call it"), **context})


def _detected(rows: EndpointPages, request: HttpRequest, endpoint: Endpoint, model: str) -> dict[str, Any]:
    try:
        detection = detect_endpoint(endpoint, model)
    except Locked as error:
        return {"problem": str(error)}
    stored = conclude(request.user, endpoint, detection)
    said = _("Detected how to call it.") if stored else _("Tried how to call it; nothing was changed.")
    rows.log_change(request, endpoint, said)
    return {"detection": detection, "stored": stored}


def models_page(rows: EndpointPages, request: HttpRequest, pk: UUID) -> HttpResponse:
    """Return the vendor's list with a filter and an order, which keep the picked models.

    A POST without "show" or "all" serves the picked models from now on; "all" picks those in sight.
    """
    endpoint = endpoint_of(rows, request, pk)
    if not _may_add_models(request):
        raise PermissionDenied
    if request.method == "POST" and not {"show", "all"} & request.POST.keys():
        return _adopted(rows, request, endpoint)
    given = request.POST if request.method == "POST" else request.GET
    context = {"title": _("Models the vendor lists"), **rows.beside_models(request), **_list(endpoint, given)}
    return endpoint_page(rows, request, "models", endpoint, context)


def _may_add_models(request: HttpRequest) -> bool:
    needed = (f"providers.add_{model._meta.model_name}" for model in (LanguageModel, Deployment))
    return all(request.user.has_perm(permission) for permission in needed)


def _adopted(rows: EndpointPages, request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    try:
        typed = adding.typed_ids(request.POST.get("typed", ""))
        with transaction.atomic():
            added = model_sync.adopt(endpoint, [*request.POST.getlist("model"), *typed], by=request.user)
            rows.models_added(request, added)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(request.get_full_path())
    if added:
        rows.log_change(request, endpoint, _("Added models: %(names)s.") % {"names": ", ".join(added)})
        messages.success(request, _("Added models: %(names)s.") % {"names": ", ".join(added)})
        return redirect(_table_of(request, endpoint) or request.get_full_path())
    messages.info(request, _("No new model was picked."))
    return redirect(request.get_full_path())


def _table_of(request: HttpRequest, endpoint: Endpoint) -> str:
    """Return the address of the table of its models, or "" for people who may not change it."""
    if not request.user.has_perm("providers.change_languagemodel"):
        return ""
    table = reverse("admin:providers_languagemodel_changelist")
    return f"{table}?deployments__endpoint__id__exact={endpoint.pk}"


def _list(endpoint: Endpoint, given: QueryDict) -> dict[str, Any]:
    try:
        offered = model_sync.offered(endpoint)
    except VendorError as error:
        return {"problem": localized(error)}
    except Locked as error:
        return {"problem": str(error)}
    wanted, order = given.get("q", ""), given.get("order", "")
    eligible = offered if given.get("everything") else model_sync.for_chat(offered)
    found = model_sync.ordered(model_sync.matching(eligible, wanted), order)
    shown, served = found[:MAX_ROWS_SHOWN], model_sync.served(endpoint)
    ticked = {*given.getlist("model"), *([entry.id for entry in shown] if "all" in given else [])}
    picked = [entry.id for entry in offered if entry.id in ticked and entry.id not in served]
    elsewhere = sorted(set(picked) - {entry.id for entry in shown})
    counts = {"listed": len(offered), "found": len(found), "shown": shown, "served": served}
    return {
        **counts,
        "everything": bool(given.get("everything")),
        "others": len(offered) - len(model_sync.for_chat(offered)),
        "q": wanted,
        "order": order,
        "orders": model_sync.ORDERS,
        "picked": picked,
        "elsewhere": elsewhere,
    }


def endpoint_of(rows: EndpointPages, request: HttpRequest, pk: UUID) -> Endpoint:
    """Return the endpoint. It checks the permission first, so that a refusal does not show whether the row exists."""
    if not rows.has_change_permission(request):
        raise PermissionDenied
    return get_object_or_404(Endpoint, pk=pk)


def endpoint_page(
    rows: EndpointPages, request: HttpRequest, name: str, endpoint: Endpoint, context: dict[str, Any]
) -> HttpResponse:
    frame = {**rows.admin_site.each_context(request), "opts": Endpoint._meta, "original": endpoint}
    return TemplateResponse(request, f"admin/providers/endpoint/{name}.html", {**frame, **context})
