"""The summaries of a conversation as a part of its page, which is fetched once there is one."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from conversations.accounts.signed_in import person_of
from conversations.models import Conversation
from conversations.models.marks.summary import MAX_SUMMARY_LENGTH


@login_required
@never_cache
@require_GET
def summaries(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Respond with a fragment for the page: its words, its style, and the summaries of all branches."""
    person = person_of(request)
    conversation = get_object_or_404(Conversation.objects.visible_to(person), pk=conversation_id)
    context = {
        "summaries": conversation.summaries.told(),
        "can_write": conversation.can_write(person),
        "currency": settings.CHATSITE_CURRENCY,
        "length": MAX_SUMMARY_LENGTH,
    }
    return render(request, "_summaries.html", context)
