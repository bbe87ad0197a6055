"""People and teams in the admin. Conversations are not here: an administrator does not read what is private."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations.models import Budget, Installation, Membership, Team, UsageRecord, User
from providers.models import ApiKey, LanguageModel

COUNTS = ["input_tokens", "output_tokens", "thought_tokens", "cached_tokens"]


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    autocomplete_fields = ["user"]
    extra = 0


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    list_display = ["username", "display_name", "team_names", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "teams"]
    search_fields = ["username", "display_name"]
    fieldsets = [
        (None, {"fields": ["username", "password", "display_name", "language"]}),
        (_("Permissions"), {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]

    def get_queryset(self, request):  # type: ignore[no-untyped-def]
        return super().get_queryset(request).prefetch_related("teams")

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Deleting would take conversations along, others' words too, and list their titles: deactivate instead."""
        return obj is not None and not obj.conversations.exists() and super().has_delete_permission(request, obj)

    @admin.display(description=_("teams"))
    def team_names(self, person: User) -> str:
        return ", ".join(team.name for team in person.teams.all())


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "people", "created_at"]
    search_fields = ["name"]
    fields = ["name", "names_speakers", "model", "system_prompt", "models", "api_keys"]
    inlines = [MembershipInline]
    filter_horizontal = ["api_keys", "models"]

    def get_queryset(self, request):  # type: ignore[no-untyped-def]
        return super().get_queryset(request).prefetch_related("members")

    def has_delete_permission(self, request: HttpRequest, obj: Team | None = None) -> bool:
        """A team goes only when it has no conversations left."""
        return obj is not None and not obj.conversations.exists() and super().has_delete_permission(request, obj)

    @admin.display(description=_("members"))
    def people(self, team: Team) -> str:
        return ", ".join(person.name for person in team.members.all())


@admin.register(Installation)
class SiteAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What holds for the whole site: one row."""

    fields = ["staff_makes_teams"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not Installation.objects.exists() and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Installation | None = None) -> bool:
        return False


@admin.register(Budget)
class BudgetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["kind", "whose", "period", "soft", "hard"]
    list_filter = ["kind", "period"]

    @admin.display(description=_("whose"))
    def whose(self, budget: Budget) -> str:
        if budget.target is None:
            return gettext("each")
        rows = {"person": User, "team": Team, "key": ApiKey, "model": LanguageModel}[budget.kind]
        return str(rows._default_manager.filter(pk=budget.target).first() or budget.target)


@admin.register(UsageRecord)
class LedgerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Every call there was; whoever sees this sees no word of what was said."""

    list_display = ["created_at", "user", "model_name", "endpoint_name", "key_name", *COUNTS, "cost", "outcome"]
    list_filter = ["outcome", "estimated"]
    list_select_related = ["user"]
    date_hierarchy = "created_at"
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: UsageRecord | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: UsageRecord | None = None) -> bool:
        return False


admin.site.unregister([Authenticator, UserSession])


@admin.register(Authenticator)
class FactorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Second factors can be taken away from somebody who lost theirs; what is in them is nobody's to see."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    fields = ["user", "type", "created_at", "last_used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        return False
