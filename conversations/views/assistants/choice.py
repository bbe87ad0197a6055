"""The assistants that the chat page offers in its list of models."""

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from conversations.accounts.signed_in import person_of
from conversations.models import Assistant, Conversation, User
from conversations.models.prompts.initials import initials
from conversations.text import name_order
from conversations.usage.model_access import models_anywhere


@login_required
@never_cache
@require_GET
def choice(request: HttpRequest) -> HttpResponse:
    """Show the assistants that this person may pick, for the page's list; `chosen` is there even if it is archived."""
    person = person_of(request)
    names = {str(key): name for key, name in models_anywhere(person).values_list("pk", "name")}
    rows = Assistant.objects.offered_to(person, request.GET.get("chosen", "")).select_related("team")
    ordered = sorted(rows, key=lambda one: (one.archived, name_order(one.name)))
    return render(request, "assistants/_choice.html", {"assistants": [_offered(one, names) for one in ordered]})


def of_composer(person: User, conversation: Conversation | None, asked: str) -> dict[str, Any]:
    """Return the context of the composer: whether there are assistants, and the one that is chosen.

    In a new conversation `asked`, an id, is the choice.
    """
    key = str(conversation.assistant_id or "") if conversation else asked
    offered = list(Assistant.objects.offered_to(person, key).only("name", "symbol"))
    chosen = next((one for one in offered if str(one.pk) == key), None)
    return {"has_assistants": bool(offered), "chosen_assistant": chosen}


def _offered(assistant: Assistant, names: dict[str, str]) -> dict[str, Any]:
    """Return an assistant with its models that the person may use somewhere, and whose it is."""
    usable = [key for key in assistant.model_ids if key in names]
    place = {"own": gettext("Only me"), "site": gettext("Everybody on this site")}.get(assistant.scope)
    about = [names[usable[0]] if usable else "", place or (assistant.team.name if assistant.team else "")]
    return {
        "assistant": assistant,
        "models": usable,
        "has_none": bool(assistant.model_ids) and not usable,
        "letters": initials(assistant.name),
        "starters": json.dumps(assistant.starters),
        "about": " · ".join(filter(None, about)),
    }
