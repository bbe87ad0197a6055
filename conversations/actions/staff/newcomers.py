"""Many new accounts at once, each with a link by which its person chooses a password."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction

from conversations.actions.accounts import first_password_link
from conversations.errors import Refused
from conversations.models import Membership, Team, User
from providers.audit import log


def add_people(by: User, people: Iterable[User], team: Team | None = None) -> list[tuple[User, str]]:
    """Store these people as members of the team, all or none; returns each with the secret of their link.

    Raises Refused if somebody has taken one of the names or addresses meanwhile.
    """
    try:
        with transaction.atomic():
            return [(person, _add(by, person, team)) for person in people]
    except IntegrityError:
        raise Refused("conflict", "One of these names or addresses is taken.") from None


def _add(by: User, person: User, team: Team | None) -> str:
    person.set_unusable_password()
    person.save(force_insert=True)
    log.added(by, person)
    if team is not None:
        log.added(by, Membership.objects.create(team=team, user=person))
    return first_password_link(by, person)
