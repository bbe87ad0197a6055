"""A key's own page: its timeline, *test now*, rotation, on and off."""

from collections.abc import Generator
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.utils.crypto import get_random_string
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from conversations.admin.keys.test_call import Trial
from conversations.admin.keys.timeline import timeline
from conversations.models import UsageRecord
from conversations.reporting.budgets import outlook
from conversations.reporting.names import key_name
from conversations.reporting.periods import Period
from conversations.reporting.permissions import changes_keys, sees_keys
from conversations.reporting.streaming import stream_response, unbuffered
from conversations.reporting.views import report
from providers import clock
from providers.audit import log
from providers.audit.log import Act
from providers.encryption.sealing import Locked
from providers.endpoints import balances, keys
from providers.endpoints.key_field import KeyField
from providers.error_texts import localized
from providers.errors import VendorError
from providers.models import ApiKey, Deployment, Trouble

MAX_CALLS_SHOWN = 20


class RotationForm(forms.Form):
    """The new value of a key."""

    new_key = KeyField(label=gettext_lazy("new key"), attrs={"size": 40})


class TrialForm(forms.Form):
    """The model of the endpoint with which a key is tested."""

    deployment = forms.ModelChoiceField(Deployment.objects.none())

    def __init__(self, key: ApiKey, *args: Any) -> None:
        super().__init__(*args)
        models: Any = self.fields["deployment"]
        models.queryset = key.endpoint.deployments.for_replies().select_related("endpoint", "model")


@sees_keys
@require_GET
def key_page(request: HttpRequest, key_id: UUID) -> HttpResponse:
    return _page(request, _key(key_id), RotationForm())


@changes_keys
@require_POST
def rotate_key(request: HttpRequest, key_id: UUID) -> HttpResponse:
    key, form = _of_site(key_id), RotationForm(request.POST)
    if form.is_valid():
        try:
            keys.replace_key(key, form.cleaned_data["new_key"], request.user)
        except ValidationError as error:
            form.add_error("new_key", error)
    if form.errors:
        return _page(request, key, form)
    return _changed(request, key, _("Rotated: the new key answers from now on, the old one is gone."))


@changes_keys
@require_POST
def ask_for_balance(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Ask the vendor for the key's balance, unless that was done a moment ago, and lead back to the page."""
    key = _of_site(key_id)
    try:
        balances.current_balance(key)
    except VendorError as error:
        messages.error(request, localized(error))
    except Locked as error:
        messages.error(request, str(error))
    return redirect("key", key_id)


@changes_keys
@require_POST
def switch_key(request: HttpRequest, key_id: UUID) -> HttpResponse:
    key = _key(key_id)
    keys.switch_key(key, request.POST.get("on") == "yes", request.user)
    return _changed(
        request, key, _("Switched on.") if key.enabled else _("Switched off: nothing calls with it any more.")
    )


@changes_keys
@require_POST
def test_key(request: HttpRequest, key_id: UUID) -> HttpResponseBase:
    """Stream a page that is written while the vendor answers."""
    key = _of_site(key_id)
    form = TrialForm(key, request.POST)
    if not form.is_valid():
        messages.error(request, _("This endpoint serves no such model."))
        return redirect("key", key_id)
    deployment = form.cleaned_data["deployment"]
    log.note(request.user, Act.TESTED, key, after={"model": deployment.vendor_id})
    gap = get_random_string(32)
    context = {**_frame(key), "title": _("Test now"), "deployment": deployment, "gap": gap}
    before, after = report(request, "trial", context).rendered_content.split(gap)
    trial = Trial(key, deployment, request.user)  # type: ignore[arg-type]  # it may change keys, so it is a person
    pieces = _written(before, after, trial, key)
    return unbuffered(stream_response(pieces, "text/html; charset=utf-8", own_thread=True, hang_up=trial.hang_up))


def _written(before: str, after: str, trial: Trial, key: ApiKey) -> Generator[bytes]:
    yield before.encode()
    for words in trial:
        yield escape(words).encode()
    yield render_to_string("admin/reports/_trial_result.html", {"result": trial.result, "key": key}).encode()
    yield after.encode()


def _key(key_id: UUID) -> ApiKey:
    return get_object_or_404(ApiKey.objects.select_related("endpoint", "owner", "created_by"), pk=key_id)


def _of_site(key_id: UUID) -> ApiKey:
    """Return a key without an owner; raises Http404 for personal and for missing keys."""
    return get_object_or_404(ApiKey.objects.of_site().select_related("endpoint"), pk=key_id)


def _page(request: HttpRequest, key: ApiKey, form: RotationForm) -> HttpResponse:
    period = Period.until_today(90)
    trouble = None if key.owner_id else Trouble.objects.filter(pk=key.pk).first()  # a personal key's is its owner's
    context = {
        **_frame(key),
        "title": key_name(key),
        "form": form,
        "may_change": request.user.has_perm("providers.change_apikey"),
        "timeline": timeline(key, period),
        "calls": UsageRecord.objects.filter(key=key.pk).order_by("-created_at")[:MAX_CALLS_SHOWN],
        "outlook": None if key.owner_id else outlook(key),
        "trouble": trouble,
        "rests": trouble is not None and trouble.cooling_until > clock.now(),
        "deployments": key.endpoint.deployments.for_replies().select_related("model"),
    }
    return report(request, "key", context)


def _frame(key: ApiKey) -> dict[str, Any]:
    return {"key": key, "opts": ApiKey._meta}


def _changed(request: HttpRequest, key: ApiKey, said: str) -> HttpResponse:
    admin.site.get_model_admin(ApiKey).log_change(request, key, said)
    messages.success(request, said)
    return redirect("key", key.pk)
