"""The files of an assistant: added and removed."""

from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from conversations.accounts.signed_in import person_of
from conversations.actions.assistants import files
from conversations.errors import NotFound, Refused
from conversations.files import storage
from conversations.forms.kept.assistants import sentence_of
from conversations.forms.kept.projects import file_sentence
from conversations.models import Assistant, User
from conversations.views.assistants.access import act, decides, visible


@act("POST")
def add_files(request: HttpRequest, assistant_id: UUID) -> HttpResponse:
    """Store files that go with every question; one that is refused is told, the others come."""
    assistant, person = visible(request, assistant_id), person_of(request)
    if not decides(request, assistant):
        raise NotFound
    take_files(request, person, assistant)
    return redirect("assistant", assistant_id)


def take_files(request: HttpRequest, person: User, assistant: Assistant) -> None:
    """Add the files that were sent with a form, and tell what became of each."""
    given = [file for file in request.FILES.getlist("files") if isinstance(file, UploadedFile)]
    for file in given[: files.MAX_FILES + 1]:
        try:
            files.check_room(assistant, file.size or 0)
            kept = storage.receive(person, file.name or "", file.read())
            files.add_files(person, assistant.pk, [kept.pk])
        except Refused as refusal:
            told = sentence_of(refusal) if refusal.field else file_sentence(refusal, file.name or "")
            messages.error(request, told)
            if refusal.code == "busy":  # the others have no room either
                return
            continue
        messages.success(request, gettext("Added. From now on it goes with every question."))


@act("POST")
def remove_file(request: HttpRequest, assistant_id: UUID, file_id: UUID) -> HttpResponse:
    files.remove_file(person_of(request), assistant_id, file_id)
    messages.success(request, gettext("It no longer goes with questions."))
    return redirect("assistant", assistant_id)
