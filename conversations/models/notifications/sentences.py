"""The sentence that says what happened, and the page that it leads to."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from conversations.models.notifications.notification import Happening, Kind

_SENTENCES = {
    Kind.MENTION: gettext_noop("%(name)s mentioned you in “%(title)s”"),
    Kind.REMARK: gettext_noop("%(name)s made a remark for you in “%(title)s”"),
    Kind.REPLY_ENDED: gettext_noop("The reply from %(subject)s in “%(title)s” is here"),
    Kind.REPLY_FAILED: gettext_noop("The reply from %(subject)s in “%(title)s” failed"),
    Kind.VERIFIED_DUE: gettext_noop("An answer in “%(title)s” that you verified is due for review"),
    Kind.NAMED: gettext_noop("%(name)s shared “%(title)s” with you"),
    Kind.JOINED: gettext_noop("%(name)s has joined the team %(team)s"),
    Kind.KEY_REFUSED: gettext_noop("The vendor refuses the key %(subject)s"),
    Kind.BUDGET: gettext_noop("A budget is nearly used up: %(subject)s"),
    Kind.ENDPOINT_DOWN: gettext_noop("The endpoint %(subject)s does not answer"),
    Kind.TARGET_OFF: gettext_noop("%(subject)s doesn't answer: nothing is sent there any more"),
    Kind.TEST: gettext_noop("This is a test. Notifications will arrive here."),
}

_OF_TEAMS = {
    Kind.MENTION: gettext_noop("%(name)s mentioned somebody in “%(title)s”"),
    Kind.REMARK: gettext_noop("%(name)s made a remark in “%(title)s”"),
    Kind.VERIFIED_DUE: gettext_noop("A verified answer in “%(title)s” is due for review"),
}


_OUTCOMES = {
    "address_refused": gettext_noop("this site does not call that address"),
    "bad_request": gettext_noop("it could not be asked"),
    "cut_off": gettext_noop("the connection broke"),
    "locked": gettext_noop("its stored address cannot be read"),
    "stalled": gettext_noop("no answer in time"),
    "not_mailed": gettext_noop("the mail could not be sent"),
    "unknown": gettext_noop("perhaps it has arrived"),
    "vendor_down": gettext_noop("no connection"),
    "vendor_timeout": gettext_noop("no answer in time"),
}
"""Results of telling a target, where no answer of its own says so."""


def sentence(row: Happening, *, is_for_team: bool = False) -> str:
    """Return what happened, in the language of this request: a title and names, and no word of a message."""
    kind = Kind(row.kind)
    words = _OF_TEAMS.get(kind, _SENTENCES[kind]) if is_for_team else _SENTENCES[kind]
    return _(words) % {
        "name": row.by.name if row.by else _("Somebody"),
        "title": row.conversation.title if row.conversation else "",
        "team": row.team.name if row.team else "",
        "subject": row.subject,
    }


def address(row: Happening, *, is_for_team: bool = False) -> str:
    """Return the path of the page that it is about; a team reads of its budgets on its own page."""
    if row.conversation_id:
        page = reverse("conversation", args=[row.conversation_id])
        return f"{page}?at={row.message_id}#message-{row.message_id}" if row.message_id else page
    match row.kind:
        case Kind.JOINED | Kind.BUDGET if row.team_id and (is_for_team or row.kind == Kind.JOINED):
            return reverse("team", args=[row.team_id])
        case Kind.KEY_REFUSED:
            return reverse("key", args=[row.about])
        case Kind.ENDPOINT_DOWN:
            return reverse("admin:providers_endpoint_change", args=[row.about])
        case Kind.TARGET_OFF:
            return reverse("notifications")
        case Kind.BUDGET:
            return reverse("budgets")
    return reverse("inbox")


def outcome(code: str) -> str:
    """Return the result of a delivery: a code of ours in words, the target's own answer as it is."""
    return _(_OUTCOMES[code]) if code in _OUTCOMES else code
