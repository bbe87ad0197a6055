"""The list of assistants, a new one, and one assistant with its settings and files."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from conversations.accounts import rate_limits
from conversations.accounts.signed_in import person_of
from conversations.actions.assistants import writing
from conversations.actions.assistants.files import create_with_files
from conversations.errors import NotFound, Refused
from conversations.forms.kept.assistants import AssistantFileForm, AssistantForm, sentence_of
from conversations.forms.kept.prompts import place_in
from conversations.models import Assistant, User
from conversations.models.assistants.assistant import MAX_NAME_LENGTH
from conversations.models.prompts.initials import initials
from conversations.text import name_order
from conversations.usage.estimates import file_tokens
from conversations.usage.model_access import models_anywhere
from conversations.views.assistants.access import act, decides, visible
from conversations.views.assistants.files import take_files

MOST_SHOWN = 500


@act("GET")
def assistants(request: HttpRequest) -> HttpResponse:
    """List the assistants that the person may use, archived ones last; `q` finds names and their first letters."""
    person, asked = person_of(request), request.GET.get("q", "").replace("\x00", "").strip()[:MAX_NAME_LENGTH]
    words = asked.casefold()
    visible_ones = Assistant.objects.visible_to(person).select_related("team")
    found = (one for one in visible_ones if words in one.name.casefold() or words in initials(one.name))
    rows = sorted(found, key=lambda one: (one.archived, name_order(one.name)))
    context = {"assistants": rows[:MOST_SHOWN], "has_more": len(rows) > MOST_SHOWN, "asked": asked}
    return render(request, "assistants/list.html", {**context, "file_form": AssistantFileForm(person)})


@act("GET", "POST")
def new_assistant(request: HttpRequest) -> HttpResponse:
    """Make an assistant; `from` begins with a copy of another one, with its files."""
    person, sent = person_of(request), request.POST if request.method == "POST" else None
    copied = _copied(person, request.GET.get("from", ""))
    form = AssistantForm(person, copied, sent)
    if form.is_valid() and (made := _saved(form, person, copied)):
        take_files(request, person, made)
        messages.success(request, gettext("Saved."))
        return redirect("assistant", made.pk)
    held = copied.held.select_related("file") if copied.name else []
    context = {"form": form, "decides": True, "copied_files": [one.file.name for one in held]}
    return render(request, "assistants/edit.html", context, status=_status(form))


@act("GET", "POST")
def assistant(request: HttpRequest, assistant_id: UUID) -> HttpResponse:
    """Show an assistant; who publishes in its place changes it."""
    person, found = person_of(request), visible(request, assistant_id)
    may_change = decides(request, found)
    if request.method == "POST" and not may_change:
        raise NotFound
    form = AssistantForm(person, found, request.POST if request.method == "POST" else None)
    if form.is_valid() and _saved(form, person, found, is_new=False):
        messages.success(request, gettext("Saved."))
        return redirect("assistant", assistant_id)
    names = dict(models_anywhere(person).filter(pk__in=found.model_ids).values_list("pk", "name"))
    context = {
        "form": form,
        "assistant": found,
        "decides": may_change,
        "models": [names[key] for key in map(UUID, found.model_ids) if key in names],
        "files": [(held, file_tokens(held.file)) for held in found.held.select_related("file")],
    }
    return render(request, "assistants/edit.html", context, status=_status(form))


@act("POST")
def archive(request: HttpRequest, assistant_id: UUID) -> HttpResponse:
    """Put an assistant into the archive, or take it out, as the button said."""
    archived = bool(request.POST.get("archived"))
    writing.change_assistant(person_of(request), assistant_id, archived=archived)
    messages.success(request, gettext("Archived.") if archived else gettext("Taken out of the archive."))
    return redirect("assistant", assistant_id)


@act("POST")
def delete(request: HttpRequest, assistant_id: UUID) -> HttpResponse:
    writing.delete_assistant(person_of(request), assistant_id)
    messages.success(request, gettext("The assistant is deleted. Its conversations are still there."))
    return redirect("assistants")


def _copied(person: User, key: str) -> Assistant:
    """Return what a new assistant begins with: nothing, or another one of which the person sees all."""
    try:
        found = Assistant.objects.visible_to(person).filter(pk=UUID(key)).first()
    except ValueError:
        found = None
    if found is None:
        return Assistant()
    usable = {str(key) for key in models_anywhere(person).values_list("pk", flat=True)}
    found.model_ids = [key for key in found.model_ids if key in usable]
    found.version = 0
    return found


def _saved(form: AssistantForm, person: User, found: Assistant, *, is_new: bool = True) -> Assistant | None:
    """Return the assistant as it is kept, or None with the refusal in the form. A new one copies `found`."""
    try:
        if rate_limits.prompt(person.pk):
            raise Refused("rate_limited", "You have saved too many assistants in the last minute.")
        if not is_new:
            return writing.change_assistant(person, found.pk, over=form.cleaned_data["seen"], **form.told)
        return create_with_files(person, place_in(form.cleaned_data["scope"]), found.pk, **form.told)
    except Refused as refusal:
        if refusal.code == "not_found":
            raise
        if refusal.code == "conflict":
            form.see(found.updated_at)
        form.add_error(refusal.field if refusal.field in form.fields else None, sentence_of(refusal))
        return None


def _status(form: AssistantForm) -> int:
    return 422 if form.errors else 200
