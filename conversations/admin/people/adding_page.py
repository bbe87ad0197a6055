"""The page on which many people are added by a pasted list; it shows their links this once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from conversations.accounts.signed_in import person_of
from conversations.actions.staff.newcomers import add_people
from conversations.errors import Refused
from conversations.forms.people import NewcomersForm
from conversations.forms.teams import sentence_of
from conversations.mail import letters
from conversations.models import User

MEMBERSHIP = "conversations.add_membership"


def page(rows: admin.ModelAdmin[User], request: HttpRequest) -> HttpResponse:
    if not rows.has_add_permission(request):
        raise PermissionDenied
    form = NewcomersForm(request.POST if request.method == "POST" else None)
    if not request.user.has_perm(MEMBERSHIP):
        del form.fields["team"]
    context: dict[str, Any] = {"title": _("Add people"), "form": form, "sends_mail": letters.is_set_up()}
    if form.is_valid():
        try:
            context |= _added(request, form)
        except Refused as refusal:
            form.add_error("people", sentence_of(refusal))
    frame = {**rows.admin_site.each_context(request), "opts": User._meta}
    return TemplateResponse(
        request,
        "admin/conversations/user/add_many.html",
        {**frame, **context},
        status=201 if "links" in context else 200,
    )


def _added(request: HttpRequest, form: NewcomersForm) -> dict[str, Any]:
    """Store the people, mail their links to those with an address, and return all links for the page."""
    added = add_people(person_of(request), form.cleaned_data["people"], form.cleaned_data.get("team"))
    links = [(person, _address(request, secret)) for person, secret in added]
    mailed = [person for person, link in links if person.email and letters.send_welcome(person, link)]
    return {"title": _("People added"), "links": links, "mailed": len(mailed)}


def _address(request: HttpRequest, secret: str) -> str:
    return request.build_absolute_uri(reverse("follow-password-link", args=[secret]))
