"""The chat page and the threads that it loads."""

from math import ceil
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from conversations.accounts.signed_in import person_of
from conversations.catch_up.missed import missed_since
from conversations.content import starters, threads
from conversations.files.storage import MAX_BYTES
from conversations.forms.endpoints import EndpointForm
from conversations.models import Conversation, Draft, Project, Team, User, Verification
from conversations.models.notifications.notification import count_unread
from conversations.models.projects.project_list import in_sidebar
from conversations.models.sidebar import one_listed
from conversations.protocol.commands import MAX_FILES, MAX_MODELS
from conversations.speech.recording import MAX_SECONDS
from conversations.text import MAX_TEXT_LENGTH
from conversations.views import composer, later
from conversations.views.assistants.choice import of_composer
from conversations.views.lists.sections import folded_parts, newest_in, sections_of, sidebar_width
from providers import clock, local_model
from providers.endpoints import adding
from providers.endpoints.presets import presets
from providers.errors import ContextTooLong
from providers.pool import cooldown
from providers.prepared_queries import Prepared

RECENT_CONVERSATIONS = 3
"""Conversations that the page of a new one leads to."""
SHARED = ("title", "text", "url")
"""Query parameters with which another application hands over what its user shares with the chat."""


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

    With `at`, it is the branch through that message. With `after`, the piece is all below that message; with `before`,
    one above it. `revision` is the conversation's before its messages were read. The response's `after` is null if the
    piece is another one.
    """
    person = person_of(request)
    conversation = get_object_or_404(Conversation.objects.visible_to(person), pk=conversation_id)
    before, after, at = (_id(request.GET.get(name, "")) for name in ("before", "after", "at"))
    rest = threads.below(person, conversation, after, at) if after else None
    shown = rest or (
        threads.above(person, conversation, before) if before else threads.thread_for(person, conversation, at)
    )
    html = render_to_string("_thread.html", {"thread": shown}, request)
    others = [other.to_json() for other in shown.others]
    piece = {"revision": conversation.revision, "after": after if rest else None, "html": html}
    return JsonResponse({**piece, "elsewhere": others})


@login_required
@never_cache
@require_GET
def resting_keys(request: HttpRequest) -> HttpResponse:
    """Respond with the lines about refused keys as they are now; none for people who may not test keys."""
    return render(request, "_resting_keys.html", {"resting_keys": _resting_keys(person_of(request))})


def _chat_context(request: HttpRequest, conversation_id: UUID | None = None) -> dict[str, Any]:
    person = person_of(request)
    conversation = one_listed(person, conversation_id) if conversation_id else None
    if conversation_id and conversation is None:
        raise Http404
    offered = composer.offered_models(person, conversation)
    models = offered["models"]
    at = _id(request.GET.get("at", ""))
    sections = sections_of(request, conversation)
    shown = threads.thread_for(person, conversation, at) if conversation else None
    return {
        "person": person,
        "later": later.address(),
        "sections": sections,
        "project_groups": in_sidebar(person),
        "are_projects_open": "projects" not in folded_parts(request),
        "projects": _PROJECTS(person.pk),
        "chosen_project": _chosen_project(request, person) if conversation is None else None,
        "is_sidebar_folded": "sidebar" in folded_parts(request),
        "sidebar_width": sidebar_width(request),
        "conversation": conversation,
        "chip": _readers(person, conversation) if conversation else "",
        "can_write": conversation is None or conversation.can_write(person),
        "can_share": conversation is None or conversation.can_share(person),
        "can_remark": conversation is None or conversation.can_remark(person),
        "has_remarks": conversation is not None and conversation.remarks.standing().exists(),
        "is_folded": conversation is not None and _is_folded(conversation, shown),
        "missed": missed_since(person, conversation) if conversation else None,
        "is_shared": conversation is not None and conversation.shares.open().exists(),
        "thread": shown,
        **offered,
        **of_composer(person, conversation, request.GET.get("assistant", "")),
        "drafts": [draft.to_json() for draft in Draft.objects.at(person, conversation)],
        "starters": [] if conversation else starters.offered(),
        "recent": newest_in(sections, RECENT_CONVERSATIONS),
        "teams": _TEAMS(person.pk),
        "chosen_team": request.GET.get("team", ""),
        "shared_text": _shared_text(request),
        "text_length": MAX_TEXT_LENGTH,
        "most_files": MAX_FILES,
        "most_models": MAX_MODELS,
        "most_seconds": MAX_SECONDS,
        "file_bytes": MAX_BYTES,
        "verified_due": _due_marks(person),
        "unread_notifications": count_unread(person),
        "version": settings.CHATSITE_VERSION,
        "may_test_keys": _may_test_keys(person),
        "resting_keys": _resting_keys(person),
        "tries_alone": _may_add_vendors(person) and {model["name"] for model in models} == {local_model.DISPLAY_NAME},
        **(_first_steps(person) if not models else {}),
    }


def _due_marks(person: User) -> int:
    """Return the number of the person's marks to look at again. Most people have none, which is quickly seen."""
    has_any = Verification.objects.in_force().filter(by=person).due().exists()
    return Verification.objects.due_for(person).count() if has_any else 0


