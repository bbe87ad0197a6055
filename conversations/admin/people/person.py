"""People in the admin, with the rules for who may change whom."""

from functools import partial
from typing import Any, ClassVar

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations.accounts import staff_roles
from conversations.actions.audience.guests import end_places
from conversations.actions.staff import deactivation
from conversations.admin.model_access_page import may_see
from conversations.admin.people import adding_page, closing_page, leaving_page
from conversations.admin.words import NamedPermissions
from conversations.models import Guest, User
from conversations.models.links.password_link import may_reset
from conversations.text import one_line
from providers.audit.admin import AuditedAdmin

POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


class NamesForm(forms.ModelForm):  # type: ignore[type-arg]
    """The names of a person, without characters that would turn them or what stands behind them around."""

    def clean_display_name(self) -> str:
        return one_line(self.cleaned_data["display_name"], "display_name", 120)


class PersonForm(NamesForm):
    """A person without their password, which only they set, by a link."""

    class Meta:
        model = User
        fields = ("username", "display_name", "language", "is_active", "legal_hold", *POWERS)
        help_texts: ClassVar = {
            "is_active": _("Without it, the person cannot sign in."),
            "is_staff": _("The person may open the administration, and do there what the roles allow."),
            "is_superuser": _("The person may do everything."),
        }


class NewPersonForm(NamesForm):
    """A new person, who chooses a password by a link."""

    class Meta:
        model = User
        fields = ("username", "display_name", "language")

    def save(self, commit: bool = True) -> Any:
        self.instance.set_unusable_password()
        return super().save(commit)


class RolesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Groups of permissions, the ready ones in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        return staff_roles.label_of(obj)


@admin.register(User)
class PersonAdmin(NamedPermissions, AuditedAdmin, UserAdmin):  # type: ignore[type-arg]
    form = PersonForm
    add_form = NewPersonForm
    add_form_template = None
    change_form_template = "admin/conversations/user/change_form.html"
    list_display = ["username", "display_name", "team_names", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "teams"]
    search_fields = ["username", "display_name"]
    fieldsets = [
        (None, {"fields": ["username", "display_name", "language"]}),
        (_("Permissions"), {"fields": ["is_active", *POWERS[:-1]]}),
        (_("Legal hold"), {"fields": ["legal_hold"]}),
        (_("Single permissions"), {"fields": [POWERS[-1]], "classes": ["collapse"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "display_name", "language"]})]

    def get_urls(self) -> list[URLPattern]:
        """Return Django's own addresses, and those of adding many, of a leaver, and of closing an account."""
        guarded = self.admin_site.admin_view
        pages = [
            path("add-many/", guarded(partial(adding_page.page, self)), name="conversations_user_add_many"),
            path("<uuid:pk>/leaving/", guarded(partial(leaving_page.page, self)), name="conversations_user_leaving"),
            path("<uuid:pk>/closing/", guarded(partial(closing_page.page, self)), name="conversations_user_closing"),
        ]
        return [*pages, *super().get_urls()]

    def get_queryset(self, request):  # type: ignore[no-untyped-def]
        return super().get_queryset(request).prefetch_related("teams")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Return the read-only fields; superusers alone change powers and a legal hold.

        Of a closed account nothing else changes.
        """
        closed = PersonForm.Meta.fields[:4] if obj is not None and obj.closed_at else ()
        powers = POWERS if closed or not request.user.is_superuser else ()
        hold = () if request.user.is_superuser else ("legal_hold",)
        return ("last_login", "date_joined", *closed, *powers, *hold)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Return whether the person may be changed; only superusers may change people with power."""
        return is_within(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Return whether the person may be deleted: not if conversations or the names of authors would be lost."""
        if obj is None or obj.kept_because():
            return False
        return is_within(request, obj) and super().has_delete_permission(request, obj)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.remote_field.model is Group:
            kwargs |= {"form_class": RolesField, "queryset": Group.objects.order_by("name"), "label": _("Roles")}
            kwargs |= {
                "widget": forms.CheckboxSelectMultiple,
                "help_text": _("What the person may do in the administration."),
            }
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        person = kwargs.get("obj")
        if person is not None:
            context["explains"] = may_see(request)
            context["kept_because"] = person.kept_because()
            context["makes_link"] = isinstance(request.user, User) and may_reset(request.user, person)
            context["factors"] = _removable_factors(request, person)
            context["closes"] = closing_page.may_close(self, request, person)
            context["ends_access"] = person.is_active and leaving_page.may_end(self, request, person)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the person; a change of `is_active` ends all sessions, tokens and links."""
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data:
            deactivation.end_access(request.user, obj)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Delete the person; conversations that were open to them by name learn of it."""
        end_places(request.user, Guest.objects.filter(user=obj))
        super().delete_model(request, obj)

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        """Redirect to the link by which the new person chooses a password."""
        if isinstance(request.user, User) and may_reset(request.user, obj):
            messages.success(request, _("Added. They come in by a link with which they choose a password."))
            return redirect("new-password-link", obj.pk)
        return super().response_add(request, obj, post_url_continue)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """Redirect to a password link, because nobody sets another person's password."""
        if not request.user.is_superuser:
            raise PermissionDenied
        return redirect("account_change_password") if id == str(request.user.pk) else redirect("new-password-link", id)

    @admin.display(description=_("teams"))
    def team_names(self, person: User) -> str:
        return gettext(", ").join(team.name for team in person.teams.all())


def is_within(request: HttpRequest, person: User | None) -> bool:
    return person is None or bool(request.user.is_superuser) or not person.has_power


def _removable_factors(request: HttpRequest, person: User) -> list[Authenticator]:
    """Return the second factors and passkeys of a person who lost one, for people who may remove them."""
    may_remove = admin.site.get_model_admin(Authenticator).has_delete_permission
    factors = Authenticator.objects.filter(user=person).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return [factor for factor in factors.order_by("type", "pk") if may_remove(request, factor)]
