"""Keys and models in the admin, with the teams that alone may use them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy

from conversations.admin.model_access_page import may_see
from conversations.models import Team
from providers.admin.endpoints import EndpointAdmin
from providers.admin.keys import ApiKeyAdmin, KeyForm
from providers.admin.language_models import LanguageModelAdmin
from providers.audit import log
from providers.audit.admin import AuditedAdmin
from providers.models import ApiKey, Endpoint, LanguageModel


class ForTeamsForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row that may be limited to teams; a personal key is its owner's and no team's."""

    teams = forms.ModelMultipleChoiceField(
        Team.objects.order_by("name"),
        label=capfirst(gettext_lazy("only for the teams")),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("With none picked it is everybody's."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if getattr(self.instance, "owner_id", None):
            del self.fields["teams"]
        elif not self.instance._state.adding:
            self.fields["teams"].initial = teams_of(self.instance)

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]
        if "teams" in self.cleaned_data:
            self.instance.teams.set(self.cleaned_data["teams"])


class TeamKeyForm(ForTeamsForm, KeyForm):
    class Meta(KeyForm.Meta):
        pass


class ForTeamsAdmin(AuditedAdmin):
    """Shows and saves the teams of a row together with the row."""

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        writes = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        teams = [] if getattr(obj, "owner_id", None) else ["teams" if writes else "team_names"]
        return [*super().get_fields(request, obj), *teams]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*super().get_readonly_fields(request, obj), "team_names"]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Note the changes of teams in the audit log, in the transaction that stores the row."""
        concerned = ids(teams_of(form.instance)) | ids(form.cleaned_data.get("teams", ()))
        with log.watch(request.user, Team.objects.filter(pk__in=concerned)):
            super().save_related(request, form, formsets, change)

    @admin.display(description=gettext_lazy("only for the teams"))
    def team_names(self, row: Any) -> str:
        return gettext(", ").join(team.name for team in teams_of(row)) or gettext("everybody")


def teams_of(row: Any) -> Iterable[Team]:
    return row.teams.order_by("name") if row and row.pk else []


def ids(teams: Iterable[Team]) -> set[UUID]:
    return {team.pk for team in teams}


admin.site.unregister([ApiKey, Endpoint, LanguageModel])


@admin.register(ApiKey)
class TeamKeyAdmin(ForTeamsAdmin, ApiKeyAdmin):
    form = TeamKeyForm


@admin.register(Endpoint)
class TeamEndpointAdmin(EndpointAdmin):
    """Limits models to teams in the step in which they are picked from a vendor's list."""

    def beside_models(self, request: HttpRequest) -> dict[str, Any]:
        return {"teams": Team.objects.order_by("name"), "chosen": request.POST.getlist("team")}

    def models_added(self, request: HttpRequest, added: list[str]) -> None:
        """Limit the models that no other vendor serves: of others it was decided before."""
        chosen = [team for team in Team.objects.all() if str(team.pk) in request.POST.getlist("team")]
        served = LanguageModel.objects.filter(deployments__vendor_id__in=added).annotate(vendors=Count("deployments"))
        with log.watch(request.user, Team.objects.filter(pk__in=ids(chosen))):
            for model in LanguageModel.objects.filter(pk__in=served.filter(vendors=1)):
                model.teams.add(*chosen)


@admin.register(LanguageModel)
class TeamModelAdmin(ForTeamsAdmin, LanguageModelAdmin):
    form = ForTeamsForm
    list_display = [*LanguageModelAdmin.list_display[:-1], "team_list", LanguageModelAdmin.list_display[-1]]

    def get_queryset(self, request: HttpRequest) -> QuerySet[LanguageModel]:
        return super().get_queryset(request).prefetch_related("teams")

    @admin.display(description=gettext_lazy("only for the teams"))
    def team_list(self, model: LanguageModel) -> str:
        return gettext(", ").join(sorted(team.name for team in model.teams.all())) or gettext("everybody")

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().render_change_form(request, {**context, "explains": may_see(request)}, *args, **kwargs)
