"""The page that closes an account for good, and says what becomes of its conversations and its name."""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from conversations.accounts.signed_in import person_of
from conversations.actions.staff.closing import Leaving, close_account, led_alone
from conversations.admin.people import leaving_page
from conversations.errors import Refused
from conversations.forms.people import ClosingForm
from conversations.forms.teams import sentence_of
from conversations.models import User


def may_close(rows: admin.ModelAdmin[User], request: HttpRequest, person: User) -> bool:
    """Return whether this account may be closed, by people who may delete people."""
    may_delete = request.user.has_perm("conversations.delete_user")
    return may_delete and person.closed_at is None and leaving_page.may_end(rows, request, person)


def page(rows: admin.ModelAdmin[User], request: HttpRequest, pk: UUID) -> HttpResponse:
    if not rows.has_change_permission(request):
        raise PermissionDenied
    person = get_object_or_404(User, pk=pk)
    if not may_close(rows, request, person):
        raise PermissionDenied
    form = ClosingForm(person, request.POST if request.method == "POST" else None)
    if not request.user.has_perms(leaving_page.HANDING_OVER):
        del form.fields["heir"]
    if not request.user.is_superuser or "heir" not in form.fields:
        del form.fields["private"]
    if form.is_valid() and _closed(request, form):
        return redirect("admin:conversations_user_changelist")
    frame = {**rows.admin_site.each_context(request), "opts": User._meta, "original": person}
    context = {
        "title": _("Close the account of %(name)s") % {"name": person.name},
        "form": form,
        "private": person.conversations.filter(team=None).count(),
        "shared": person.conversations.exclude(team=None).count(),
        "led_alone": led_alone(person),
        "heirs": leaving_page.offered(person) if "heir" in form.fields else [],
    }
    return TemplateResponse(request, "admin/conversations/user/closing.html", {**frame, **context})


def _closed(request: HttpRequest, form: ClosingForm) -> bool:
    """Close the account; returns False with an error in the form if that may not be."""
    given = form.cleaned_data
    if leaving_page.raises_own_place(request, form):
        return False
    leaving = Leaving(given["keeps_name"], given.get("heir"), given.get("private", False))
    try:
        close_account(person_of(request), form.leaver, leaving)
    except Refused as refusal:
        form.add_error(None, sentence_of(refusal))
        return False
    messages.success(request, _("The account of %(name)s is closed.") % {"name": form.leaver.name})
    return True
