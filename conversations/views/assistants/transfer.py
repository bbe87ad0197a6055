"""Assistants taken along and brought in: the pages' form of a file."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from conversations.accounts import rate_limits
from conversations.accounts.signed_in import person_of
from conversations.actions.assistants import transfer
from conversations.errors import Refused
from conversations.forms.kept.assistants import AssistantFileForm
from conversations.forms.kept.prompts import place_in
from conversations.imports.assistants import reading
from conversations.views.assistants.access import act
from conversations.views.prompts.transfer import MOST_NAMED


@act("POST")
def import_assistants(request: HttpRequest) -> HttpResponse:
    """Keep the assistants of a file, and tell which of them did not come."""
    person, form = person_of(request), AssistantFileForm(person_of(request), request.POST, request.FILES)
    if rate_limits.prompt(person.pk):
        raise Refused("rate_limited", "You have saved too many assistants in the last minute.")
    if not form.is_valid():
        raise Refused("bad_field", "This file holds no assistants.", "file")
    file = form.cleaned_data["file"]
    if (file.size or 0) > reading.MAX_BYTES:
        raise Refused("too_long", "This file is too large.", "file")
    told = reading.read(file.read())
    kept = transfer.import_assistants(person, place_in(form.cleaned_data["scope"]), told.assistants)
    messages.success(request, _counted(len(kept), len(told.assistants) - len(kept)))
    if told.refused:
        names = gettext(", ").join(told.refused[:MOST_NAMED]) + ("…" if len(told.refused) > MOST_NAMED else "")
        messages.warning(request, gettext("These are too long or have no name: %(names)s") % {"names": names})
    return redirect("assistants")


def _counted(new: int, known: int) -> str:
    text = gettext("New assistants: %(number)s.") % {"number": new}
    return f"{text} {gettext('There already: %(number)s.') % {'number': known}}" if known else text
