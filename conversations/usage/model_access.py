"""Access to models and keys, for a person alone or in a team's conversation."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet

from conversations.errors import OWN_KEY_ALONE, TEAM_KEY_ALONE
from conversations.models import Membership, Team, User
from providers.models import ApiKey, Endpoint, LanguageModel
from providers.models import LanguageModelQuerySet as Models
from providers.pool import resting
from providers.prepared_queries import Prepared

NOBODY = UUID(int=0)


def keys_for(user: UUID, team: UUID | None) -> Sequence[Q]:
    """Return conditions on keys; all keys that meet the first fulfilled condition may be used.

    A team's conversation uses the team's keys, else the site's, else the sender's own. Alone, one's own come first.
    The site's keys follow where all of these fall back on them.
    """
    return (_of_team(team), _of_site(), _own(user)) if team else (_own(user), _of_site())


def keys_that_serve(model: UUID, user: UUID | None, team: UUID | None) -> list[ApiKey]:
    """Return the keys for a question to this model, by the conditions of `keys_for` in one query."""
    keys, of_site = _tiers(model, user, team)
    if not falls_back(keys):
        return keys
    for key in of_site:
        key.is_fallback = True
    return [*keys, *of_site]


def resting_models(user: User, team: UUID | None, models: Iterable[LanguageModel]) -> dict[UUID, datetime]:
    """Return until when each of these models rests of which no way is open, with their deployments fetched before."""
    troubles = resting.troubles_now()
    if not troubles:
        return {}
    keys = list(_with_team(ApiKey.objects.filter(enabled=True).filter(Q(*keys_for(user.pk, team), _connector=Q.OR))))
    ends = {}
    for model in models:
        offers = [offer for offer in model.offers() if offer.endpoint.enabled]
        endpoints = {offer.endpoint_id for offer in offers}
        first, of_site = _tiered((key for key in keys if key.endpoint_id in endpoints), team)
        allowed = [*first, *of_site] if falls_back(first) else first
        if end := resting.rests_until(offers, allowed, troubles):
            ends[model.pk] = end
    return ends


def falls_back(keys: Iterable[ApiKey]) -> bool:
    """Return whether all of these keys let the site's keys answer when they cannot."""
    return all(key.falls_back for key in keys)


def why_alone(model: UUID, user: UUID | None, team: UUID | None) -> str:
    """Return the reason why the site's keys were not tried, if a key is set so; else ""."""
    keys, of_site = _tiers(model, user, team)
    if not of_site or falls_back(keys):
        return ""
    return OWN_KEY_ALONE if keys[0].owner_id else TEAM_KEY_ALONE


def _tiers(model: UUID, user: UUID | None, team: UUID | None) -> tuple[list[ApiKey], list[ApiKey]]:
    """Return the keys that may be used, and those of the site if these are others."""
    asker = user or NOBODY
    return _tiered(_KEYS_IN_TEAM(model, asker, team) if team else _KEYS_ALONE(model, asker), team)


def _tiered(keys: Iterable[ApiKey], team: UUID | None) -> tuple[list[ApiKey], list[ApiKey]]:
    tiers: dict[str, list[ApiKey]] = {"team": [], "site": [], "own": []}
    for key in keys:
        tiers["own" if key.owner_id else "team" if key.of_team else "site"].append(key)  # type: ignore[attr-defined]
    order = ("team", "site", "own") if team else ("own", "site")
    first = next((name for name in order if tiers[name]), "site")
    return tiers[first], [] if first == "site" else tiers["site"]


def models_for(user: User, team: UUID | None, purpose: str = "") -> Models:
    """Return the models for a person's question in this team's conversation, or alone; or those for speech."""
    return _models(user.pk, team, purpose or LanguageModel.Purpose.REPLIES)


def model_for(user: User, team: UUID | None, model: UUID) -> LanguageModel | None:
    """Return this model if `models_for` contains it, else None."""
    return _IN_TEAM.one(user.pk, team, model) if team else _ALONE.one(user.pk, model)


def models_anywhere(user: User, purpose: str = "") -> Models:
    """Return the models that this person may use alone or in one of their teams."""
    wanted = purpose or LanguageModel.Purpose.REPLIES
    return LanguageModel.objects.filter(pk__in=[model.pk for model in every_model(user) if model.purpose == wanted])


def every_model(user: User) -> list[LanguageModel]:
    """Return what this person may use alone or in one of their teams, models for replies and those for speech."""
    found = {model.pk: model for model in _EVERY_ALONE(user.pk)}
    for team in _TEAMS(user.pk):
        found |= {model.pk: model for model in _EVERY_IN_TEAM(user.pk, team.pk)}
    return sorted(found.values(), key=LanguageModel.order_key)


def teams_of(user: UUID) -> "QuerySet[Membership, UUID]":
    """Return the teams in which this person writes."""
    return Membership.objects.filter(user=user, role__in=Membership.WRITERS).values_list("team", flat=True)


def _own(user: UUID) -> Q:
    return Q(owner=user, endpoint__personal_keys=True)


def _of_site() -> Q:
    return Q(owner=None, teams=None)


def _of_team(team: UUID) -> Q:
    return Q(owner=None, teams=team)


def _models(user: UUID, team: UUID | None, purpose: str = "") -> Models:
    teams = Q(teams=team) if team else Q(teams__in=teams_of(user))
    open_to = LanguageModel.objects.filter(Q(teams=None) | teams).values("pk")
    any_key = Q(*keys_for(user, team), _connector=Q.OR)
    usable = LanguageModel.objects.usable(any_key).filter(pk__in=open_to)
    return usable.filter(purpose=purpose) if purpose else usable


def _teams(user: UUID) -> "QuerySet[Team]":
    return Team.objects.writable_by(User(pk=user)).only("pk")


_ALONE = Prepared(lambda user, model: _models(user, None, LanguageModel.Purpose.REPLIES).filter(pk=model))
_IN_TEAM = Prepared(lambda user, team, model: _models(user, team, LanguageModel.Purpose.REPLIES).filter(pk=model))
_EVERY_ALONE = Prepared(lambda user: _models(user, None))
_EVERY_IN_TEAM = Prepared(lambda user, team: _models(user, team))
_TEAMS = Prepared(_teams)
_KEYS_ALONE = Prepared(lambda model, user: _serving(model, _own(user), _of_site()))
_KEYS_IN_TEAM = Prepared(lambda model, user, team: _serving(model, _own(user), _of_site(), _of_team(team)))


def _serving(model: UUID, *tiers: Q) -> QuerySet[ApiKey]:
    return _with_team(ApiKey.objects.serving(model).filter(Q(*tiers, _connector=Q.OR)))


def _with_team(keys: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
    """Return each key once, with `of_team` if it is a team's."""
    return keys.annotate(of_team=F("teams"))


def open_endpoints() -> "QuerySet[Endpoint]":
    """Return the endpoints that take people's own keys."""
    return Endpoint.objects.filter(enabled=True, personal_keys=True)
