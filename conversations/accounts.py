"""What django-allauth asks of a site: nobody signs up by themselves."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignUp(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by the set-up page and by administrators."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
