"""The end of all access that a deactivated person had."""

from typing import Any

from django.db import transaction

from conversations.actions.audience.guests import end_places
from conversations.models import Guest, Invitation, User
from providers.audit import log


def end_access(by: Any, person: User) -> None:
    """End sessions, tokens, links and guests' places: reactivating the person revives none of them."""
    links = Invitation.objects.filter(made_by=person, revoked_at=None)
    with transaction.atomic(), log.watch(by, person.tokens.open(), links):
        person.end_sessions()
        person.tokens.revoke()
        person.password_links.close()
        person.shares.revoke()
        links.revoke()
        end_places(by, Guest.objects.filter(user=person))
