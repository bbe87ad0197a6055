"""What can go wrong between us and a vendor, and for whom it is.

VendorError
├── KeyRefused        key_refused        the site's key is wrong or may not do this
├── QuotaExhausted    quota              the site's account has nothing left
├── RateLimited       rate_limited       too many calls; wait `retry_after` seconds
├── ModelNotFound     model_not_found    the vendor does not have this model
├── BadRequest        bad_request        the vendor does not accept what we asked
├── ContextTooLong    context_too_long   the conversation is too long for the model
├── Blocked           blocked            the vendor's rules forbid the question
├── VendorDown        vendor_down        unreachable, overloaded or broken
│   ├── AddressRefused  vendor_down      we refuse to call this address
│   ├── WayBlocked      vendor_down      this site's own way out fails: its proxy, its authorities
│   └── PageInstead     vendor_down      a page came where an answer should: of a firewall, a sign-in, another site
├── VendorTimeout     vendor_timeout     no answer within the limit
├── Stalled           stalled            it stopped talking in the middle
├── CutOff            cut_off            the connection ended before the reply did
├── BadReply          bad_reply          what came is not a reply
└── ReplyTooLong      reply_too_long     more came than a reply may hold
"""

# Named for what happened, as they are caught and read, not for being exceptions.
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Self

QUOTED_CHARACTERS = 200
SAID = " It said: "
"""Stands between what happened and what the vendor said."""
OF_THE_ACCOUNT = frozenset(["key_refused", "quota"])
"""Codes of what concerns everybody who uses a key, whatever they ask."""


class VendorError(Exception):
    """A reply that cannot be had, with the sentence a person is shown.

    `code` is the public reply code; `vendor_fault` is True when the vendor failed and False when a key, a setting or
    the question is the cause; `retriable` says whether the same call may succeed later; `retry_after` is the vendor's
    own wish in seconds; `parameter` names the request parameter that was refused, if one was, and `unsupported` says
    that the vendor does not know it or this value of it at all; `quote` is the vendor's message, whole until the key in
    it is masked, of which `text` shows the beginning. `because` is the exact reason where there is one, with the names
    of `about` in it as `%(name)s`.
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
        self.is_doubtful = self.is_page = False

    @property
    def text(self) -> str:
        """What happened, as an English sentence, and what the vendor said."""
        return f"{self.reason()}{SAID}{self.quoted}" if self.quoted else self.reason()

    @property
    def quoted(self) -> str:
        """At most 200 characters of the vendor's message."""
        quote = beginning(self.quote, QUOTED_CHARACTERS + 1)
        return quote if len(quote) <= QUOTED_CHARACTERS else quote[: QUOTED_CHARACTERS - 1] + "…"

    def reason(self, translate: Callable[[str], str] = str) -> str:
        """What happened, in the language that `translate` turns English into."""
        sentence = translate(self.because or self.sentence)
        return sentence % self.about if self.about else sentence

    def doubted(self, is_doubtful: bool, is_page: bool = False) -> Self:
        """The same, said of how sure it is.

        `is_doubtful`: it may be about this question alone, and nobody rests for it before a plain call has failed too.
        `is_page`: it came as no vendor's API reports errors.
        """
        self.is_doubtful, self.is_page = is_doubtful, is_page
        return self

    @property
    def kept_text(self) -> str:
        """What of it may be kept: a vendor's words only where they are about the account itself."""
        return self.text if self.code in OF_THE_ACCOUNT else self.reason()

    def __str__(self) -> str:
        return self.text


class KeyRefused(VendorError):
    """The key is wrong, revoked or not allowed to do this."""

    code = "key_refused"
    sentence = "The vendor refused the key."
    vendor_fault = False


class QuotaExhausted(VendorError):
    """The account behind the key has used up what it paid for."""

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
    """The vendor has no such model, or no such address."""

    code = "model_not_found"
    sentence = "The vendor does not offer this model at this address."
    vendor_fault = False


class BadRequest(VendorError):
    """The vendor does not accept what we sent."""

    code = "bad_request"
    sentence = "The vendor did not accept the request."
    vendor_fault = False


class ContextTooLong(VendorError):
    """The conversation does not fit into the model's context."""

    code = "context_too_long"
    sentence = "The conversation is too long for this model."
    vendor_fault = False


class Blocked(VendorError):
    """The vendor's content rules forbid the question."""

    code = "blocked"
    sentence = "The vendor's content rules blocked the request."
    vendor_fault = False


class VendorDown(VendorError):
    """The vendor cannot be reached, is overloaded or broken."""

    code = "vendor_down"
    sentence = "The vendor is not available at the moment."
    retriable = True


class AddressRefused(VendorDown):
    """An address this site does not call."""

    sentence = "This site does not call that address."
    vendor_fault = False
    retriable = False


class WayBlocked(VendorDown):
    """The way from this site to the vendor, which the site's settings name, is blocked: no key and no vendor rests."""

    sentence = "This site's way to the vendor is blocked."
    vendor_fault = False


class PageInstead(VendorDown):
    """Somebody on the way answers instead of the vendor, and lets this call not pass."""

    sentence = "The vendor cannot be reached this way: a page came instead of an answer."
    retriable = False


class VendorTimeout(VendorError):
    """No answer within the limit."""

    code = "vendor_timeout"
    sentence = "The vendor did not answer in time."
    retriable = True


class Stalled(VendorError):
    """The reply stopped growing while the connection stayed open."""

    code = "stalled"
    sentence = "The vendor stopped in the middle of the reply."
    retriable = True


class CutOff(VendorError):
    """The connection ended before the reply was marked finished."""

    code = "cut_off"
    sentence = "The connection to the vendor broke before the reply was complete."
    retriable = True


class BadReply(VendorError):
    """What came is not a reply in the wire's format."""

    code = "bad_reply"
    sentence = "The vendor sent something that is not a reply."


class ReplyTooLong(VendorError):
    """More came than a reply may hold."""

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
"""What an attempt can end with, as the public says it."""


def error_from_code(code: str, because: str) -> VendorError:
    """The error of this public code, in words that were kept."""
    return _BY_CODE.get(code, VendorDown)(because=because)


class NothingServes(VendorError):
    """The model was switched off, or lost its last key, after the question had been asked."""

    code = "no_model"
    sentence = "No endpoint serves this model any more."
    vendor_fault = False


class NoBudget(VendorError):
    """The site's own budgets of all keys that could answer are used up."""

    code = "quota"
    sentence = "The budget of no key for this model has room for this question."
    vendor_fault = False


class KeyWithdrawn(VendorError):
    """The key cannot be used from this site's side: locked, switched off, or deleted."""

    code = "key_refused"
    sentence = "The key was switched off."
    vendor_fault = False


KEPT_CHARACTERS = 4096


def beginning(text: str, characters: int = KEPT_CHARACTERS) -> str:
    """The first characters of `text`, each white space in it one blank; however long it is, it is read once."""
    # So many words are more than enough characters, and what follows them stays one piece.
    return " ".join(text.split(None, characters))[:characters]
