"""The errors of calls to vendors, with their public codes and their causes.

VendorError
├── KeyRefused        key_refused        the site's key is wrong or may not do this
│   └── ModelForbidden  key_refused      the key may not use this model
├── KeyWithdrawn      key_refused        the site itself has locked, disabled or deleted the key
├── QuotaExhausted    quota              the site's account has nothing left
├── NoBudget          quota              the site's own budgets of all usable keys are used up
├── RateLimited       rate_limited       too many calls; wait `retry_after` seconds
├── ModelNotFound     model_not_found    the vendor does not have this model
├── NothingServes     no_model           no endpoint of this site serves the model any more
├── BadRequest        bad_request        the vendor does not accept the request
├── ContextTooLong    context_too_long   the conversation is too long for the model
├── Blocked           blocked            the vendor's rules forbid the question
├── VendorDown        vendor_down        unreachable, overloaded or broken
│   ├── Unreachable     vendor_down      no connection was made, so nothing was sent and nothing is charged
│   ├── AddressRefused  vendor_down      we refuse to call this address
│   ├── RegionRefused   vendor_down      the vendor does not serve the place from which the site calls
│   ├── WayBlocked      vendor_down      this site's own way out fails: its proxy, its authorities
│   └── PageInstead     vendor_down      a web page came instead of an answer: of a firewall, a sign-in, another site
├── VendorTimeout     vendor_timeout     no answer within the limit
├── Stalled           stalled            the reply stopped in the middle
├── CutOff            cut_off            the connection ended before the reply did
├── BadReply          bad_reply          the data received is no reply
└── ReplyTooLong      reply_too_long     the reply exceeds the size limit
"""

# The classes are named for the event, without "Error", because that is how an `except` reads.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Self

MAX_QUOTED_CHARACTERS = 200
SAID = " It said: "
"""Separator between the reason and the vendor's message."""
OF_THE_ACCOUNT = frozenset(["key_refused", "quota"])
"""Codes of errors that concern every user of a key, whatever the question."""


class VendorError(Exception):
    """A failed call of a vendor, with the sentence that a person is shown.

    `code` is the public reply code. `vendor_fault` is True when the vendor failed and False when a key, a setting or
    the question is the cause. `retriable` is True if the same call may succeed later. `retry_after` is the wait that
    the vendor asks for: seconds. `parameter` names the request parameter that was refused, if one was. `unsupported` is
    True if the vendor does not know it, or this value of it, at all. `quote` is the vendor's message, whole until the
    key in it is masked; `text` shows its beginning. `because` is the exact reason, if there is one, with the names of
    `about` in it as `%(name)s`. `evidence` are the words of the vendor's message that named this class of error.
    `quotes_question` is True if the message repeats words of the question.
    """

    code: ClassVar[str]
    sentence: ClassVar[str]
    vendor_fault: ClassVar[bool] = True
    retriable: ClassVar[bool] = False

    def __init__(
        self,
        quote: str = "",
        *,
        because: str = "",
        about: Mapping[str, object] | None = None,
        retry_after: float | None = None,
        parameter: str = "",
        unsupported: bool = False,
    ) -> None:
        super().__init__()
        self.quote = quote
        self.because = because
        self.about = about or {}
        self.retry_after = retry_after
        self.parameter = parameter
        self.unsupported = unsupported
        self.is_doubtful = self.is_page = self.quotes_question = False
        self.evidence: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return the reason as an English sentence, with the vendor's message."""
        return f"{self.reason()}{SAID}{self.quoted}" if self.quoted else self.reason()

    @property
    def quoted(self) -> str:
        """Return at most 200 characters of the vendor's message."""
        return cut(self.quote)

    def reason(self, translate: Callable[[str], str] = str) -> str:
        """Return the reason in the language of `translate`, which gets English text."""
        sentence = translate(self.because or self.sentence)
        return sentence % self.about if self.about else sentence

    def doubted(self, is_doubtful: bool, is_page: bool = False) -> Self:
        """Set how certain the error is, and return it.

        `is_doubtful`: it may concern this question alone, so no cooldown starts before a plain call has failed too.
        `is_page`: its body is not in the form of any vendor's API errors.
        """
        self.is_doubtful, self.is_page = is_doubtful, is_page
        return self

    def __str__(self) -> str:
        return self.text


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
    sentence = "The budget of no key for this model has room for this question."
    vendor_fault = False


class KeyWithdrawn(VendorError):
    """A key that the site itself has locked, disabled or deleted."""

    code = "key_refused"
    sentence = "The key was switched off."
    vendor_fault = False


def cut(quote: str) -> str:
    """Return at most 200 characters of a vendor's message."""
    shown = beginning(quote, MAX_QUOTED_CHARACTERS + 1)
    return shown if len(shown) <= MAX_QUOTED_CHARACTERS else shown[: MAX_QUOTED_CHARACTERS - 1] + "…"


MAX_KEPT_CHARACTERS = 4096


def beginning(text: str, characters: int = MAX_KEPT_CHARACTERS) -> str:
    """Return the first characters of `text`, with each run of white space as one blank."""
    # This many words have more than enough characters, and the rest stays one piece: a long text is read once.
    return " ".join(text.split(None, characters))[:characters]
