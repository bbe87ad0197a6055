"""Pages: each parses, calls one action or query, and answers."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from conversations.accounts import allauth_adapter, first_run, language
from conversations.content import threads
from conversations.files.storage import MAX_BYTES
from conversations.forms.accounts import EndpointForm, SetUpForm
from conversations.models import Conversation, Team, User
from conversations.models.sidebar import cursor_of
from conversations.protocol.commands import MAX_FILES, MAX_MODELS
from conversations.protocol.parameters import known_to
from conversations.readiness import readiness
from conversations.reporting.permissions import View, sees
from conversations.text import TEXT_LENGTH
from conversations.usage.model_access import models_anywhere
from conversations.views import seen_address
from providers import local_model
from providers.endpoints import adding
from providers.endpoints.presets import PRESETS
from providers.models import LanguageModel

SIDEBAR = 50
"""Conversations in the sidebar of a fresh page; more come over the API."""


def adds_vendors(view: View) -> View:
    """Admit those who may add a vendor, and lead the signed-out to the sign-in."""
    return login_required(sees(adding.PERMISSIONS, view))


@login_required
@never_cache
@require_GET
def chat(request: HttpRequest, conversation_id: UUID | None = None) -> HttpResponse:
    """The chat page, with one conversation or with none yet."""
    return render(request, "chat.html", _chat_context(request, conversation_id))


@login_required
@never_cache
@require_GET
def thread(request: HttpRequest, conversation_id: UUID) -> JsonResponse:
    """The end of the branch that this person is shown, as the page holds it (`html`).

    Or all of it that is below `after`, or a piece of what is above `before`. `revision` is that of the conversation
    before its messages were read; `after` is null where something else is given.
    """
    assert request.user.is_authenticated
    conversation = get_object_or_404(Conversation.objects.visible_to(request.user), pk=conversation_id)
    before, after = (_id(request.GET.get(name, "")) for name in ("before", "after"))
    rest = threads.below(request.user, conversation, after) if after else None
    shown = rest or (threads.above(conversation, before) if before else threads.thread_for(request.user, conversation))
    html = render_to_string("_thread.html", {"thread": shown}, request)
    return JsonResponse({"revision": conversation.revision, "after": after if rest else None, "html": html})


@never_cache
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """The first run; not there once an administrator is."""
    if first_run.is_done():
        raise Http404
    form = SetUpForm(request.POST if request.method == "POST" else None)
    needs_code = not first_run.admits(request)
    if request.method == "POST" and form.is_valid():
        if not needs_code or first_run.admits(request, form.cleaned_data["code"]):
            return _first_administrator(request, form)
        form.add_error("code", translation.gettext("This is not the code that was printed."))
    code = request.GET.get("code", "")
    return render(request, "setup.html", {"form": form, "needs_code": needs_code, "code": code})


@require_POST
def change_language(request: HttpRequest) -> HttpResponse:
    """Remember the language somebody chose, in their account or their browser."""
    chosen = request.POST.get("language", "")
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    if language.is_known(chosen):
        if request.user.is_authenticated:
            request.user.language = chosen
            request.user.save(update_fields=["language"])
        language.remember(response, chosen)
    return response


@adds_vendors
@require_http_methods(["GET", "POST"])
def add_endpoint(request: HttpRequest) -> HttpResponse:
    """Add a vendor from the first-run card; a reload after an error leads back to the card."""
    if request.method == "GET":
        return redirect("/")
    form = EndpointForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            fields = {name: given[name] for name in ("base_url", "key")}
            adding.add_new_endpoint(given["preset"], name="", models=form.model_ids(), by=request.user, **fields)
            return redirect("/")
        except ValidationError as error:
            form.add_error(None, error)
    return render(request, "chat.html", {**_chat_context(request), "endpoint_form": form}, status=422)


@adds_vendors
@require_http_methods(["GET", "POST"])
def small_model(request: HttpRequest) -> HttpResponse:
    """How far the small local model is (GET, JSON), and the wish to talk with it (POST)."""
    if request.method == "POST":
        adding.adopt_local_model(by=request.user)
        return redirect("/")
    state = local_model.state(settings.CHATSITE_DATA)
    fields = {"stage": state.stage, "done": state.done, "total": state.total, "reason": _said(state.reason)}
    return JsonResponse(fields)


def _said(reason: str) -> str:
    return translation.gettext(reason) if reason else ""


@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """This process answers."""
    return JsonResponse({"status": "ok", **seen_address.by_doctor(request)})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """This process can serve: a row can be written, and the database is of its version."""
    told = {"version": settings.CHATSITE_VERSION}
    if found := readiness.findings():
        return JsonResponse({"status": "unavailable", "code": found[0].code, **told}, status=503)
    return JsonResponse({"status": "ok", **told})


def _first_administrator(request: HttpRequest, form: SetUpForm) -> HttpResponse:
    given = form.cleaned_data
    try:
        person = first_run.create_administrator(given["name"], given["password"], given["language"])
    except first_run.AlreadySetUp:
        raise Http404 from None
    allauth_adapter.enter(request, person)
    response = redirect("/")
    language.remember(response, given["language"])
    return response


def _chat_context(request: HttpRequest, conversation_id: UUID | None = None) -> dict[str, Any]:
    person = request.user
    assert person.is_authenticated
    mine = Conversation.objects.visible_to(person).for_sidebar(person)
    conversation = mine.filter(pk=conversation_id).first() if conversation_id else None
    if conversation_id and conversation is None:
        raise Http404
    rows = list(mine[: SIDEBAR + 1])
    usable = models_anywhere(person).prefetch_related("deployments__endpoint")
    models = [_choice(model) for model in usable]
    return {
        "person": person,
        "conversations": rows[:SIDEBAR],
        "next_cursor": cursor_of(rows[SIDEBAR - 1]) if len(rows) > SIDEBAR else None,
        "conversation": conversation,
        "can_write": conversation is None or conversation.can_write(person),
        "can_share": conversation is None or conversation.can_share(person),
        "is_shared": conversation is not None and conversation.shares.open().exists(),
        "thread": threads.thread_for(person, conversation) if conversation else None,
        "models": models,
        "is_priced": any(deployment.prices() for model in usable for deployment in model.deployments.all()),
        "chosen_model": _chosen(conversation or _latest(rows, person), models),
        "teams": Team.objects.writable_by(person),
        "text_length": TEXT_LENGTH,
        "most_files": MAX_FILES,
        "most_models": MAX_MODELS,
        "file_bytes": MAX_BYTES,
        "version": settings.CHATSITE_VERSION,
        **(_first_steps(person) if not models else {}),
    }


def _choice(model: LanguageModel) -> dict[str, Any]:
    """A model as the composer offers it: what it takes, and which parameters its wires know."""
    wires = {deployment.endpoint.wire for deployment in model.deployments.all()}
    return {
        "id": str(model.id),
        "name": model.name,
        "capabilities": model.capabilities(),
        "parameters": known_to(wires),
    }


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _latest(rows: Iterable[Conversation], person: User) -> Conversation | None:
    """This person's own conversation that moved last: a new one begins with its model."""
    return next((row for row in rows if row.owner_id == person.id and row.model_id), None)


def _chosen(conversation: Conversation | None, models: list[dict[str, Any]]) -> str:
    usual = str(conversation.model_id) if conversation else ""
    return next((model["id"] for model in models if model["id"] == usual), models[0]["id"] if models else "")


def _first_steps(person: User) -> dict[str, Any]:
    """Return what the first-run card needs, for those who may add a vendor."""
    if not (person.is_staff and person.has_perms(adding.PERMISSIONS)):
        return {}
    return {
        "adds_vendors": True,
        "presets": list(PRESETS.values()),
        "local_model": local_model.state(settings.CHATSITE_DATA),
        "endpoint_form": EndpointForm(),
    }
