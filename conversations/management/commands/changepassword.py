"""Django's command `changepassword`, which here also ends tokens and links and notes the change."""

from getpass import getuser
from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.db import transaction

from conversations.models import User
from providers.audit import log


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        """Ask for the password before the transaction begins: on SQLite it would block all writers meanwhile."""
        person = User.objects.filter(username=options["username"] or getuser()).first()
        before = log.loggable_values(person) if person else {}
        answer: str | None = super().handle(*args, **options)
        if person is not None:
            person.refresh_from_db()
            _note(person, {name: value for name, value in before.items() if name == "password"})
        return answer


def _note(person: User, before: dict[str, Any]) -> None:
    after = {name: value for name, value in log.loggable_values(person).items() if name in before}
    with log.by_command("changepassword"), transaction.atomic(), log.watch(None, person.tokens.open()):
        log.note(None, log.Act.CHANGED, person, before=before, after=after)
        person.password_links.close()
        person.tokens.revoke()
