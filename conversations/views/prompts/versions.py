"""Versions and proposals of a prompt: what differs, and restoring, publishing and declining."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from conversations import actions
from conversations.accounts.signed_in import person_of
from conversations.actions.prompts.writing import decides
from conversations.content.differences import differences
from conversations.errors import NotFound
from conversations.models import Prompt, PromptVersion
from conversations.views.prompts.access import act, visible


@act("GET")
def version(request: HttpRequest, prompt_id: UUID, number: int) -> HttpResponse:
    """Show a version beside the one before it."""
    prompt = visible(request, prompt_id)
    versions = prompt.versions.published().select_related("author")
    found = versions.filter(number=number).first()
    if found is None:
        raise NotFound
    before = versions.filter(number__lt=number).order_by("-number").first()
    writes = Prompt.objects.writable_by(person_of(request)).filter(pk=prompt_id).exists()
    return _compared(request, prompt, found, before, restores=writes and number != prompt.version)


@act("GET")
def proposal(request: HttpRequest, prompt_id: UUID, proposal_id: UUID) -> HttpResponse:
    """Show a proposal beside what is published; for leads and for its author."""
    prompt, person = visible(request, prompt_id), person_of(request)
    found = prompt.versions.proposed().select_related("author").filter(pk=proposal_id).first()
    is_lead = decides(person, prompt)
    if found is None or not (is_lead or found.author_id == person.pk):
        raise NotFound
    published = PromptVersion(**prompt.words(), number=prompt.version) if prompt.version else None
    return _compared(request, prompt, found, published, decides=is_lead)


@act("POST")
def restore(request: HttpRequest, prompt_id: UUID, number: int) -> HttpResponse:
    kept = actions.restore_version(person_of(request), prompt_id, number)
    is_published = decides(person_of(request), kept)
    told = gettext("Saved.") if is_published else gettext("Your proposal waits for a lead of the team.")
    messages.success(request, told)
    return redirect("prompt", prompt_id)


@act("POST")
def publish(request: HttpRequest, prompt_id: UUID, proposal_id: UUID) -> HttpResponse:
    beside = request.POST.get("version", "")
    version = int(beside) if beside.isdecimal() and len(beside) < 10 else None
    actions.publish_proposal(person_of(request), prompt_id, proposal_id, version)
    messages.success(request, gettext("The proposal is published."))
    return redirect("prompt", prompt_id)


@act("POST")
def decline(request: HttpRequest, prompt_id: UUID, proposal_id: UUID) -> HttpResponse:
    is_left = actions.decline_proposal(person_of(request), prompt_id, proposal_id)
    messages.success(request, gettext("The proposal is declined."))
    return redirect("prompt", prompt_id) if is_left else redirect("prompts")


def _compared(
    request: HttpRequest, prompt: Prompt, found: PromptVersion, before: PromptVersion | None, **may: bool
) -> HttpResponse:
    context = {
        "prompt": prompt,
        "version": found,
        "before": before,
        "runs": differences(before.text, found.text) if before else [],
        **may,
    }
    return render(request, "prompts/version.html", context)
