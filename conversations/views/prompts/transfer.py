"""Prompts taken along and brought in: the pages' form of a file."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from conversations import actions
from conversations.accounts import rate_limits
from conversations.accounts.signed_in import person_of
from conversations.errors import Refused
from conversations.forms.kept.prompts import PlaceForm, place_in
from conversations.imports.prompts import reading
from conversations.views.prompts.access import act

MOST_NAMED = 5


@act("POST")
def import_prompts(request: HttpRequest) -> HttpResponse:
    """Keep the prompts of a file, and tell which of them did not come."""
    person, form = person_of(request), PlaceForm(person_of(request), request.POST, request.FILES)
    if rate_limits.prompt(person.pk):
        raise Refused("rate_limited", "You have saved too many prompts in the last minute.")
    if not form.is_valid():
        raise Refused("bad_field", "This file holds no prompts.", "file")
    file = form.cleaned_data["file"]
    if (file.size or 0) > reading.MAX_BYTES:
        raise Refused("too_long", "This file is too large.", "file")
    told = reading.read(file.read())
    kept = actions.import_prompts(person, place_in(form.cleaned_data["scope"]), told.prompts)
    messages.success(request, _counted(len(kept), len(told.prompts) - len(kept)))
    if told.refused:
        names = gettext(", ").join(told.refused[:MOST_NAMED]) + ("…" if len(told.refused) > MOST_NAMED else "")
        messages.warning(request, gettext("These are too long or have no text: %(names)s") % {"names": names})
    return redirect("prompts")


def _counted(new: int, known: int) -> str:
    text = gettext("New prompts: %(number)s.") % {"number": new}
    return f"{text} {gettext('There already: %(number)s.') % {'number': known}}" if known else text
