"""The command `removefactors`, for a person who has lost their second factor.

It is the last resort, when no administrator can remove it.
"""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management import BaseCommand, CommandError, CommandParser

from conversations.mail import notices
from conversations.models import User
from providers.audit import log


class Command(BaseCommand):
    """Removes a person's second factor and recovery codes, and notifies them."""

    help = "Takes a person's second factor and recovery codes away: for who has lost them, or the encryption key."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the name that the person signs in with")

    def handle(self, *, name: str, **_: Any) -> str:
        try:
            person = User.objects.get_by_natural_key(name)
        except User.DoesNotExist:
            raise CommandError(f"Nobody is called {name} here.") from None
        factors = Authenticator.objects.filter(user=person)
        if not factors.exists():
            raise CommandError(f"{person.username} has no second factor.")
        with log.by_command("removefactors"), log.watch(None, factors):
            factors.delete()
            notices.tell(person, notices.Kind.FACTOR_REMOVED)
        return f"{person.username} signs in with the password alone now."
