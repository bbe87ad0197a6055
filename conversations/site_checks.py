"""Checks of the site's keys, models, teams and budgets, and of failures that pause a key or an endpoint."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.models import Membership, Team
from conversations.reporting.budgets import budget_groups, outlook
from conversations.reporting.names import key_name
from conversations.search.rebuilding import count_missing
from providers import clock
from providers.checks import By, Check, Finding
from providers.error_texts import localized
from providers.errors import OF_THE_ACCOUNT
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel, Trouble
from providers.pool import cooldown

Teams = frozenset[UUID]
_LASTS = gettext_lazy("The balance of %(name)s lasts about %(days)s days more.")


def useless_keys() -> Iterable[Finding]:
    """Find enabled keys that can never be used."""
    models, limits = _models_by_endpoint(), _limits(Team.models.through, "languagemodel_id")
    for key in _keys():
        if not any(_fit(_teams_of(key), limits[model]) for model in models[key.endpoint_id]):
            sentence = _("%(name)s can never be used: its endpoint serves no model that fits it.")
            yield Finding(sentence % {"name": key_name(key)}, address=reverse_lazy("key", args=[key.pk]))


def unknown_wires() -> Iterable[Finding]:
    """Find endpoints that only a later version, which was taken back, can call."""
    for endpoint in Endpoint.objects.filter(enabled=True):
        if fault := endpoint.fault_of_version():
            address = reverse_lazy("admin:providers_endpoint_change", args=[endpoint.pk])
            yield Finding(f"{endpoint.name}: {localized(fault)}", address=address)


def models_without_service() -> Iterable[Finding]:
    """Find offered models that no deployment serves."""
    served = _served(_limits(Team.models.through, "languagemodel_id"))
    for model in LanguageModel.objects.filter(enabled=True).exclude(pk__in=served):
        address = reverse_lazy("admin:providers_languagemodel_change", args=[model.pk])
        sentence = _("Nothing serves %(name)s: no endpoint with a key that fits is switched on.")
        yield Finding(sentence % {"name": model.name}, address=address)


def teams_without_leads() -> Iterable[Finding]:
    """Find teams without a lead who can sign in."""
    for team in Team.objects.exclude(pk__in=Membership.objects.leads().values("team")):
        address = reverse_lazy("admin:conversations_team_change", args=[team.pk])
        yield Finding(_("%(name)s has no lead who can sign in.") % {"name": team.name}, address=address)


def troubles() -> Iterator[Finding]:
    """Find failures whose subject is left alone for a while. Those of personal keys are told to their owners alone."""
    rows: dict[Any, tuple[str, Any]] = {}
    found = list(Trouble.objects.order_by("cooling_until"))
    subjects = [trouble.subject for trouble in found]
    for key in ApiKey.objects.of_site().select_related("endpoint").filter(pk__in=subjects):
        rows[key.pk] = (key_name(key), reverse_lazy("key", args=[key.pk]))
    for endpoint in Endpoint.objects.filter(pk__in=subjects):
        rows[endpoint.pk] = (endpoint.name, reverse_lazy("admin:providers_endpoint_change", args=[endpoint.pk]))
    for deployment in Deployment.objects.select_related("endpoint").filter(pk__in=subjects):
        rows[deployment.pk] = (str(deployment), reverse_lazy("admin:providers_deployment_change", args=[deployment.pk]))
    if any(trouble.subject not in rows for trouble in found):
        rows |= _pairs(subjects)
    for trouble in found:
        if trouble.subject in rows:
            name, address = rows[trouble.subject]
            yield Finding(_resting(trouble, name), trouble.localized_text, address, trouble.code in OF_THE_ACCOUNT)


def no_model() -> Iterator[Finding]:
    """Find a site without any model, which can answer no question."""
    if not LanguageModel.objects.exists():
        sentence = _("There is no model yet, so nobody can ask anything: add a vendor.")
        yield Finding(sentence, address=reverse_lazy("admin:providers_endpoint_preset"), is_grave=False)


def budgets() -> Iterator[Finding]:
    """Find budgets that are used up, or nearly."""
    for standing in (standing for group in budget_groups() for standing in group.standings):
        if standing.warns or standing.is_over:
            sentence = _("The budget of %(name)s is used up.") if standing.is_over else _("%(name)s nears its budget.")
            told = sentence % {"name": standing.name}
            yield Finding(told, standing.period_name, reverse_lazy("budgets"), standing.is_over)


def balances() -> Iterator[Finding]:
    """Find keys whose balance is used up, or soon at the present pace."""
    asked = ApiKey.objects.of_site().filter(enabled=True, balance__is_told=True).select_related("endpoint")
    for key in asked:
        if (found := outlook(key)) and found.warns:
            sentence = _("The balance of %(name)s is used up.") if found.is_over else _LASTS
            told = sentence % {"name": key_name(key), "days": found.days}
            yield Finding(told, address=reverse_lazy("key", args=[key.pk]), is_grave=found.is_over)


def search_index() -> Iterator[Finding]:
    """Find messages, titles and passages of files that the search does not know yet."""
    if missing := count_missing():
        sentence = _(
            "The search lacks %(number)s messages, titles or passages of files. "
            "It adds them by itself, and `rebuildsearch` at once."
        )
        yield Finding(sentence % {"number": missing}, is_grave=False)


CHECKS = (
    Check(gettext_lazy("keys"), useless_keys, permission="providers.view_apikey"),
    Check(gettext_lazy("protocols"), unknown_wires, permission="providers.view_endpoint"),
    Check(gettext_lazy("models"), models_without_service, permission="providers.view_languagemodel"),
    Check(gettext_lazy("teams"), teams_without_leads, permission="conversations.view_team"),
    Check(gettext_lazy("search"), search_index, By.DOCTOR),
    Check(gettext_lazy("budgets"), budgets, By.OVERVIEW, permission="conversations.view_budget"),
    Check(gettext_lazy("balances"), balances, By.OVERVIEW, permission="providers.view_apikey"),
    Check(gettext_lazy("vendors"), troubles, By.OVERVIEW, permission="providers.view_apikey"),
    Check(gettext_lazy("a first model"), no_model, By.OVERVIEW, permission="providers.add_endpoint"),
)


def _pairs(subjects: Iterable[UUID]) -> dict[Any, tuple[str, Any]]:
    """Return names and addresses of keys that fail with one model only."""
    known = cooldown.pairs()
    found = {pair: known[pair] for pair in subjects if pair in known}
    keys = ApiKey.objects.of_site().select_related("endpoint").in_bulk({key for key, _deployment in found.values()})
    models = Deployment.objects.in_bulk({deployment for _key, deployment in found.values()})
    return {
        pair: (f"{key_name(keys[key])} · {models[deployment].vendor_id}", reverse_lazy("key", args=[key]))
        for pair, (key, deployment) in found.items()
        if key in keys
    }


def _resting(trouble: Trouble, name: str) -> str:
    until = date_format(timezone.localtime(trouble.cooling_until), "H:i:s T")
    if trouble.cooling_until <= clock.now():
        return _("%(name)s has failed; the next question tries it again.") % {"name": name}
    return _("%(name)s is cooling down until %(until)s.") % {"name": name, "until": until}


# --- Which key fits which model: the rule of conversations.usage.model_access, for all people at once ---


def _fit(key: Teams, model: Teams) -> bool:
    """Return whether a key may serve a model; one without teams is for all."""
    return not key or not model or bool(key & model)


def _keys() -> Iterable[ApiKey]:
    """Return the enabled keys of the site and of teams, with their teams; personal keys are private."""
    switched_on = ApiKey.objects.filter(enabled=True, owner=None, endpoint__enabled=True)
    return switched_on.select_related("endpoint").prefetch_related("teams")


def _teams_of(key: Any) -> Teams:
    return frozenset(team.pk for team in key.teams.all())


def _limits(through: Any, column: str) -> dict[UUID, Teams]:
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for model, team in through.objects.values_list(column, "team_id"):
        found[model].add(team)
    return defaultdict(frozenset, {model: frozenset(teams) for model, teams in found.items()})


def _models_by_endpoint() -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for endpoint, model in _deployments().values_list("endpoint", "model"):
        found[endpoint].append(model)
    return found


def _deployments() -> Any:
    return Deployment.objects.filter(enabled=True, model__enabled=True, endpoint__enabled=True)


def _served(limits: dict[UUID, Teams]) -> set[UUID]:
    keys: dict[UUID, list[Teams]] = defaultdict(list)
    for key in _keys():
        keys[key.endpoint_id].append(_teams_of(key))
    return {
        deployment.model_id
        for deployment in _deployments().select_related("endpoint")
        if not deployment.endpoint.needs_key
        or deployment.endpoint.personal_keys
        or any(_fit(teams, limits[deployment.model_id]) for teams in keys[deployment.endpoint_id])
    }
