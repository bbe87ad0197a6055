"""Keys for all people, for teams, and of one's own."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from conversations.errors import NotFound
from conversations.models import Team, User
from providers.audit import log
from providers.endpoints import keys
from providers.models import ApiKey, Endpoint


def add_keys(user: User, endpoint: Endpoint, plain: Mapping[int, str], teams: Iterable[Team]) -> list[ApiKey]:
    """Store keys and give them to their teams in one transaction, so that none is for all in between.

    Raises ValidationError with the number of the line of a key that cannot be stored.
    """
    teams = list(teams)
    with log.watch(user, Team.objects.filter(pk__in=[team.pk for team in teams])):
        added = [_add(user, endpoint, key, line) for line, key in plain.items()]
        for key in added:
            key.teams.set(teams)
    return added


def add_own_key(person: User, endpoint: Endpoint, plain: str, falls_back: bool = False) -> ApiKey:
    """Store a key that answers its owner's questions alone; raises ValidationError in words."""
    with transaction.atomic():
        key = keys.add_key(endpoint, plain, owner=person, by=person)
        if falls_back:
            keys.set_fallback(key, falls_back, person)
    return key


def change_own_key(person: User, key_id: UUID, falls_back: bool) -> None:
    """Set whether the site's keys answer the owner's questions when this key cannot; raises NotFound."""
    key = person.keys.filter(pk=key_id).first()
    if key is None:
        raise NotFound
    keys.set_fallback(key, falls_back, person)


def remove_own_key(person: User, key_id: UUID) -> None:
    if not keys.remove_keys(person.keys.filter(pk=key_id), person):
        raise NotFound


def _add(user: User, endpoint: Endpoint, key: str, line: int) -> ApiKey:
    try:
        return keys.add_key(endpoint, key, by=user)
    except ValidationError as error:
        said = _("Line %(number)s: %(problem)s")
        raise ValidationError(said, params={"number": line, "problem": " ".join(error.messages)}) from None