def _is_folded(conversation: Conversation, shown: threads.Thread | None) -> bool:
    """Return whether the page has a summary to show, or a reply for which the conversation was too long."""
    said = [message for turn in shown.turns for message in turn.messages] if shown else []
    is_too_long = any(message.error_code == ContextTooLong.code for message in said)
    return is_too_long or conversation.summaries.ready().exists()


def _readers(person: User, conversation: Conversation) -> str:
    """Return the names of the teams, or the owner, and of the guests, without this person's."""
    owner = None if conversation.team or conversation.owner == person else conversation.owner.name
    guests = [guest.user.name for guest in conversation.named() if guest.user != person]
    teams = [grant.team.name for grant in conversation.named_teams()]
    return gettext(", ").join(filter(None, (conversation.team_name, owner, *teams, *guests)))


def _projects(person: UUID) -> "QuerySet[Project]":
    return Project.objects.writable_by(User(pk=person)).listed()


def _teams(person: UUID) -> "QuerySet[Team]":
    return Team.objects.writable_by(User(pk=person))


_PROJECTS, _TEAMS = Prepared(_projects), Prepared(_teams)


def _chosen_project(request: HttpRequest, person: User) -> Project | None:
    """Return the project in which a new conversation is to begin, if the person writes there."""
    key = _id(request.GET.get("project", ""))
    return Project.objects.writable_by(person).listed().filter(pk=key).first() if key else None


def _shared_text(request: HttpRequest) -> str:
    """Return what was shared with the chat, a line each; often an application says the address twice."""
    told = (request.GET.get(name, "").strip() for name in SHARED)
    return "\n".join(dict.fromkeys(filter(None, told)))[:MAX_TEXT_LENGTH]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _may_test_keys(person: User) -> bool:
    return person.is_staff and person.has_perm("providers.change_apikey")


def _resting_keys(person: User) -> list[dict[str, Any]]:
    """Return the refused keys, for people who may test them: key, trouble, seconds it lasts, a model to test with."""
    if not _may_test_keys(person):
        return []
    return [
        {
            "key": key,
            "trouble": trouble,
            "seconds": ceil((trouble.cooling_until - clock.now()).total_seconds()),
            "deployment": key.endpoint.deployments.for_replies().filter(enabled=True).first(),
        }
        for key, trouble in cooldown.resting_keys()
    ]


def _first_steps(person: User) -> dict[str, Any]:
    """Return the context of the first-run card, for people who may add a vendor."""
    if not _may_add_vendors(person):
        return {}
    return {
        "adds_vendors": True,
        "presets": list(presets().values()),
        "local_model": local_model.state(settings.CHATSITE_DATA),
        "endpoint_form": EndpointForm(),
    }


def _may_add_vendors(person: User) -> bool:
    return person.is_staff and person.has_perms(adding.PERMISSIONS)
