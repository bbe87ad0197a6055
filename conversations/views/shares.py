"""Pages of share links for people with an account: make, list and revoke links, and copy another's snapshot."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conversations import actions
from conversations.accounts.signed_in import person_of
from conversations.errors import NotFound, Refused
from conversations.forms.shares import CopyForm, ShareForm
from conversations.ids import new_id
from conversations.models import Share
from conversations.views.links import copy_cookie
from conversations.views.requests import SHARE_OVER, dead_link


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def share(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Respond with a fragment: what a link would show or, after a POST, the link, only in this response."""
    try:
        if request.method == "POST":
            return _made(request, conversation_id)
        return _offer(request, conversation_id, _asked_for(ShareForm(request.GET)), ShareForm())
    except NotFound:
        raise Http404 from None
    except Refused as refusal:
        return _refused(request, refusal)


@login_required
@never_cache
@require_GET
def shares(request: HttpRequest) -> HttpResponse:
    """List the open links that this person may revoke, their own and others'."""
    rows = Share.objects.open().revocable_by(person_of(request)).select_related("made_by", "conversation__team")
    return render(request, "shares/list.html", {"shares": rows.order_by("-id"), "person": request.user})


@login_required
@require_POST
def revoke(request: HttpRequest, share_id: UUID) -> HttpResponse:
    try:
        actions.revoke_share(person_of(request), share_id)
    except NotFound:
        raise Http404 from None
    messages.success(request, gettext("The link is revoked."))
    return redirect("shares")


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def copy(request: HttpRequest) -> HttpResponse:
    """Ask for confirmation, then copy the snapshot of the link that this browser followed."""
    shared = Share.objects.open().filter(digest=copy_cookie.remembered(request)).first()
    if shared is None:
        return dead_link(request, SHARE_OVER)
    form = CopyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            copied = actions.copy_share(person_of(request), shared.pk, form.cleaned_data["key"].hex)
            return redirect("conversation", copied)
        except Refused:
            messages.error(request, gettext("Something went wrong. Try again."))
    context = {"share": shared, "key": new_id(), "messages_shown": shared.size()}
    return render(request, "shares/copy.html", context)


# --- Parts of the above --------------------------------------------------------------------------------------------


def _offer(request: HttpRequest, conversation_id: UUID, message: UUID | None, form: ShareForm) -> HttpResponse:
    offer = actions.offer_share(person_of(request), conversation_id, message)
    context = {"conversation_id": conversation_id, "offer": offer, "form": form}
    return render(request, "shares/_dialog.html", context, status=422 if form.errors else 200)


def _made(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    form = ShareForm(request.POST)
    message = _asked_for(form)
    if message is None or not form.is_valid():
        return _offer(request, conversation_id, message, form)
    given = {name: form.cleaned_data[name] for name in ("days", "pass_phrase")}
    _, secret = actions.share_conversation(person_of(request), conversation_id, message, **given)
    link = request.build_absolute_uri(reverse("shared", args=[secret]))
    return render(request, "shares/_dialog.html", {"link": link}, status=201)


def _asked_for(form: ShareForm) -> UUID | None:
    """Return the named message, or None if none is named; raises NotFound for a malformed id."""
    if form.data.get("message") and "message" in form.errors:
        raise NotFound
    return form.cleaned_data.get("message") if form.is_bound and not form.errors.get("message") else None


def _refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    sentence = _SENTENCES.get(refusal.code, _("Something went wrong."))
    return render(request, "shares/_dialog.html", {"refused": sentence}, status=refusal.http_status)


_SENTENCES = {
    "conflict": _("There is nothing here yet that has ended. Share it when the reply is complete."),
    "busy": _("You have too many links. Revoke some of them first."),
}
