"""The chat page and the threads that it loads."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from conversations.accounts.signed_in import person_of
from conversations.content import threads
from conversations.files.storage import MAX_BYTES
from conversations.forms.endpoints import EndpointForm
from conversations.models import Conversation, Team, User
from conversations.models.sidebar import cursor_of, sidebar
from conversations.protocol.commands import MAX_FILES, MAX_MODELS
from conversations.protocol.parameters import known_parameters, supported_by
from conversations.text import MAX_TEXT_LENGTH
from conversations.usage.model_access import models_anywhere
from providers import local_model
from providers.endpoints import adding
from providers.endpoints.presets import presets
from providers.models import LanguageModel
from providers.wires.parameters import Number, Parameter

SIDEBAR_PAGE_SIZE = 50
"""Conversations in the sidebar of a fresh page; more come over the API."""
AT_FIRST_SIGHT = ("temperature", "top_p", "max_tokens", "thinking", "web_search", "code_execution")
"""Parameters that the panel shows at once; all others stand below "More"."""


@login_required
@never_cache
@require_GET
def chat(request: HttpRequest, conversation_id: UUID | None = None) -> HttpResponse:
    """Show the chat page, with one conversation or without."""
    return render(request, "chat.html", _chat_context(request, conversation_id))


@login_required
@never_cache
@require_GET
def thread(request: HttpRequest, conversation_id: UUID) -> JsonResponse:
    """Respond with the end of this person's branch as `html`, or a piece of it.

    With `after`, the piece is all below that message; with `before`, one above it. `revision` is the conversation's
    before its messages were read. The response's `after` is null if the piece is another one.
    """
    person = person_of(request)
    conversation = get_object_or_404(Conversation.objects.visible_to(person), pk=conversation_id)
    before, after = (_id(request.GET.get(name, "")) for name in ("before", "after"))
    rest = threads.below(person, conversation, after) if after else None
    shown = rest or (
        threads.above(person, conversation, before) if before else threads.thread_for(person, conversation)
    )
    html = render_to_string("_thread.html", {"thread": shown}, request)
    return JsonResponse({"revision": conversation.revision, "after": after if rest else None, "html": html})


def _chat_context(request: HttpRequest, conversation_id: UUID | None = None) -> dict[str, Any]:
    person = person_of(request)
    mine = sidebar(Conversation.objects.visible_to(person), person)
    conversation = mine.filter(pk=conversation_id).first() if conversation_id else None
    if conversation_id and conversation is None:
        raise Http404
    rows = list(mine[: SIDEBAR_PAGE_SIZE + 1])
    usable = models_anywhere(person).prefetch_related("deployments__endpoint")
    models = [_choice(model) for model in usable]
    return {
        "person": person,
        "conversations": rows[:SIDEBAR_PAGE_SIZE],
        "next_cursor": cursor_of(rows[SIDEBAR_PAGE_SIZE - 1]) if len(rows) > SIDEBAR_PAGE_SIZE else None,
        "conversation": conversation,
        "can_write": conversation is None or conversation.can_write(person),
        "can_share": conversation is None or conversation.can_share(person),
        "is_shared": conversation is not None and conversation.shares.open().exists(),
        "thread": threads.thread_for(person, conversation) if conversation else None,
        "models": models,
        "parameters": _panel(),
        "is_priced": any(deployment.prices() for model in usable for deployment in model.deployments.all()),
        "chosen_model": _chosen(conversation or _latest(rows, person), models),
        "teams": Team.objects.writable_by(person),
        "text_length": MAX_TEXT_LENGTH,
        "most_files": MAX_FILES,
        "most_models": MAX_MODELS,
        "file_bytes": MAX_BYTES,
        "version": settings.CHATSITE_VERSION,
        **(_first_steps(person) if not models else {}),
    }


def _choice(model: LanguageModel) -> dict[str, Any]:
    """Return a model for the composer, with its capabilities and the parameters of its wires."""
    wires = {deployment.endpoint.wire for deployment in model.deployments.all()}
    return {
        "id": str(model.id),
        "name": model.name,
        "capabilities": model.capabilities(),
        "parameters": [_with_bounds(name, declared) for name, declared in supported_by(wires).items()],
    }


def _with_bounds(name: str, declared: Parameter) -> str:
    return f"{name}:{declared.low}:{declared.high}" if isinstance(declared, Number) else name


def _panel() -> dict[str, list[tuple[str, Parameter]]]:
    """Return the panel's parameters within the widest bounds of any wire; the page narrows them to the model's."""
    every = known_parameters()
    first = {name: every[name] for name in AT_FIRST_SIGHT if name in every}
    return {"first": list(first.items()), "more": [(name, every[name]) for name in every if name not in first]}


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _latest(rows: Iterable[Conversation], person: User) -> Conversation | None:
    """Return this person's own conversation that changed last: a new one begins with its model."""
    return next((row for row in rows if row.owner_id == person.id and row.model_id), None)


def _chosen(conversation: Conversation | None, models: list[dict[str, Any]]) -> str:
    usual = str(conversation.model_id) if conversation else ""
    return next((model["id"] for model in models if model["id"] == usual), models[0]["id"] if models else "")


def _first_steps(person: User) -> dict[str, Any]:
    """Return the context of the first-run card, for people who may add a vendor."""
    if not (person.is_staff and person.has_perms(adding.PERMISSIONS)):
        return {}
    return {
        "adds_vendors": True,
        "presets": list(presets().values()),
        "local_model": local_model.state(settings.CHATSITE_DATA),
        "endpoint_form": EndpointForm(),
    }
