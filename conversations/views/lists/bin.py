"""The page with deleted conversations, for people who may restore them."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from conversations import actions
from conversations.accounts.signed_in import person_of
from conversations.errors import Held, NotFound
from conversations.models import User
from conversations.models.sidebar import in_bin
from conversations.views.lists.paging import page_of


@login_required
@never_cache
@require_GET
def bin_page(request: HttpRequest) -> HttpResponse:
    return page_of(request, "lists/bin.html", in_bin(person_of(request)), "deleted_at")


@login_required
@require_POST
def restore(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    return _done(request, actions.restore_conversation, conversation_id, gettext("The conversation is back."))


@login_required
@require_POST
def end(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    return _done(request, actions.end_conversation, conversation_id, gettext("The conversation is deleted forever."))


@login_required
@require_POST
def empty(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    actions.empty_bin(person)
    if in_bin(person).exists():
        messages.error(request, _held())
    else:
        messages.success(request, gettext("The bin is empty."))
    return redirect("bin")


def _done(
    request: HttpRequest, act: Callable[[User, UUID], None], conversation_id: UUID, sentence: str
) -> HttpResponse:
    try:
        act(person_of(request), conversation_id)
        messages.success(request, sentence)
    except NotFound:
        raise Http404 from None
    except Held:
        messages.error(request, _held())
    return redirect("bin")


def _held() -> str:
    return gettext("A legal hold is on: what is left here cannot be deleted forever now.")
