"""Texts of vendor errors in the reader's language; the HTTP API and the log give them in English."""

from django.utils.translation import gettext as _

from providers.errors import SAID, VendorError


def localized(error: VendorError) -> str:
    """Return `error.text`, the reason and the vendor's message, in the current language."""
    reason = error.reason(_)
    return _("%(reason)s It said: %(quote)s") % {"reason": reason, "quote": error.quoted} if error.quoted else reason


def reason_of(text: str) -> str:
    """Return our part of an `error.text`, without the vendor's message."""
    return text.partition(SAID)[0]


def quote_of(text: str) -> str:
    """Return the vendor's message in an `error.text`, without our part."""
    return text.partition(SAID)[2]


def localized_stored(text: str) -> str:
    """Return a stored `error.text` in the current language. A reason that contains a name stays English."""
    reason, said, quote = text.partition(SAID)
    told = _(reason) if reason else ""
    return _("%(reason)s It said: %(quote)s") % {"reason": told, "quote": quote} if said else told
