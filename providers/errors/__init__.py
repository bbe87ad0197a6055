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
│   └── NothingSaid     bad_reply        nothing was received at all, and the connection did not break
└── ReplyTooLong      reply_too_long     the reply exceeds the size limit
"""

from providers.errors.kinds import (
    CODES,
    OF_THE_ACCOUNT,
    AddressRefused,
    BadReply,
    BadRequest,
    Blocked,
    ContextTooLong,
    CutOff,
    KeyRefused,
    KeyWithdrawn,
    ModelForbidden,
    ModelNotFound,
    NoBudget,
    NothingSaid,
    NothingServes,
    PageInstead,
    QuotaExhausted,
    RateLimited,
    RegionRefused,
    ReplyTooLong,
    Stalled,
    Unreachable,
    VendorDown,
    VendorTimeout,
    WayBlocked,
    error_from_code,
)
from providers.errors.quoting import (
    MAX_KEPT_CHARACTERS,
    MAX_QUOTED_CHARACTERS,
    SAID,
    SAID_OF_QUESTION,
    WAITS,
    beginning,
    cut,
)
from providers.errors.vendor_error import VendorError

__all__ = [
    "CODES",
    "MAX_KEPT_CHARACTERS",
    "MAX_QUOTED_CHARACTERS",
    "OF_THE_ACCOUNT",
    "SAID",
    "SAID_OF_QUESTION",
    "WAITS",
    "AddressRefused",
    "BadReply",
    "BadRequest",
    "Blocked",
    "ContextTooLong",
    "CutOff",
    "KeyRefused",
    "KeyWithdrawn",
    "ModelForbidden",
    "ModelNotFound",
    "NoBudget",
    "NothingSaid",
    "NothingServes",
    "PageInstead",
    "QuotaExhausted",
    "RateLimited",
    "RegionRefused",
    "ReplyTooLong",
    "Stalled",
    "Unreachable",
    "VendorDown",
    "VendorError",
    "VendorTimeout",
    "WayBlocked",
    "beginning",
    "cut",
    "error_from_code",
]
