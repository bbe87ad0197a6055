"""A page that says which models a person can use, and of one model why or why not."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from conversations.models import Team, User
from conversations.reporting.permissions import TELLS_OF_MODEL_ACCESS, require_report_access
from conversations.usage.explain_access import usable, why
from providers.models import LanguageModel


class AccessForm(forms.Form):
    """The person and the model in question, or all models, alone or in a team's conversations."""

    person = forms.ModelChoiceField(
        User.objects.all(),
        to_field_name="username",
        label=capfirst(gettext_lazy("person")),
        widget=forms.TextInput,
        error_messages={"invalid_choice": gettext_lazy("Nobody here has this name.")},
    )
    model = forms.ModelChoiceField(
        LanguageModel.objects.all(),
        label=capfirst(gettext_lazy("model")),
        required=False,
        empty_label=gettext_lazy("all"),
    )
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"),
        label=capfirst(gettext_lazy("team")),
        required=False,
        empty_label=gettext_lazy("none: in conversations of their own"),
    )


def may_see(request: HttpRequest) -> bool:
    return request.user.has_perms(TELLS_OF_MODEL_ACCESS)


def _page(request: HttpRequest) -> HttpResponse:
    form = AccessForm(request.GET if "person" in request.GET else None, initial=request.GET.dict())
    asked = form.cleaned_data if form.is_valid() else None
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Who can use which model"),
        "form": form,
        **(_answer(**asked) if asked else {}),
    }
    return TemplateResponse(request, "admin/conversations/model_access.html", context)


def _answer(person: User, model: LanguageModel | None, team: Team | None) -> dict[str, Any]:
    """Return the reasons for one model, or whether each model may be used."""
    if model:
        return {"sentences": list(why(person, model, team))}
    return {"models": list(_each_model(person, team))}


def _each_model(person: User, team: Team | None) -> Iterator[tuple[LanguageModel, bool, str]]:
    """Yield each model with whether it may be used, and the query for the reasons."""
    may = set(usable(person, team).values_list("pk", flat=True))
    for model in LanguageModel.objects.all():
        query = {"person": person.username, "model": str(model.pk), "team": str(team.pk) if team else ""}
        yield model, model.pk in may, urlencode(query)


model_access = require_report_access(TELLS_OF_MODEL_ACCESS, require_GET(_page))
