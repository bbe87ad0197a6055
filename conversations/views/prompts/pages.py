"""The list of prompts, a new one, and one prompt with its words."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from conversations import actions
from conversations.accounts import rate_limits
from conversations.accounts.signed_in import person_of
from conversations.actions.prompts.writing import decides
from conversations.errors import Refused
from conversations.forms.kept.prompts import TYPE_LABELS, PlaceForm, PromptForm, place_in, sentence_of
from conversations.models import Prompt, Team, User
from conversations.models.prompts.prompt import MAX_PROMPT_LENGTH, PromptQuerySet
from conversations.views.prompts.access import act, visible
from conversations.views.teams.access import act as act_in_team
from conversations.views.teams.access import led, own, shown

MOST_SHOWN = 500
MAX_WORDS = 120


@act("GET")
def prompts(request: HttpRequest) -> HttpResponse:
    """List the prompts that the person may use, and those that wait for a lead."""
    person, words = person_of(request), request.GET.get("q", "").replace("\0", "").strip()[:MAX_WORDS]
    found = list(_listed(Prompt.objects.visible_to(person), words))
    context = {
        "prompts": found[:MOST_SHOWN],
        "asked": words,
        "has_more": len(found) > MOST_SHOWN,
        "decided": _decided(person, found),
        "file_form": PlaceForm(person),
    }
    return render(request, "prompts/list.html", context)


@act("GET", "POST")
def new_prompt(request: HttpRequest) -> HttpResponse:
    """Write a prompt; `from` begins with a copy of another one, `scope` with a team's id."""
    person = person_of(request)
    copied = _copied(person, request.GET.get("from", ""))
    scope = request.GET.get("scope", "own")
    form = PromptForm(person, copied, request.POST if request.method == "POST" else None, scope=scope)
    if form.is_valid() and (kept := _saved(form, person, None)):
        _tell(request, is_published=bool(kept.version))
        return redirect("prompt", kept.pk)
    return _form(request, form)


@act("GET", "POST")
def prompt(request: HttpRequest, prompt_id: UUID) -> HttpResponse:
    """Show a prompt, its versions and proposals; who may write here changes it."""
    person, found = person_of(request), visible(request, prompt_id)
    form = PromptForm(person, found, request.POST if request.method == "POST" else None)
    if form.is_valid() and (kept := _saved(form, person, found)):
        _tell(request, is_published=kept.version > 0 and kept.words() == form.words.stored())
        return redirect("prompt", prompt_id)
    return _form(request, form, found)


@act("POST")
def delete_prompt(request: HttpRequest, prompt_id: UUID) -> HttpResponse:
    actions.delete_prompt(person_of(request), prompt_id)
    messages.success(request, gettext("The prompt is deleted."))
    return redirect("prompts")


@act_in_team("GET", "POST")
def team_prompts(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """List a team's prompts; its leads say who publishes them."""
    team, person = own(request, team_id), person_of(request)
    if request.method == "POST":
        led(request, team_id)
        actions.change_team(person, team_id, members_publish=request.POST.get("members_publish") == "yes")
        messages.success(request, gettext("Saved."))
        return redirect("team-prompts", team_id)
    found = list(_listed(Prompt.objects.visible_to(person).filter(team=team), ""))
    return shown(request, "prompts", team, {"prompts": found[:MOST_SHOWN], "decided": _decided(person, found)})


def _listed(rows: PromptQuerySet, words: str) -> PromptQuerySet:
    waiting = Count("versions", filter=Q(versions__number=None))
    return rows.found_by(words).listed(words).annotate(waiting=waiting)[: MOST_SHOWN + 1]


def _decided(person: User, found: list[Prompt]) -> set[UUID]:
    """Return the ids of the prompts whose proposals this person may publish."""
    return set(Prompt.objects.decided_by(person).filter(pk__in=[one.pk for one in found]).values_list("pk", flat=True))


def _copied(person: User, key: str) -> Prompt | None:
    try:
        return Prompt.objects.visible_to(person).filter(pk=UUID(key)).first()
    except ValueError:
        return None


def _saved(form: PromptForm, person: User, prompt: Prompt | None) -> Prompt | None:
    """Return the prompt as it is kept, or None with the refusal in the form."""
    try:
        if rate_limits.prompt(person.pk):
            raise Refused("rate_limited", "You have saved too many prompts in the last minute.")
        if prompt is not None:
            return actions.change_prompt(person, prompt.pk, form.words, form.cleaned_data["version"])
        return actions.create_prompt(person, place_in(form.cleaned_data["scope"]), form.words)
    except Refused as refusal:
        if refusal.code == "not_found":
            raise
        if refusal.code == "conflict" and prompt is not None:
            form.take_version(prompt.version)
        form.add_error(None, sentence_of(refusal))
        return None


def _form(request: HttpRequest, form: PromptForm, prompt: Prompt | None = None) -> HttpResponse:
    person = person_of(request)
    context: dict[str, Any] = {
        "form": form,
        "prompt": prompt,
        "types": TYPE_LABELS,
        "text_length": MAX_PROMPT_LENGTH,
        "empty": {"name": "", "type": "text", "default": "", "choices": []},
        "decides": prompt is None or decides(person, prompt),
        "writes": prompt is None or Prompt.objects.writable_by(person).filter(pk=prompt.pk).exists(),
        "teams_where_leads_publish": Team.objects.writable_by(person).filter(members_publish=False),
    }
    if prompt is not None:
        context["versions"] = prompt.versions.published().select_related("author").order_by("-number")
        proposed = prompt.versions.proposed().select_related("author").order_by("created_at")
        context["proposals"] = proposed if context["decides"] else proposed.filter(author=person)
    return render(request, "prompts/edit.html", context, status=422 if form.errors else 200)


def _tell(request: HttpRequest, *, is_published: bool) -> None:
    told = gettext("Saved.") if is_published else gettext("Your proposal waits for a lead of the team.")
    messages.success(request, told)
