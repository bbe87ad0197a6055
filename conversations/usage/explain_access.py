"""Explanations for administrators of a person's access to a model."""

from collections.abc import Collection, Iterator
from itertools import chain
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext as _

from conversations.models import Budget, Team, User
from conversations.usage import budgets
from conversations.usage.model_access import keys_that_serve, models_for, teams_of
from providers import clock
from providers.error_texts import localized
from providers.models import ApiKey, LanguageModel, Trouble
from providers.pool import cooldown
from providers.prices import written


def why(user: User, model: LanguageModel, team: Team | None = None) -> Iterator[str]:
    """Yield sentences on whether and how this person may use this model, alone or in this team."""
    writes = team is None or Team.objects.writable_by(user).filter(pk=team.pk).exists()
    if not user.is_active:
        yield _("The account is switched off.")
    if team and not writes:
        yield _("%(person)s does not write in %(team)s.") % {"person": user.name, "team": team.name}
    if not model.enabled:
        yield _("The model is switched off.")
    yield from _why_teams(user, model, team)
    yield from _why_ways(user, model, team)
    yield from _why_money(user, model, team)
    may = usable(user, team).filter(pk=model.pk).exists()
    yield _("So the model may be used.") if may else _("So the model may not be used.")


def usable(user: User, team: Team | None = None) -> QuerySet[LanguageModel]:
    """Return the models that this person may use, alone or in this team."""
    writes = team is None or Team.objects.writable_by(user).filter(pk=team.pk).exists()
    if not (user.is_active and writes):
        return LanguageModel.objects.none()
    return models_for(user, team.pk if team else None)


def _why_teams(user: User, model: LanguageModel, team: Team | None) -> Iterator[str]:
    limited = list(model.teams.order_by("name"))
    if not limited:
        yield _("The model is everyone's: no team has it for itself.")
        return
    names = _(", ").join(one.name for one in limited)
    yield _("The model is only for %(teams)s.") % {"teams": names}
    if not {one.pk for one in limited} & ({team.pk} if team else set(teams_of(user.pk))):
        yield _("%(team)s is none of them.") % {"team": team.name} if team else _("The person writes in none of them.")


def _why_ways(user: User, model: LanguageModel, team: Team | None) -> Iterator[str]:
    """Yield one sentence for each endpoint, and one for each key that may answer."""
    found = keys_that_serve(model.pk, user.pk, team.pk if team else None)
    deployments = list(model.deployments.select_related("endpoint"))
    if not deployments:
        yield _("No endpoint serves the model.")
    for deployment in deployments:
        endpoint = deployment.endpoint
        here = [key for key in found if key.endpoint_id == endpoint.pk]
        if not endpoint.enabled:
            yield _("%(endpoint)s is switched off.") % {"endpoint": endpoint.name}
        elif not deployment.enabled:
            yield _("The model is switched off at %(endpoint)s.") % {"endpoint": endpoint.name}
        elif fault := endpoint.fault_of_version():
            yield f"{endpoint.name}: {localized(fault)}"
            continue
        elif endpoint.needs_key and not here:
            yield _("%(endpoint)s has no key for this that is switched on.") % {"endpoint": endpoint.name}
        elif not here:
            yield _("%(endpoint)s answers without a key.") % {"endpoint": endpoint.name}
        for key in here:
            yield _("%(endpoint)s answers with %(key)s, %(whose)s.") % {
                "endpoint": endpoint.name,
                "key": str(key.secret),
                "whose": _whose(key),
            }
        ways = [cooldown.places(key.pk, endpoint.pk, deployment.pk) for key in here]
        private = {place for key in here if key.owner_id for place in cooldown.places(key.pk, None, deployment.pk)}
        yield from _why_trouble(private - {deployment.pk}, deployment.pk, endpoint.pk, *chain(*ways))


def _whose(key: ApiKey) -> str:
    if key.is_fallback:
        return _("the site's, if those before cannot")
    if key.owner_id:
        return _("their own")
    return _("the team's") if key.teams.exists() else _("the site's")


def _why_trouble(private: Collection[UUID], *subjects: UUID) -> Iterator[str]:
    """Yield the troubles of these subjects; of the `private` ones without the vendor's words on a person's account."""
    for trouble in Trouble.objects.filter(subject__in=subjects, cooling_until__gt=clock.now()):
        yield _("Cooling down until %(until)s: %(text)s") % {
            "until": localize(timezone.localtime(trouble.cooling_until)),
            "text": trouble.localized_reason if trouble.subject in private else trouble.localized_text,
        }


def _why_money(user: User, model: LanguageModel, team: Team | None) -> Iterator[str]:
    for left in budgets.budgets_of(user, team.pk if team else None, model.pk):
        about = {"kind": Budget.Kind(left.kind).label, "period": Budget.Period(left.period).label}
        if left.is_used_up:
            yield _("The budget is used up: %(kind)s, %(period)s.") % about
        elif left.left is not None:
            amounts = {"left": written(left.left), "limit": written(left.limit or 0)}
            yield _("%(left)s of %(limit)s are left in the budget: %(kind)s, %(period)s.") % {**about, **amounts}
