"""The page that ends a leaver's access and hands over what they had: places and conversations, links, prompts."""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from conversations.accounts.signed_in import person_of
from conversations.actions.staff.leavers import Recipients, end_access
from conversations.errors import Refused
from conversations.forms.people import HandOverForm, LeaverForm
from conversations.forms.teams import sentence_of
from conversations.models import User

HANDING_OVER = tuple(f"conversations.{verb}_membership" for verb in ("view", "add", "change"))
"""Permissions for giving somebody a leaver's places in teams."""
MAX_OFFERED = 200


def may_end(rows: admin.ModelAdmin[User], request: HttpRequest, person: User) -> bool:
    return request.user != person and rows.has_change_permission(request, person)


def page(rows: admin.ModelAdmin[User], request: HttpRequest, pk: UUID) -> HttpResponse:
    if not rows.has_change_permission(request):
        raise PermissionDenied
    person = get_object_or_404(User, pk=pk)
    if not may_end(rows, request, person):
        raise PermissionDenied
    form = HandOverForm(person, request.POST if request.method == "POST" else None)
    if not request.user.has_perms(HANDING_OVER):
        del form.fields["heir"], form.fields["links_heir"]
    if not request.user.is_superuser:  # they are private words
        del form.fields["prompts_heir"]
    if form.is_valid() and _ended(request, form):
        return redirect("admin:conversations_user_change", pk)
    frame = {**rows.admin_site.each_context(request), "opts": User._meta, "original": person}
    context = {
        "title": _("End the access of %(name)s") % {"name": person.name},
        "form": form,
        "places": person.memberships.select_related("team").order_by("team__name"),
        "shared": person.conversations.exclude(team=None).count(),
        "links": person.shares.open().count(),
        "prompts": person.prompts.count(),
        "assistants": person.assistants.count(),
        "tokens": person.tokens.open().count(),
        "targets": person.targets.count(),
        "heirs": offered(person) if "heir" in form.fields else [],
    }
    return TemplateResponse(request, "admin/conversations/user/leaving.html", {**frame, **context})


def _ended(request: HttpRequest, form: LeaverForm) -> bool:
    """End the access; returns False with an error in the form if that may not be."""
    if raises_own_place(request, form):
        return False
    given = form.cleaned_data
    heir = given.get("heir")
    recipients = Recipients(heir, given.get("links_heir"), given.get("prompts_heir"))
    try:
        end_access(person_of(request), form.leaver, recipients)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    except Refused as refusal:
        form.add_error("prompts_heir", sentence_of(refusal))
        return False
    said = _("%(name)s can no longer sign in.") % {"name": form.leaver.name}
    if heir:
        said += " " + _("%(name)s has their places and conversations in teams.") % {"name": heir.name}
    messages.success(request, said)
    return True


def raises_own_place(request: HttpRequest, form: LeaverForm) -> bool:
    """Return whether the heir is the asker, with an error in the form: as elsewhere, nobody raises their own place."""
    if form.cleaned_data.get("heir") != request.user or request.user.is_superuser:
        return False
    form.add_error("heir", _("Your own place is for a lead of the team or a superuser to change."))
    return True


def offered(person: User) -> list[str]:
    """Return usernames, those of the leaver's teams first."""
    mates = User.objects.filter(teams__in=person.teams.all())
    others = User.objects.filter(is_active=True).exclude(pk=person.pk)
    near, far = (
        rows.order_by("username").values_list("username", flat=True).distinct()
        for rows in (others.filter(pk__in=mates), others.exclude(pk__in=mates))
    )
    return [*near, *far][:MAX_OFFERED]
