"""The end of all access that a deactivated person had."""

from typing import Any

from django.db import transaction

from conversations.models import Invitation, User
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
        person.guest_places.all().delete()
