"""Ready staff roles: groups of permissions that exist on each site."""

from itertools import product
from typing import Any

from django.apps import apps as every_app
from django.apps.registry import Apps
from django.contrib.auth.models import Group, Permission
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as translate_noop

_ALL = ("view", "add", "change", "delete")
_CLERK = ("view", "add", "change")
_OWN = ("conversations", "providers")


def _of(app: str, verbs: tuple[str, ...], *models: str) -> set[tuple[str, str]]:
    return {(app, f"{verb}_{model}") for verb, model in product(verbs, models)}


ROLES: dict[str, set[tuple[str, str]]] = {
    "helpdesk": _of("conversations", _CLERK, "user") | _of("conversations", _ALL, "team", "membership"),
    "keys": _of("providers", _ALL, "endpoint", "apikey", "languagemodel", "deployment")
    | _of("providers", ("view", "delete"), "trouble"),
    "money": _of("conversations", _ALL, "budget") | {("conversations", "view_usagerecord")},
}
"""App and codename of each permission. The auditor's are all view permissions of our apps."""
LABELS = {
    "helpdesk": translate_noop("Helpdesk: people and teams"),
    "keys": translate_noop("Keys: vendors, models and prices"),
    "money": translate_noop("Money: call log and budgets"),
    "auditor": translate_noop("Auditor: sees everything, changes nothing"),
}


def label_of(group: Group) -> str:
    """Return the translated label of a ready group, or the name of a group that the site made."""
    return gettext(LABELS[group.name]) if group.name in LABELS else group.name


def prepare(apps: Apps = every_app, **_kwargs: Any) -> None:
    """Create the groups, and set the permissions that they should have; runs after each migration.

    A restore migrates one app after the other, so permissions may not exist yet; then it does nothing.
    """
    if not {"permission", "group"} <= set(apps.all_models["auth"]):
        return
    every = {
        (app, codename): permission
        for permission in Permission.objects.filter(content_type__app_label__in=_OWN).select_related("content_type")
        for app, codename in [(permission.content_type.app_label, permission.codename)]
    }
    wanted = {**ROLES, "auditor": {key for key in every if key[1].startswith("view_")}}
    for name, permissions in wanted.items():
        group, _is_new = Group.objects.get_or_create(name=name)
        group.permissions.set(every[key] for key in permissions if key in every)
