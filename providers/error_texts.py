"""What went wrong with a vendor, in the language of who reads it; the HTTP API and the log say it in English."""

from django.utils.translation import gettext as _

from providers.errors import SAID, VendorError


def localized(error: VendorError) -> str:
    """What happened, and what the vendor said, as `error.text` has it in English."""
    reason = error.reason(_)
    return _("%(reason)s It said: %(quote)s") % {"reason": reason, "quote": error.quoted} if error.quoted else reason


def reason_of(text: str) -> str:
    """What of an `error.text` is ours."""
    return text.partition(SAID)[0]


def localized_stored(text: str) -> str:
    """The same of an `error.text` that was stored; a reason that names something stays English."""
    reason, said, quote = text.partition(SAID)
    told = _(reason) if reason else ""
    return _("%(reason)s It said: %(quote)s") % {"reason": told, "quote": quote} if said else told
