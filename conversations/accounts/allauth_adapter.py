"""The site's adapter for django-allauth, and the sign-in of a person without a password form."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import authenticate, login
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations.accounts import password_guessing, passwords
from conversations.mail import notices
from conversations.models import AccountNotice, User
from providers.audit import log

Act, Kind = log.Act, AccountNotice.Kind
FACTORS = {
    "mfa/email/totp_activated": (Kind.FACTOR_ADDED, Act.ADDED, "totp"),
    "mfa/email/totp_deactivated": (Kind.FACTOR_REMOVED, Act.REMOVED, "totp"),
    "mfa/email/webauthn_added": (Kind.PASSKEY_ADDED, Act.ADDED, "webauthn"),
    "mfa/email/webauthn_removed": (Kind.PASSKEY_REMOVED, Act.REMOVED, "webauthn"),
    "mfa/email/recovery_codes_generated": (Kind.CODES_MADE, Act.ADDED, "recovery_codes"),
}
"""The notice and audit entry for each mail that django-allauth would send."""


SENTENCES = {
    "account_inactive": _("This account is switched off"),
    "enter_current_password": _("The password is not correct."),
    "incorrect_password": _("The password is not correct."),
    "username_password_mismatch": _("The name or the password is not correct."),
    "too_many_login_attempts": _("Too many bad tries. Try again in a few minutes."),
}
"""Our words for django-allauth's errors."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """The account rules of this site: only set-up, invitations and administrators make accounts."""

    error_messages: ClassVar = {**DefaultAccountAdapter.error_messages, **SENTENCES}

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's address as the server established it; "::" for a peer without one."""
        return str(request.META.get("REMOTE_ADDR") or "::")

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Note the sign-in, and lead a person with due notices to them first."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        log.note(user, Act.SIGNED_IN, user, after={"with": _means(request, user)})
        if user.notices.due().exists():
            onward = urlencode({"next": response.headers.get("Location", "/")})
            response = HttpResponseRedirect(f"{reverse('notices')}?{onward}")
        password_guessing.know_browser(response, user)
        return response

    def set_password(self, user: User, password: str) -> None:
        passwords.replace(user, make_password(password))

    def send_notification_mail(self, template_prefix: str, user: User, *_args: Any, **_kwargs: Any) -> None:
        """Note a change of the second factor and announce it to its owner; `passwords` does so for passwords."""
        if template_prefix in FACTORS:
            kind, act, what = FACTORS[template_prefix]
            side = {"before" if act == Act.REMOVED else "after": {"type": what}}
            with transaction.atomic():
                log.note(user, act, Authenticator, name=user.username, **side)
                notices.tell(user, kind)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Check a password unless bad tries require a pause, and note a refused try; raises ValidationError."""
        name = credentials.get("username", "")
        person = User.objects.filter(username=name).first()
        tries = password_guessing.tries_of(request, name, person)
        if not tries.admit():
            raise _too_many(tries.pause())
        AuthenticationBackend.unstash_authenticated_user()
        entered: Any = authenticate(request, **credentials)
        entered = entered or AuthenticationBackend.unstash_authenticated_user()
        if entered:
            tries.forget()
        elif person is not None:
            log.note(None, Act.REFUSED, person)
        return entered  # type: ignore[no-any-return]


def _means(request: HttpRequest, person: User) -> list[str]:
    """Return what has opened the account in this sign-in: a passkey alone, or a password and what followed it."""
    used: list[str] = []
    for record in get_authentication_records(request, person):
        if record["method"] == "password" or record.get("passwordless"):
            used.clear()  # A sign-in begins; another one before it was not ended.
        used.append(record.get("type", record["method"]))
    return used


def _too_many(seconds: int) -> ValidationError:
    minutes = max(1, -(-seconds // 60))
    sentence = gettext("Too many bad tries. Minutes to wait until the next one: %(minutes)d") % {"minutes": minutes}
    return ValidationError(sentence, code="too_many_login_attempts")


def sign_in(request: HttpRequest, person: User) -> None:
    """Sign in a person who has just made an account."""
    login(request, person)
    log.note(person, Act.SIGNED_IN, person)
    list_session(request)


def list_session(request: HttpRequest) -> None:
    """List the session of a request among its person's, where it is not yet."""
    if not UserSession.objects.filter(session_key=request.session.session_key).exists():
        UserSession.objects.create_from_request(request)
