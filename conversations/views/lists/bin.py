"""The page with deleted conversations, for people who may restore them."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
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
    until = f"{reverse('empty-bin')}?until={time.time()}"
    return page_of(request, "lists/bin.html", in_bin(person_of(request)), "deleted_at", {"empty_bin": until})


@login_required
@require_POST
def restore(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    return _done(request, actions.restore_conversation, conversation_id, gettext("The conversation is back."))


@login_required
@require_POST
def end(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    act = partial(actions.end_conversation, from_bin=True)
    return _done(request, act, conversation_id, gettext("The conversation is deleted forever."))


@login_required
@require_POST
def empty(request: HttpRequest) -> HttpResponse:
    """End what was in the bin when the page was made, which its address tells in seconds."""
    until = _moment(request.GET.get("until", ""))
    person = person_of(request)
    actions.empty_bin(person, until)
    left = in_bin(person)
    if left.filter(deleted_at__lte=until).exists():
        messages.error(request, _held())
    elif not left.exists():
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


def _moment(seconds: str) -> datetime:
    """Return the moment; now for anything else."""
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(float(seconds), UTC)
    return timezone.now()


def _held() -> str:
    return gettext("A legal hold is on: what is left here cannot be deleted forever now.")
