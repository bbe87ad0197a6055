"""Keys for all people or for teams."""

from collections.abc import Iterable

from conversations.models import Team, User
from providers.audit import log
from providers.models import ApiKey, Endpoint


def add_keys(user: User, endpoint: Endpoint, plain: Iterable[str], teams: Iterable[Team]) -> list[ApiKey]:
    """Store keys and give them to their teams in one transaction, so that none is for all in between."""
    teams = list(teams)
    theirs = Team.objects.filter(pk__in=[team.pk for team in teams])
    with log.watch(user, theirs):
        keys = [ApiKey.objects.create(endpoint=endpoint, secret=key, created_by=user) for key in plain]
        for key in keys:
            key.teams.set(teams)
            log.added(user, key)
    return keys
