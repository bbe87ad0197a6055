"""The classes of failed calls, each with its code and its sentence.

They are named for the event, without "Error", because that is how an `except` reads.
"""

from __future__ import annotations

from providers.errors.vendor_error import VendorError

OF_THE_ACCOUNT = frozenset(["key_refused", "quota"])
"""Codes of errors that concern every user of a key, whatever the question."""


class KeyRefused(VendorError):
    """A key that is wrong, revoked or not allowed to do this."""

    code = "key_refused"
    sentence = "The vendor refused the key."
    vendor_fault = False


class ModelForbidden(KeyRefused):
    """A key that works, but not with this model."""

    sentence = "The key may not use this model."


class QuotaExhausted(VendorError):
    """An account that has used up what it paid for."""

    code = "quota"
    sentence = "The vendor account behind the key has no quota left."
    vendor_fault = False


class RateLimited(VendorError):
    """Too many calls in a short time."""

    code = "rate_limited"
    sentence = "The vendor is receiving too many requests."
    vendor_fault = False
    retriable = True


class ModelNotFound(VendorError):
    """A model, or an address, that the vendor does not have."""

    code = "model_not_found"
    sentence = "The vendor does not offer this model at this address."
    vendor_fault = False


class BadRequest(VendorError):
    """A request that the vendor does not accept."""

    code = "bad_request"
    sentence = "The vendor did not accept the request."
    vendor_fault = False


class ContextTooLong(VendorError):
    """A conversation that does not fit into the model's context."""

    code = "context_too_long"
    sentence = "The conversation is too long for this model."
    vendor_fault = False


class Blocked(VendorError):
    """A question that the vendor's content rules forbid."""

    code = "blocked"
    sentence = "The vendor's content rules blocked the request."
    vendor_fault = False


class VendorDown(VendorError):
    """A vendor that is unreachable, overloaded or broken."""

    code = "vendor_down"
    sentence = "The vendor is not available at the moment."
    retriable = True


class Unreachable(VendorDown):
    """A vendor to which no connection could be made."""

    sentence = "The vendor could not be reached."


class AddressRefused(VendorDown):
    """An address that this site does not call."""

    sentence = "This site does not call that address."
    vendor_fault = False
    retriable = False


class RegionRefused(VendorDown):
    """A vendor that serves nobody from the place where this site is."""

    sentence = "The vendor does not serve the region from which this site calls."
    retriable = False


class WayBlocked(VendorDown):
    """A fault of this site's own way to the vendor, which its settings name.

    No key and no endpoint gets a cooldown for it.
    """

    sentence = "This site's way to the vendor is blocked."
    vendor_fault = False


class PageInstead(VendorDown):
    """A page from another server on the way, which does not let this call pass."""

    sentence = "The vendor cannot be reached this way: a page came instead of an answer."
    retriable = False


class VendorTimeout(VendorError):
    """A call without an answer within the limit."""

    code = "vendor_timeout"
    sentence = "The vendor did not answer in time."
    retriable = True


class Stalled(VendorError):
    """A reply that stopped growing while the connection stayed open."""

    code = "stalled"
    sentence = "The vendor stopped in the middle of the reply."
    retriable = True


class CutOff(VendorError):
    """A connection that ended before the reply was marked finished."""

    code = "cut_off"
    sentence = "The connection to the vendor broke before the reply was complete."
    retriable = True


class BadReply(VendorError):
    """A body that is no reply in the wire's format."""

    code = "bad_reply"
    sentence = "The vendor sent something that is not a reply."


class NothingSaid(BadReply):
    """A body without a word, a fault or anything else, though the call succeeded."""

    sentence = "The reply is empty."
    retriable = True


class ReplyTooLong(VendorError):
    """A reply over the size limit."""

    code = "reply_too_long"
    sentence = "The reply is longer than this site keeps."


_BY_CODE = {
    kind.code: kind
    for kind in (
        KeyRefused, QuotaExhausted, RateLimited, ModelNotFound, BadRequest, ContextTooLong, Blocked, VendorDown,
        VendorTimeout, Stalled, CutOff, BadReply, ReplyTooLong,
    )
}  # fmt: skip

CODES = tuple(_BY_CODE)
"""The public codes with which an attempt can end."""


def error_from_code(code: str, because: str) -> VendorError:
    """Return the error of this public code, with a stored reason."""
    return _BY_CODE.get(code, VendorDown)(because=because)


class NothingServes(VendorError):
    """A model that was disabled, or lost its last key, after the question had been asked."""

    code = "no_model"
    sentence = "No endpoint serves this model any more."
    vendor_fault = False


class NoBudget(VendorError):
    """A question for which the site's own budgets of all usable keys have no room."""

    code = "quota"
    sentence = "No key for this model has enough budget left for this question."
    vendor_fault = False


class KeyWithdrawn(VendorError):
    """A key that the site itself has locked, disabled or deleted."""

    code = "key_refused"
    sentence = "The key was switched off."
    vendor_fault = False
