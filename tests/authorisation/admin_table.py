"""The policies of the admin, derived from its registry: all of it is for superusers, the index for staff."""

from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import admin

from conversations.models import Installation, Team, UsageRecord, User
from providers.models import AuditEntry, Endpoint, Trouble
from tests.authorisation.roles import NOBODY, STAFF, SUPERUSER
from tests.authorisation.table import Policy, on
from tests.authorisation.world import World
from tests.conftest import PASSWORD

ONLY_READ = {AuditEntry, UsageRecord}
NOT_WRITTEN = {*ONLY_READ, Trouble, Authenticator}
"""Rows that nobody adds or changes there."""
NOT_ADDED = {*NOT_WRITTEN, Installation}
NOT_DELETED = {*ONLY_READ, Installation}

KEYS = {"site key": SUPERUSER, "own key": SUPERUSER}
SITES_KEYS = {"site key": SUPERUSER, "own key": NOBODY}
"""A personal key serves its owner alone: others disable or delete it, and do not call or replace it."""
OTHERS = [
    on("admin:index", roles=STAFF, refusal="staff"),
    on("admin:app_list", targets={"app": STAFF}, refusal="staff", ok=302),
    on("admin:jsi18n", roles=STAFF, refusal="staff"),
    on("admin:autocomplete", query="?app_label=conversations&model_name=membership&field_name=user&term=a",
       roles=SUPERUSER, refusal="admin"),
    on("admin:password_change", roles=STAFF, refusal="staff", ok=302),
    on("admin:password_change", "POST", {"old_password": PASSWORD, "new_password1": "another passphrase",
       "new_password2": "another passphrase"}, roles=STAFF, refusal="staff", ok=302),
    on("admin:password_change_done", roles=STAFF, refusal="staff"),
    on("admin:auth_user_password_change", targets={"admin conversations.User": SUPERUSER}, refusal="admin", ok=302),
    on("admin:auth_user_password_change", "POST", {"password1": "x"}, ok=302,
       targets={"admin conversations.User": SUPERUSER}, refusal="admin"),
    on("admin:providers_endpoint_detect", targets={"admin providers.Endpoint": SUPERUSER}, refusal="admin"),
    on("admin:providers_endpoint_detect", "POST", {"model": ""}, ok=200,
       targets={"admin providers.Endpoint": SUPERUSER}, refusal="admin"),
    on("admin:providers_endpoint_models", "POST", {"model": "m"},
       targets={"admin providers.Endpoint": SUPERUSER}, refusal="admin"),
    on("admin:providers_endpoint_prices", targets={"admin providers.Endpoint": SUPERUSER}, refusal="admin"),
    on("admin:providers_endpoint_prices", "POST", {"adopt_all": "yes"},
       targets={"admin providers.Endpoint": SUPERUSER}, refusal="admin", ok=302),
    on("admin:providers_deployment_forget", "POST", {"quirk": "all"},
       targets={"admin providers.Deployment": SUPERUSER}, refusal="admin"),
    on("admin:conversations_user_delete", "POST", {"post": "yes"}, targets={"admin, owner": NOBODY}, refusal="admin"),
    on("admin:conversations_team_delete", "POST", {"post": "yes"}, targets={"admin, crew": NOBODY}, refusal="admin"),
    *(on(report, roles=SUPERUSER, refusal="admin")
      for report in ("usage", "usage-csv", "ledger-csv", "scoreboard", "budgets", "admin:providers_endpoint_preset")),
    on("admin:providers_endpoint_preset", "POST", query="?preset=openai", roles=SUPERUSER, ok=200, refusal="admin"),
    on("model-access", query="?person=owner", roles=SUPERUSER, refusal="admin"),
    on("key", targets=KEYS, refusal="admin"),
    on("test-key", "POST", targets=SITES_KEYS, ok=302, refusal="admin"),
    on("rotate-key", "POST", {"new_key": "sk-test-another"}, targets=SITES_KEYS, refusal="admin"),
    on("ask-balance", "POST", targets=SITES_KEYS, ok=302, refusal="admin"),
    on("switch-key", "POST", targets=KEYS, refusal="admin"),
    on("mend", private=STAFF, shared=STAFF, ok=302, refusal="staff"),
    on("add-keys", targets={"endpoint": SUPERUSER}, refusal="admin"),
    on("add-keys", "POST", {"keys": "sk-test-pasted"}, targets={"endpoint": SUPERUSER}, refusal="admin"),
    on("admin:conversations_user_add_many", roles=SUPERUSER, refusal="admin"),
    on("admin:conversations_user_add_many", "POST", {"people": "newcomer"}, ok=(200, 201),
       roles=SUPERUSER, refusal="admin"),
    on("admin:conversations_user_leaving", targets={"admin conversations.User": SUPERUSER}, refusal="admin"),
    on("admin:conversations_user_leaving", "POST", targets={"admin conversations.User": SUPERUSER}, refusal="admin"),
    on("admin:conversations_user_closing", targets={"admin conversations.User": SUPERUSER}, refusal="admin"),
    on("admin:conversations_user_closing", "POST", {"keeps_name": "no"},
       targets={"admin conversations.User": SUPERUSER}, refusal="admin"),
]  # fmt: skip
"""Policies that do not follow from the registry."""


def policies() -> Iterator[Policy]:
    yield from OTHERS
    for model in admin.site._registry:
        yield from _of(model)


def targets(world: World) -> dict[str, dict[str, Any]]:
    """Return a row of every model in the admin; of several rows, one that may be deleted."""
    spared = {User: {"username": "alone"}, Team: {"name": "Foreigners"}, Endpoint: {"name": "Ours"}}
    rows = {model: model._default_manager.filter(**spared.get(model, {})).first() for model in admin.site._registry}
    missing = [model for model, row in rows.items() if row is None]
    assert not missing, f"the matrix has no row of {missing}"
    others = {"owner": User.objects.get(username="owner").pk, "crew": Team.objects.get(name="Crew").pk}
    return {f"admin {model._meta.label}": {"object_id": row.pk} for model, row in rows.items() if row} | {
        "app": {"app_label": "providers"},
        "endpoint": {"endpoint_id": Endpoint.objects.get(name="Ours").pk},
        **{f"admin, {name}": {"object_id": key} for name, key in others.items()},
    }


def _of(model: type) -> Iterator[Policy]:
    meta: Any = model._meta  # type: ignore[attr-defined]
    target, name = f"admin {meta.label}", f"admin:{meta.app_label}_{meta.model_name}"

    def page(kind: str, method: str = "GET", body: dict[str, Any] | None = None, allowed: Any = SUPERUSER) -> Policy:
        places = {"roles": allowed} if kind in ("changelist", "csv", "add") else {"targets": {target: allowed}}
        return on(f"{name}_{kind}", method, body, ok=(200, 302), refusal="admin", **places)

    yield page("changelist")
    yield page("csv")
    yield page("changelist", "POST", {"action": "delete_selected"})
    yield page("change")
    yield page("history")
    adds, changes, deletes = (NOBODY if model in few else SUPERUSER for few in (NOT_ADDED, NOT_WRITTEN, NOT_DELETED))
    for method, body in (("GET", {}), ("POST", {"post": "yes"})):
        yield page("add", method, body, adds)
        yield page("delete", method, body, deletes)
    yield page("change", "POST", {"post": "yes"}, changes)
