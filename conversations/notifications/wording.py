"""Events in the words of their readers outside the site. Text of a message is told only where the owner wants it."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from conversations.models import Delivery, Target
from conversations.models.notifications import sentences
from conversations.notifications.robots import Told
from conversations.text import title_of

MAX_TEXT = 300


def told(target: Target, delivery: Delivery) -> Told:
    """Return an event for a target, in its language."""
    with translation.override(target.language or settings.LANGUAGE_CODE):
        is_for_team = target.team_id is not None
        sentence = _one_line(sentences.sentence(delivery, is_for_team=is_for_team))
        if delivery.is_repeated:
            sentence = _("%(sentence)s (perhaps sent before)") % {"sentence": sentence}
    address = settings.CHATSITE_ORIGINS[0] + sentences.address(delivery, is_for_team=is_for_team)
    fields = {
        "type": delivery.kind,
        "id": str(delivery.pk),
        "created_at": delivery.created_at.isoformat(),
        "sentence": sentence,
        "url": address,
        "repeated": delivery.is_repeated,
        "conversation": delivery.conversation_id and str(delivery.conversation_id),
        "message": delivery.message_id and str(delivery.message_id),
        "title": delivery.conversation.title if delivery.conversation else "",
        "team": delivery.team.name if delivery.team else "",
        "person": delivery.by.name if delivery.by else "",
        "subject": delivery.subject,
    }
    text = title_of(delivery.message.text, MAX_TEXT) if target.with_text and delivery.message else ""
    return Told(str(delivery.pk), sentence, address, fields, text)


def _one_line(text: str) -> str:
    return " ".join(text.split())
