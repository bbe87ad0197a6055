"""Figures of one reply: its model, speed, tokens and cost, and the words in which another version differs."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from conversations.accounts.signed_in import person_of
from conversations.content.differences import differences
from conversations.models import Assistant, Message, Project, Prompt, SummaryVersion, UsageRecord, User
from conversations.models.message import UNDER_WAY, MessageQuerySet, Role
from conversations.protocol.parameters import known_parameters

MOST_VERSIONS = 100
_LONGEST = 200
_LEVELS = {
    "off": gettext_noop("Off"),
    "auto": gettext_noop("Automatic"),
    "minimal": gettext_noop("Minimal"),
    "low": gettext_noop("A little"),
    "medium": gettext_noop("Medium"),
    "high": gettext_noop("A lot"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """A parameter with which a reply was asked for: its label and its value as text."""

    label: str
    value: str


@login_required
@never_cache
@require_GET
def details(request: HttpRequest, reply: UUID) -> HttpResponse:
    """Respond with a fragment for the page, for everybody who may read the reply."""
    replies = Message.objects.visible_to(person_of(request)).filter(role=Role.ASSISTANT)
    message = get_object_or_404(replies.select_related("author", "parent", "instructions"), pk=reply)
    calls = list(UsageRecord.objects.filter(message=message.pk).order_by("created_at"))
    counts = ("input_tokens", "output_tokens", "cost")
    context = {
        "message": message,
        "project": _project_of(message, person_of(request)),
        "call": calls[-1] if calls else None,
        "calls": len(calls),
        "speed": _tokens_a_second(calls[-1]) if calls else None,
        "settings": _settings(message.parameters),
        "total": message.conversation.messages.aggregate(**{name: Sum(name) for name in counts}),
        "currency": settings.CHATSITE_CURRENCY,
        "summary": _summary_of(message),
        "is_assistant_visible": _is_assistant_visible(message, person_of(request)),
        **_prompt_of(message, person_of(request)),
        **_compared(message),
    }
    return render(request, "_reply_details.html", context)


@login_required
@never_cache
@require_GET
def versions(request: HttpRequest, reply: UUID) -> JsonResponse:
    """Respond with what tells the versions of a reply apart, by id: the model, and the settings that differ."""
    replies = Message.objects.visible_to(person_of(request)).filter(role=Role.ASSISTANT)
    found = list(_beside(get_object_or_404(replies, pk=reply)).order_by("-id")[:MOST_VERSIONS])
    settings_of = {one.pk: {told.label: told.value for told in _settings(one.parameters)} for one in found}
    labels = dict.fromkeys(label for told in settings_of.values() for label in told)
    differing = [label for label in labels if len({told.get(label) for told in settings_of.values()}) > 1]
    unset = gettext("As the model likes")
    words = {
        str(one.pk): " · ".join(
            [one.model_name, *(f"{label}: {settings_of[one.pk].get(label, unset)}" for label in differing)]
        )
        for one in found
    }
    return JsonResponse(words)


def _beside(message: Message) -> MessageQuerySet:
    """Return all versions of this reply."""
    return Message.objects.filter(conversation=message.conversation_id, parent=message.parent_id, role=Role.ASSISTANT)


def _prompt_of(message: Message, person: User) -> dict[str, Any]:
    """Return the kept prompt of the reply's question, and whether this person may open it."""
    prompt = message.parent.prompt if message.parent else None
    if not prompt:
        return {}
    is_visible = Prompt.objects.visible_to(person).filter(pk=prompt["id"], versions__number=prompt["version"]).exists()
    return {"prompt": prompt, "is_prompt_visible": is_visible}


def _is_assistant_visible(message: Message, reader: User) -> bool:
    """Return whether the reply's assistant is still there, and this reader may see it."""
    noted = message.assistant
    return noted is not None and Assistant.objects.visible_to(reader).filter(pk=noted["id"]).exists()


def _summary_of(message: Message) -> SummaryVersion | None:
    """Return the version of the summary that the reply was told, if it is still there."""
    if message.summary is None:
        return None
    rows = SummaryVersion.objects.filter(summary__conversation=message.conversation_id, summary=message.summary["id"])
    return rows.filter(number=message.summary["version"]).select_related("summary", "author").first()


def _project_of(message: Message, reader: User) -> Project | None:
    """Return the project whose instructions the reply was given, if its reader may still see that project."""
    if message.instructions is None:
        return None
    return Project.objects.visible_to(reader).filter(pk=message.instructions.project_id).first()


def _compared(message: Message) -> dict[str, Any]:
    """Return what differs from the version before; from the next one, if this is the first."""
    versions = list(_beside(message).order_by("id").values_list("pk", flat=True))
    if len(versions) < 2 or message.status in UNDER_WAY:
        return {}
    place = versions.index(message.pk)
    beside = place - 1 if place else 1
    other = Message.objects.get(pk=versions[beside])
    return {"other": other, "other_number": beside + 1, "runs": differences(other.text, message.text)}


def _tokens_a_second(call: UsageRecord) -> float | None:
    """Return the tokens of a second between the first one and the end."""
    if call.first_token_ms is None or not call.output_tokens or call.total_ms <= call.first_token_ms:
        return None
    return call.output_tokens * 1000 / (call.total_ms - call.first_token_ms)


def _settings(parameters: dict[str, Any]) -> list[Setting]:
    known = known_parameters()
    return [Setting(gettext(known[name].label), _written(value)) for name, value in parameters.items() if name in known]


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("On") if value else gettext("Off")
    if isinstance(value, dict) and len(value) == 1 and (level := value.get("level", value.get("budget"))):
        value = level  # how much a model thinks: a level, or a number of tokens
    if isinstance(value, str) and value in _LEVELS:
        return gettext(_LEVELS[value])
    if isinstance(value, dict):
        text = json.dumps(value, ensure_ascii=False)
    else:
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
