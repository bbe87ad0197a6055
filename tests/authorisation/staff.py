"""The predefined roles of staff, their possible gains in the admin, and a walk through all its forms.

A prize is a set of rows worth having: if a walk changes it, the role has gained it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, Q
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from conversations.models import Budget, Membership, Team, User
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel
from providers.models.address_guard import ADDRESS
from tests.authorisation.asking import undone, writes

EVIL, EVIL_KEY = "https://evil.example/v1", "sk-test-evil-0123456789"


GAINS: dict[str, set[str]] = {
    "nothing": set(),
    "helpdesk": {"people", "places", "teams"},
    "keys": {"keys", "prices", "models", "teams' keys", "teams' models", "endpoints"},
    "money": {"budgets"},
    "auditor": set(),
}
"""The gains that each role may have: never an existing address, and never more power."""

PRIZES: dict[str, Callable[[], Any]] = {
    "keys": lambda: ApiKey.objects.values_list("pk", "endpoint", "fingerprint", "enabled", "owner"),
    "prices": lambda: Deployment.objects.values_list("pk", "input_price", "output_price", "cached_price", "call_price"),
    "models": lambda: LanguageModel.objects.values_list("pk", "name", "enabled"),
    "teams' keys": lambda: Team.api_keys.through.objects.values_list("team", "apikey"),
    "teams' models": lambda: Team.models.through.objects.values_list("team", "languagemodel"),
    "budgets": lambda: Budget.objects.values_list("pk", "kind", "target", "period", "soft", "hard"),
    "endpoints": lambda: Endpoint.objects.values_list("pk", "name", "enabled", "personal_keys"),
    "addresses": lambda: Endpoint.objects.filter(name="Ours").values_list("pk", *ADDRESS),
    "people": lambda: User.objects.values_list("pk", "username", "display_name"),
    "places": lambda: Membership.objects.values_list("team", "user", "role"),
    "teams": lambda: Team.objects.values_list("pk", "name", "system_prompt"),
    "powers": lambda: _mighty().values_list("pk", "is_staff", "is_superuser", "groups", "user_permissions"),
    "passwords": lambda: User.objects.filter(pk__in=_before()).values_list("pk", "password", "email"),
}


def _mighty() -> Any:
    has = (Q(is_staff=True), Q(is_superuser=True), Q(groups__isnull=False), Q(user_permissions__isnull=False))
    return User.objects.filter(Q(*has, _connector=Q.OR))


def _before() -> list[Any]:
    return list(User.objects.filter(is_staff=True).values_list("pk", flat=True))


@dataclass(frozen=True)
class Door:
    """One POST somewhere in the admin."""

    address: str
    body: dict[str, Any]


def gained(client: Client, targets: dict[str, dict[str, Any]]) -> dict[str, list[Door]]:
    """Walk through all doors, and return the changed prizes with the doors that changed them.

    A deleted endpoint takes its keys along, which does not count. Only an endpoint that is elsewhere now has changed
    its address.
    """
    won: dict[str, list[Door]] = {}
    before = _prizes()
    for door in doors(client, targets):
        with undone():
            written = writes()
            answer = client.post(door.address, door.body)
            after = before if writes() == written else _prizes()
        assert answer.status_code < 500, door
        for prize in after:
            if set(after[prize]) - set(before[prize]) or (prize != "addresses" and after[prize] != before[prize]):
                won.setdefault(prize, []).append(door)
    return won


def _prizes() -> dict[str, list[str]]:
    return {name: sorted(map(repr, rows())) for name, rows in PRIZES.items()}


def doors(client: Client, targets: dict[str, dict[str, Any]]) -> Iterator[Door]:
    """Yield a POST for every form of the admin, for each field alone, and for values that no form offers."""
    for model in admin.site._registry:
        pk = targets[f"admin {model._meta.label}"]["object_id"]
        change, add, delete, listed = (_page(model, kind, pk) for kind in ("change", "add", "delete", "changelist"))
        unasked = {**_everything_of(model), "_save": "x"}
        yield from (Door(page, unasked) for page in (change, add))
        yield Door(delete, {"post": "yes"})
        yield Door(listed, {"action": "delete_selected", "_selected_action": [str(pk)], "post": "yes"})
        yield Door(_page(model, "history", pk), unasked)
        for page in (change, add):
            yield from _forms(page, client.get(page))
    yield from _others(targets)


def _page(model: type[Model], kind: str, pk: Any) -> str:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{kind}"
    return reverse(name, args=[pk] if kind in ("change", "delete", "history") else [])


def _everything_of(model: type[Model]) -> dict[str, Any]:
    """Return a value for every column and every set of rows, even if no form shows it."""
    body: dict[str, Any] = {field.name: EVIL for field in model._meta.concrete_fields}
    body |= {field.name: list(_pks(field.related_model)) for field in model._meta.many_to_many}
    powers = {"is_superuser": "on", "is_staff": "on", "enabled": "on", "new_key": EVIL_KEY, "teams": list(_pks(Team))}
    return {**body, **powers, "input_price": "0", "hard": "9"}


def _pks(model: Any) -> Iterator[str]:
    return (str(pk) for pk in model._default_manager.values_list("pk", flat=True)[:50])


def _others(targets: dict[str, dict[str, Any]]) -> Iterator[Door]:
    endpoint, key = targets["admin providers.Endpoint"]["object_id"], targets["site key"]["key_id"]
    person = targets["admin conversations.User"]["object_id"]
    vendor = {"preset": "openai", "name": "Ours", "key": EVIL_KEY, "models": "m", "base_url": EVIL}
    yield Door(reverse("add-endpoint"), vendor)
    yield Door(reverse("local-model"), {})
    yield Door(reverse("admin:providers_endpoint_preset") + "?preset=openai", vendor)
    yield Door(reverse("admin:providers_endpoint_preset") + "?preset=openai", {**vendor, "name": "New"})
    yield Door(reverse("admin:providers_endpoint_detect", args=[endpoint]), {"model": "parrot"})
    yield Door(reverse("admin:providers_endpoint_models", args=[endpoint]), {"model": ["new"]})
    yield Door(reverse("admin:providers_endpoint_prices", args=[endpoint]), {"source": "table"})
    yield Door(reverse("admin:providers_endpoint_prices", args=[endpoint]), {"adopt_all": "yes", "shown": EVIL})
    yield Door(reverse("add-keys", args=[endpoint]), {"keys": EVIL_KEY, "teams": list(_pks(Team))})
    yield Door(reverse("rotate-key", args=[key]), {"new_key": EVIL_KEY})
    yield Door(reverse("ask-balance", args=[key]), {})
    yield Door(reverse("switch-key", args=[key]), {"on": "no"})
    yield Door(reverse("admin:auth_user_password_change", args=[person]),
               {"password1": EVIL_KEY, "password2": EVIL_KEY, "usable_password": "true"})  # fmt: skip


# --- One field at a time ---------------------------------------------------------------------------------------------


def _forms(page: str, shown: HttpResponse) -> Iterator[Door]:
    """Yield the form of a page with one changed value, for each field and an inline table's first row."""
    context = shown.context  # type: ignore[attr-defined]
    if shown.status_code != 200 or not context or "adminform" not in context:
        return
    form, formsets = context["adminform"].form, [one.formset for one in context["inline_admin_formsets"]]
    parts = [form, *(part for one in formsets for part in one.forms)]
    sent = {**_sent(form), **{name: value for one in formsets for name, value in _sent(one.management_form).items()}}
    for part in parts:
        sent |= _sent(part)
    filled = sent | {field.html_name: _other(field) for field in form if field.value() in (None, "", [])}
    tried = [form, *(part for one in formsets for part in one.forms[:1])]
    yield from (Door(page, {**sent, field.html_name: _other(field)}) for part in tried for field in part)
    yield Door(page, filled)
    for one in formsets:
        fields = [field for field in one.empty_form if not field.is_hidden and field.name != "DELETE"]
        row = {field.html_name.replace("__prefix__", str(len(one.forms))): _other(field) for field in fields}
        yield Door(page, {**sent, **row, f"{one.prefix}-TOTAL_FORMS": len(one.forms) + 1})
        yield from (Door(page, {**sent, f"{part.prefix}-DELETE": "on"}) for part in one.forms[:1])


