"""What django-allauth asks of a site, and the one way in for those whom no password form has let in."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from conversations import notices, passwords
from conversations.models import AccountNotice, User
from providers import auditing

Act, Kind = auditing.Act, AccountNotice.Kind
FACTORS = {
    "mfa/email/totp_activated": (Kind.FACTOR_ADDED, Act.ADDED, "totp"),
    "mfa/email/totp_deactivated": (Kind.FACTOR_REMOVED, Act.REMOVED, "totp"),
    "mfa/email/recovery_codes_generated": (Kind.CODES_MADE, Act.ADDED, "recovery_codes"),
}
"""What django-allauth would mail of, and what we say of it."""


class ClosedSignUp(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by the set-up page, by invitations and by administrators."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's address, which the server has established; "::" for a peer without one."""
        return str(request.META.get("REMOTE_ADDR") or "::")

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Lead somebody whose account was changed to what they should know first."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        if user.notices.due().exists():
            onward = urlencode({"next": response.headers.get("Location", "/")})
            return HttpResponseRedirect(f"{reverse('notices')}?{onward}")
        return response

    def set_password(self, user: User, password: str) -> None:
        passwords.replace(user, password)

    def send_notification_mail(self, template_prefix: str, user: User, *_args: Any, **_kwargs: Any) -> None:
        """Note and tell what somebody did to their second factor; of passwords `passwords` tells."""
        if template_prefix in FACTORS:
            kind, act, what = FACTORS[template_prefix]
            side = {"before" if act == Act.REMOVED else "after": {"type": what}}
            with transaction.atomic():
                auditing.note(user, act, Authenticator, name=user.username, **side)
                notices.tell(user, kind)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: str) -> str:
        """allauth's own holds the Host header, whose port any guesser may choose, and each would count by itself."""
        return credentials.get("username", "").lower()


def enter(request: HttpRequest, person: User) -> None:
    """Sign in whoever has just proved to be new here."""
    login(request, person)
    UserSession.objects.create_from_request(request)
