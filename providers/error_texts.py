"""Texts of vendor errors in the reader's language; the HTTP API and the log give them in English."""

from django.utils.translation import gettext as _

from providers.errors import SAID, ModelForbidden, PageInstead, RegionRefused, VendorError

_CAUSES = {
    ModelForbidden.sentence: "model_forbidden",
    RegionRefused.sentence: "region_refused",
    PageInstead.sentence: "page_instead",
}
"""Names of the reasons for which the sentence of their public code would be wrong advice."""


def localized(error: VendorError) -> str:
    """Return `error.text`, the reason and the vendor's message, in the current language."""
    reason = error.reason(_)
    return _("%(reason)s It said: %(quote)s") % {"reason": reason, "quote": error.quoted} if error.quoted else reason


def reason_of(text: str) -> str:
    """Return our part of an `error.text`, without the vendor's message."""
    return text.partition(SAID)[0]


def cause_of(text: str) -> str:
    """Return the name of the reason in an `error.text`, if it is narrower than its public code; else empty."""
    return _CAUSES.get(reason_of(text), "")


def quote_of(text: str) -> str:
    """Return the vendor's message in an `error.text`, without our part."""
    return text.partition(SAID)[2]


def localized_stored(text: str) -> str:
    """Return a stored `error.text` in the current language. A reason that contains a name stays English."""
    reason, said, quote = text.partition(SAID)
    told = _(reason) if reason else ""
    return _("%(reason)s It said: %(quote)s") % {"reason": told, "quote": quote} if said else told