def _sent(part: Any) -> dict[str, Any]:
    """Return the fields that a browser would send if nobody changed anything."""
    values = {name: value for field in part for name, value in _inputs(field)}
    values = {name: "{}" if value == {} else value for name, value in values.items()}
    return {name: value for name, value in values.items() if value is not None and value is not False}


def _inputs(field: Any) -> Iterator[tuple[str, Any]]:
    widget = field.field.widget
    if isinstance(widget, forms.MultiWidget):
        yield from ((f"{field.html_name}_{place}", one) for place, one in enumerate(widget.decompress(field.value())))
    else:
        yield field.html_name, field.value()


def _other(field: Any) -> Any:
    """Return a value that differs from the field's."""
    made, now = field.field, field.value()
    if isinstance(made, forms.ModelMultipleChoiceField):
        return [] if now else [str(row.pk) for row in made.queryset]
    if isinstance(made, forms.ChoiceField):
        values = [str(value) for value in _values(made.choices) if str(value) not in ("", str(now))]
        return values[-1] if values else ""
    if isinstance(made, forms.BooleanField):
        return "" if now else "on"
    if isinstance(made, forms.JSONField):
        return '{"X-Evil": "1"}'
    if isinstance(made, forms.IntegerField | forms.DecimalField):
        return "7"
    return EVIL_KEY if "key" in field.name or "password" in field.name else EVIL if "url" in field.name else "evil"


def _values(choices: Any) -> Iterator[Any]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from (inner for inner, _name in label)
        else:
            yield getattr(value, "value", value)
