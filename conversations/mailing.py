"""The few mails that the site writes itself, where it can send mail at all."""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from conversations.models import Invitation

_logger = logging.getLogger(__name__)


def is_set_up() -> bool:
    """Whether EMAIL_URL says how mail leaves."""
    return bool(settings.CHATSITE_SENDS_MAIL)


def send_invitation(invitation: Invitation, link: str) -> bool:
    """False where no mail went out: then the link has to be handed over in another way."""
    if not is_set_up():
        return False
    context = {"invitation": invitation, "team": invitation.team, "maker": invitation.made_by, "link": link}
    subject = " ".join(render_to_string("teams/mail/invitation_subject.txt", context).split())
    body = render_to_string("teams/mail/invitation.txt", context)
    try:
        return bool(send_mail(subject, body, None, [invitation.mailed_to]))
    except OSError:
        _logger.warning("An invitation could not be mailed.", exc_info=True)
        return False
