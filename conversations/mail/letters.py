"""The site's own mails, if it can send any."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from conversations.models import AccountNotice, Installation, Invitation, User
from conversations.workers import background

_logger = logging.getLogger(__name__)


def is_set_up() -> bool:
    """Return whether EMAIL_URL says how to send mail."""
    return bool(settings.CHATSITE_SENDS_MAIL)


def send_invitation(invitation: Invitation, link: str) -> bool:
    """Mail an invitation; returns False if none was sent, so that the link is handed over in another way."""
    if not is_set_up():
        return False
    context = {"invitation": invitation, "team": invitation.team, "maker": invitation.made_by, "link": link}
    return _send("teams/mail/invitation", invitation.mailed_to, context)


def send_notice(notice: AccountNotice, address: str) -> None:
    _later(notice.user.language, "notice", address, notice=notice)


def send_confirmation(person: User, address: str, link: str) -> None:
    """Mail the link that confirms a new address."""
    _later(person.language, "address", address, person=person, link=link)


def send_password_link(person: User, link: str) -> None:
    """Mail the link that replaces a forgotten password."""
    _later(person.language, "password", person.email, person=person, link=link)


def send_digest(person: User, told: Sequence[object], settings_page: str) -> bool:
    """Mail a person what happened (`sentence`, `text`, `address` of each), now; return whether it was sent."""
    if not is_set_up() or not person.email:
        return False
    with translation.override(person.language or settings.LANGUAGE_CODE):
        return _send("account/mail/digest", person.email, {"told": told, "settings_page": settings_page})


def send_welcome(person: User, link: str) -> bool:
    """Mail a new person the link by which they choose a password; returns False if this site sends no mail."""
    _later(person.language, "welcome", person.email, person=person, link=link)
    return is_set_up()


def _later(language: str, letter: str, address: str, **context: Any) -> None:
    """Send the mail in the background once the transaction has committed."""
    if is_set_up():
        work = partial(_in_language, language, letter, address, **context)
        transaction.on_commit(partial(background.later, work))


def _in_language(language: str, letter: str, address: str, **context: Any) -> None:
    with translation.override(language or settings.LANGUAGE_CODE):
        _send(f"account/mail/{letter}", address, context)


def _send(letter: str, address: str, context: dict[str, Any]) -> bool:
    context = {**context, "site": Installation.of_site()}
    subject = " ".join(render_to_string(f"{letter}_subject.txt", context).split())
    body = render_to_string(f"{letter}.txt", context)
    try:
        return bool(send_mail(subject, body, None, [address]))
    except OSError as problem:
        _logger.warning("A letter could not be mailed: %s", " ".join(str(problem).split()))
        return False
