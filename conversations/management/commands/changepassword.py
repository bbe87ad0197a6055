"""Django's command, which also ends the tokens and links of the person and notes the change."""

from getpass import getuser
from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.db import transaction

from conversations.models import User
from providers import auditing


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        with auditing.by_command("changepassword"), transaction.atomic():
            name = options["username"] or getuser()
            person = User.objects.filter(username=name)
            with auditing.watch(None, person):
                answer: str | None = super().handle(*args, **options)
            for one in person:
                one.password_links.close()
                with auditing.watch(None, one.tokens.open()):
                    one.tokens.revoke()
        return answer
