"""Teams and the site's settings in the admin."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations import actions
from conversations.accounts.signed_in import person_of
from conversations.actions.projects.members import kept_reachable
from conversations.admin.memberships import MembershipInline
from conversations.models import Installation, Team
from conversations.reporting.names import key_name
from providers.audit.admin import AuditedAdmin


@admin.register(Team)
class TeamAdmin(AuditedAdmin):
    list_display = ["name", "people", "created_at"]
    search_fields = ["name"]
    fields = [
        "name",
        "names_speakers",
        "readers_remark",
        "folds_at",
        "model",
        "system_prompt",
        "legal_hold",
        "own_models",
        "own_keys",
    ]
    readonly_fields = ["own_models", "own_keys"]
    inlines = [MembershipInline]

    def get_queryset(self, request):  # type: ignore[no-untyped-def]
        return super().get_queryset(request).prefetch_related("members")

    def get_readonly_fields(self, request: HttpRequest, obj: Team | None = None) -> Any:
        """Return the read-only fields; only superusers set a legal hold."""
        return self.readonly_fields if request.user.is_superuser else (*self.readonly_fields, "legal_hold")

    def has_delete_permission(self, request: HttpRequest, obj: Team | None = None) -> bool:
        """Return whether the team may be deleted: not with conversations, projects, or own keys one may not disable."""
        if obj is None or obj.legal_hold or obj.conversations.exists() or obj.projects.exists():
            return False
        own = {"providers.change_apikey": obj.api_keys, "providers.change_languagemodel": obj.models}
        may_switch_off = all(request.user.has_perm(needed) for needed, rows in own.items() if rows.exists())
        return may_switch_off and super().has_delete_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: Team | None = None) -> list[Any]:
        """Return the fields, with keys and models for people who may see them; their own pages assign them."""
        needed = {"own_models": "providers.view_languagemodel", "own_keys": "providers.view_apikey"}
        hidden = {name for name, permission in needed.items() if not (obj and request.user.has_perm(permission))}
        return [name for name in super().get_fields(request, obj) if name not in hidden]

    def delete_model(self, request: HttpRequest, obj: Team) -> None:
        if switched_off := actions.remove_team(person_of(request), obj):
            names = gettext(", ").join(switched_off)
            messages.warning(
                request, gettext("Switched off, as they were this team's alone: %(names)s.") % {"names": names}
            )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save memberships; removed ones end as on the team's own page, and this page writes the audit log."""
        formset.save(commit=False)
        with kept_reachable(person_of(request), form.instance.pk):
            for place in formset.deleted_objects:
                actions.end_place(request.user, place)
            for place in [*formset.new_objects, *(place for place, _fields in formset.changed_objects)]:
                place.save()

    @admin.display(description=_("models of its own"))
    def own_models(self, team: Team) -> str:
        return gettext(", ").join(model.name for model in team.models.all()) or "–"

    @admin.display(description=_("keys of its own"))
    def own_keys(self, team: Team) -> str:
        return gettext(", ").join(key_name(key) for key in team.api_keys.select_related("endpoint")) or "–"

    @admin.display(description=_("members"))
    def people(self, team: Team) -> str:
        return gettext(", ").join(person.name for person in team.members.all())


@admin.register(Installation)
class SiteAdmin(AuditedAdmin):
    """The one row of the site's settings."""

    fieldsets = (
        (None, {"fields": ["name", "logo_color"]}),
        (_("People and teams"), {"fields": ["sign_up", "staff_makes_teams", "names_former_members", "tells_outside"]}),
        (
            _("New conversations"),
            {"fields": ["default_model", "title_model", "catch_up_model", "summary_model", "starters"]},
        ),
    )
    radio_fields: ClassVar = {"sign_up": admin.VERTICAL}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Redirect to the one row, if this person may see it and it is there."""
        if self.has_view_permission(request) and (row := Installation.objects.first()):
            return redirect("admin:conversations_installation_change", row.pk)
        return super().changelist_view(request, extra_context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not Installation.objects.exists() and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Installation | None = None) -> bool:
        return False
