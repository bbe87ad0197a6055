"""Texts of vendor errors in the reader's language; the HTTP API and the log give them in English."""

import re

from django.utils.translation import gettext as _

from providers.errors import (
    SAID,
    SAID_OF_QUESTION,
    WAITS,
    ModelForbidden,
    NothingSaid,
    PageInstead,
    RegionRefused,
    VendorError,
)

_CAUSES = {
    ModelForbidden.sentence: "model_forbidden",
    RegionRefused.sentence: "region_refused",
    PageInstead.sentence: "page_instead",
    NothingSaid.sentence: "nothing_said",
}
"""Names of the reasons for which the sentence of their public code would be wrong advice."""
_WAITS = re.compile(re.escape(WAITS).replace("%d", r"(\d{1,5})") + r"\Z")


def localized(error: VendorError) -> str:
    """Return `error.text` in the current language: the reason, the wait and the vendor's message."""
    return _told(error.reason(_), error.wait, error.quoted)


def reason_of(text: str) -> str:
    """Return our part of an `error.text`, without the wait and the vendor's message."""
    return _WAITS.sub("", _parts(text)[0])


def without_quote(text: str) -> str:
    """Return our part of an `error.text` with the wait, but without the vendor's message."""
    return _parts(text)[0]


def wait_of(text: str) -> int:
    """Return the wait in an `error.text`: seconds, 0 for none."""
    waits = _WAITS.search(_parts(text)[0])
    return int(waits[1]) if waits else 0


def cause_of(text: str) -> str:
    """Return the name of the reason in an `error.text`, if it is narrower than its public code; else empty."""
    return _CAUSES.get(reason_of(text), "")


def quote_of(text: str) -> str:
    """Return the vendor's message in an `error.text`, without our part."""
    return _parts(text)[2]


def is_of_question(text: str) -> bool:
    """Return whether the vendor's message in an `error.text` may repeat the question, or concern it alone."""
    return _parts(text)[1] == SAID_OF_QUESTION


def localized_stored(text: str) -> str:
    """Return a stored `error.text` in the current language. A reason that contains a name stays English."""
    reason = reason_of(text)
    return _told(_(reason) if reason else "", wait_of(text), quote_of(text))


def _told(reason: str, wait: int, quote: str) -> str:
    waits = _("%(reason)s Try again in %(seconds)s seconds.") % {"reason": reason, "seconds": wait}
    told = waits if wait else reason
    return _("%(reason)s It said: %(quote)s") % {"reason": told, "quote": quote} if quote else told


def _parts(text: str) -> tuple[str, str, str]:
    """Return our part, the separator and the vendor's message; the first separator counts."""
    found = [(text.find(said), said) for said in (SAID, SAID_OF_QUESTION) if said in text]
    return text.partition(min(found)[1]) if found else (text, "", "")
