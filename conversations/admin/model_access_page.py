"""A page that says why a person can use a model, or why not."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from conversations.models import Team, User
from conversations.reporting.permissions import require_report_access
from conversations.usage.explain_access import why
from providers.models import LanguageModel

NEEDED = (
    "conversations.view_user",
    "conversations.view_team",
    "conversations.view_budget",
    "providers.view_languagemodel",
    "providers.view_endpoint",
    "providers.view_apikey",
)
"""Permissions for the page, which tells of all of these rows."""


class AccessForm(forms.Form):
    """The person and the model in question, alone or in a team's conversations."""

    person = forms.ModelChoiceField(
        User.objects.all(), to_field_name="username", label=capfirst(gettext_lazy("person")), widget=forms.TextInput
    )
    model = forms.ModelChoiceField(LanguageModel.objects.order_by("name"), label=capfirst(gettext_lazy("model")))
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"),
        label=capfirst(gettext_lazy("team")),
        required=False,
        empty_label=gettext_lazy("none: in conversations of their own"),
    )


def may_see(request: HttpRequest) -> bool:
    return request.user.has_perms(NEEDED)


def _page(request: HttpRequest) -> HttpResponse:
    is_asked = {"person", "model"} <= request.GET.keys()
    form = AccessForm(request.GET if is_asked else None, initial=request.GET.dict())
    asked = form.cleaned_data if form.is_valid() else None
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Who can use which model"),
        "form": form,
        "sentences": list(why(asked["person"], asked["model"], asked["team"])) if asked else [],
    }
    return TemplateResponse(request, "admin/conversations/model_access.html", context)


model_access = require_report_access(NEEDED, require_GET(_page))
