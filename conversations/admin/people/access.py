"""Groups of permissions and second factors in the admin: a person's page leads to them."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.base.internal.flows import delete_dangling_recovery_codes
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from conversations.accounts import staff_roles
from conversations.accounts.signed_in import person_of
from conversations.admin.words import NamedPermissions
from conversations.mail import notices
from conversations.models import User
from providers.audit.admin import AuditedAdmin

admin.site.unregister([Authenticator, EmailAddress, Group, UserSession])


@admin.register(Group)
class PermissionsAdmin(NamedPermissions, AuditedAdmin, GroupAdmin):  # type: ignore[misc,type-arg]
    """Django's groups of permissions for staff; only superusers change them, because that gives power."""

    list_display = ["label"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)

    @admin.display(description=_("group"), ordering="name")
    def label(self, group: Group) -> str:
        return staff_roles.label_of(group)


@admin.register(Authenticator)
class AuthenticatorAdmin(AuditedAdmin):
    """Second factors, which can be removed for a person who lost theirs; their contents are never shown."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    fields = ["user", "type", "created_at", "last_used_at"]

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        super().delete_model(request, obj)
        _tell_of_removal(request, [obj.user])

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        people = list(User.objects.filter(authenticator__in=queryset).distinct())
        super().delete_queryset(request, queryset)
        _tell_of_removal(request, people)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        """Return whether it may be deleted; superusers do it for staff, whose password alone would give power."""
        is_staffs = obj is not None and (obj.user.is_staff or obj.user.is_superuser)
        return (not is_staffs or bool(request.user.is_superuser)) and super().has_delete_permission(request, obj)


def _tell_of_removal(request: HttpRequest, people: list[Any]) -> None:
    """Notify people of the removal of a second factor; recovery codes go with the last one."""
    for person in people:
        delete_dangling_recovery_codes(person)
        notices.tell(person, notices.Kind.FACTOR_REMOVED, by=person_of(request))
