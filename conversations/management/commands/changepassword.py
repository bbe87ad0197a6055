"""Django's command, which also ends the tokens and links of the person and notes the change."""

from getpass import getuser
from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.db import transaction

from conversations.models import User
from providers import auditing


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        """Ask first, then begin a transaction: nobody else writes to SQLite in one, and somebody types here."""
        person = User.objects.filter(username=options["username"] or getuser()).first()
        before = auditing.told(person) if person else {}
        answer: str | None = super().handle(*args, **options)
        if person is not None:
            person.refresh_from_db()
            _note(person, {name: value for name, value in before.items() if name == "password"})
        return answer


def _note(person: User, before: dict[str, Any]) -> None:
    after = {name: value for name, value in auditing.told(person).items() if name in before}
    with auditing.by_command("changepassword"), transaction.atomic(), auditing.watch(None, person.tokens.open()):
        auditing.note(None, auditing.Act.CHANGED, person, before=before, after=after)
        person.password_links.close()
        person.tokens.revoke()
