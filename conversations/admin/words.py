"""Translated words of the admin for texts that other packages have only in English."""

from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from conversations.accounts.staff_roles import LABELS
from conversations.models import Budget, Invitation, PasswordLink, UsageRecord

DJANGOS = (
    gettext_noop("After you’ve created a user, you’ll be able to edit more user options."),
    gettext_noop("Search"),
    gettext_noop("Add %s"),
    gettext_noop("Add %(name)s"),
    gettext_noop("Add another %(verbose_name)s"),
    gettext_noop(" By %(filter_title)s "),
    gettext_noop("Model name"),
    gettext_noop("Add link"),
    gettext_noop("Change or view list link"),
)
"""Django's own sentences that its catalogue lacks or puts in other words than ours."""
_MODELS = {
    Authenticator: (_("second factor"), _("second factors")),
    Invitation: (_("invitation"), _("invitations")),
    PasswordLink: (_("password link"), _("password links")),
}
_FIELDS = {
    Authenticator: {
        "user": _("person"), "type": _("type"), "created_at": _("created"), "last_used_at": _("last used"),
    },
    Budget: {"kind": _("kind")},
    UsageRecord: {"conversation": _("conversation"), "message": _("message")},
}  # fmt: skip
_VERBS = {"view": _("may see"), "add": _("may add"), "change": _("may change"), "delete": _("may delete")}


def name_everything() -> None:
    """Give models and fields translated names, which migrations do not see because the classes stay unchanged."""
    for model, (one, several) in _MODELS.items():
        meta: Any = model._meta
        meta.verbose_name, meta.verbose_name_plural = one, several
    for model, names in _FIELDS.items():
        for name, said in names.items():
            field: Any = model._meta.get_field(name)
            field.verbose_name = said


class PermissionsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Permissions in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        verb, _underscore, name = obj.codename.partition("_")
        if verb not in _VERBS or name != obj.content_type.model:
            return str(obj)
        return gettext("%(model)s: %(verb)s") % {"model": obj.content_type.name, "verb": _VERBS[verb]}


class NamedPermissions(admin.ModelAdmin):  # type: ignore[type-arg]
    """Offers the permissions that have an effect in the admin, and those that somebody holds."""

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.remote_field.model is Permission:
            kwargs |= {"form_class": PermissionsField, "queryset": permissions()}
        return super().formfield_for_manytomany(db_field, request, **kwargs)


def permissions() -> "QuerySet[Permission]":
    """Return what the admin's forms offer.

    A form may leave out what a ready role has beyond that: each migration sets the roles anew.
    """
    shown: list[type[Model]] = list(admin.site._registry)
    kinds = [kind.pk for kind in ContentType.objects.get_for_models(*shown).values()]
    held = Q(user__isnull=False) | Q(group__in=Group.objects.exclude(name__in=LABELS))
    offered = Permission.objects.filter(Q(content_type__in=kinds) | held).distinct()
    return offered.select_related("content_type").order_by("content_type__app_label", "content_type__model", "codename")
