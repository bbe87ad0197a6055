"""The way from a failed reply to the page of the administration on which its cause can be mended."""

from collections.abc import Iterator
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from conversations.models import Message, UsageRecord
from providers.errors import OF_THE_ACCOUNT
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel
from providers.pool import cooldown

PLACES = {
    "bad_reply": ("endpoint",),
    "bad_request": ("deployment", "model"),
    "model_not_found": ("deployment", "model"),
    "no_model": ("model",),
    **dict.fromkeys(("region_refused", "page_instead"), ("endpoint", "trouble")),
    **dict.fromkeys(OF_THE_ACCOUNT, ("key", "trouble")),
}
"""The pages for each error code, or for a reason narrower than its code, the best first."""


@admin.site.admin_view
@require_GET
def mend(request: HttpRequest, reply: UUID) -> HttpResponse:
    """Redirect to the first page for the reply's error that this person may see, else to the administration.

    The answer for a missing reply is that for one whose pages are all forbidden.
    """
    found = Message.objects.filter(pk=reply).first()
    pages = _pages(found) if found else iter(())
    return redirect(next((address for needed, address in pages if request.user.has_perm(needed)), "admin:index"))


def _pages(reply: Message) -> Iterator[tuple[str, str]]:
    """Yield the permission for each page, and its address."""
    call = UsageRecord.objects.filter(message=reply.pk).order_by("-created_at").first()
    for place in PLACES.get(reply.cause) or PLACES.get(reply.error_code, ()):
        match place:
            case "key" if key := _key(reply, call):
                yield "providers.view_apikey", reverse("key", args=[key])
            case "trouble":
                yield "providers.view_trouble", reverse("admin:providers_trouble_changelist")
            case "endpoint" if call and call.endpoint_id and Endpoint.objects.filter(pk=call.endpoint_id).exists():
                yield "providers.view_endpoint", reverse("admin:providers_endpoint_change", args=[call.endpoint_id])
            case "deployment" if call and (deployment := _deployment(call)):
                yield "providers.view_deployment", reverse("admin:providers_deployment_change", args=[deployment])
            case "model" if reply.model_id and LanguageModel.objects.filter(pk=reply.model_id).exists():
                yield (
                    "providers.view_languagemodel",
                    reverse("admin:providers_languagemodel_change", args=[reply.model_id]),
                )


def _key(reply: Message, call: UsageRecord | None) -> UUID | None:
    """Return the failed call's key; without a call, one that rests at an endpoint of the model."""
    if call and call.key_id:
        return call.key_id if ApiKey.objects.filter(pk=call.key_id).exists() else None
    endpoints = set(Deployment.objects.filter(model=reply.model_id).values_list("endpoint", flat=True))
    return next((key.pk for key, _ in cooldown.resting_keys() if key.endpoint_id in endpoints), None)


def _deployment(call: UsageRecord) -> UUID | None:
    rows = Deployment.objects.filter(model=call.model_id, endpoint=call.endpoint_id)
    return rows.values_list("pk", flat=True).first()
