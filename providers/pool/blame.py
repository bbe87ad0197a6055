"""The table of blame: what rests after an error, how long, what may cure it, and whose words are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from providers import errors
from providers.errors import VendorError

_SECOND, _MINUTE, _HOUR = 1.0, 60.0, 3600.0


class Subject(Enum):
    """The thing that an error concerns: every call with it would fail."""

    KEY = "the key"
    PAIR = "the key with this model"
    DEPLOYMENT = "the model at the endpoint"
    ENDPOINT = "the endpoint"
    NOBODY = "nobody"


class Rests(Enum):
    """The proof that a cooldown needs."""

    AT_ONCE = "at once"
    CONFIRMED = "after a plain call"
    """The question may be the cause, so a call without anybody's words must have failed too."""
    NEVER = "never"
    """The site's own settings are the cause: it works as soon as they are right."""


class Counts(Enum):
    """The failed calls that count as attempts of a message: those that cost money, or a person's time for nothing."""

    ALWAYS = "yes"
    AGAIN = "from the second on"
    """Another endpoint may be there; the same one is hardly back within seconds."""
    NEVER = "no"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the subject, the proof, and the first and the longest cooldown: seconds.

    `on_page` replaces the subject when the body was a page: that came from another server. `may_pass` is True if the
    same route is asked again after a short pause. `counts` says which failed calls count as attempts. `keeps_quote` is
    True if the vendor's message is about the account, so that administrators may read it. `widens` is True if the key
    rests as soon as a second model has met with the same.
    """

    subject: Subject
    first: float = 0.0
    longest: float = 0.0
    rests: Rests = Rests.AT_ONCE
    on_page: Subject | None = None
    may_pass: bool = False
    counts: Counts = Counts.ALWAYS
    keeps_quote: bool = False
    widens: bool = False

    @property
    def has_other_route(self) -> bool:
        """Return whether another key or endpoint may answer the same question."""
        return self.subject is not Subject.NOBODY


_OF_THE_QUESTION = Rule(Subject.NOBODY, rests=Rests.NEVER)
_OF_THE_SETTINGS = Rule(Subject.ENDPOINT, rests=Rests.NEVER)
_AWAY = Rule(Subject.ENDPOINT, _SECOND / 2, _MINUTE, may_pass=True)
_LIMITS = (errors.RateLimited, errors.QuotaExhausted)
_ILL = Rule(Subject.ENDPOINT, 15 * _SECOND, 10 * _MINUTE)
# One unreadable reply tells nothing of the next question's.
_UNREADABLE = replace(_ILL, rests=Rests.CONFIRMED)

RULES: Mapping[type[VendorError], Rule] = {
    errors.KeyRefused: Rule(Subject.KEY, 10 * _MINUTE, 6 * _HOUR, on_page=Subject.PAIR, keeps_quote=True),
    errors.ModelForbidden: Rule(Subject.PAIR, 10 * _MINUTE, 6 * _HOUR, Rests.CONFIRMED, keeps_quote=True),
    errors.KeyWithdrawn: Rule(Subject.KEY, rests=Rests.NEVER),
    errors.QuotaExhausted: Rule(Subject.KEY, _HOUR, 6 * _HOUR, on_page=Subject.PAIR, keeps_quote=True),
    errors.NoBudget: _OF_THE_QUESTION,
    # Most vendors count for each model, and many do not name it.
    errors.RateLimited: Rule(
        Subject.PAIR,
        2 * _SECOND,
        _MINUTE,
        on_page=Subject.ENDPOINT,
        may_pass=True,
        counts=Counts.NEVER,
        widens=True,
    ),
    # Gateways say "not found" of a model that takes no pictures, to the one question that has some.
    errors.ModelNotFound: Rule(Subject.DEPLOYMENT, _MINUTE, _HOUR, Rests.CONFIRMED),
    errors.NothingServes: _OF_THE_QUESTION,
    errors.BadRequest: _OF_THE_QUESTION,
    errors.ContextTooLong: _OF_THE_QUESTION,
    errors.Blocked: _OF_THE_QUESTION,
    errors.VendorDown: _AWAY,
    errors.Unreachable: replace(_AWAY, counts=Counts.AGAIN),
    errors.AddressRefused: _OF_THE_SETTINGS,
    errors.RegionRefused: Rule(Subject.ENDPOINT, 10 * _MINUTE, 6 * _HOUR, Rests.CONFIRMED),
    errors.WayBlocked: _OF_THE_SETTINGS,
    errors.PageInstead: replace(_AWAY, rests=Rests.CONFIRMED),
    errors.VendorTimeout: _ILL,
    errors.Stalled: Rule(Subject.ENDPOINT, _SECOND / 2, _MINUTE),
    # Some questions make a server fall over.
    errors.CutOff: replace(_AWAY, rests=Rests.CONFIRMED),
    errors.BadReply: _UNREADABLE,
    errors.NothingSaid: _UNREADABLE,
    errors.ReplyTooLong: _OF_THE_QUESTION,
}
"""The row of each class; a class without one has its parent's, and a test misses it."""

ENDPOINT_CODES = frozenset(kind.code for kind, rule in RULES.items() if rule.subject is Subject.ENDPOINT)
"""Codes of endpoints' troubles: the only endpoint is asked although it should rest."""
LAST_RESORT_CODES = errors.OF_THE_ACCOUNT | {errors.ModelNotFound.code}
"""Codes of troubles that people mend at the vendor: where nothing else is left, a new question asks again."""
AVOIDED_CODES = ENDPOINT_CODES - {kind.code for kind, rule in RULES.items() if rule.may_pass}
"""Codes that no pause cures, and that one question may cause: the endpoint is avoided, not waited for."""


def rule_of(error: VendorError) -> Rule:
    """Return the row of this error, changed by its marks.

    A page never concerns a key. A doubtful error never concerns more than the key with this model. Its words are not
    kept, nor are those that repeat the question. A limit or quota that names the model is that model's. A doubtful page
    that concerns an endpoint is a page instead of an answer, whatever its status was.
    """
    rule = _row_of(error)
    if rule.rests is Rests.NEVER:
        return rule
    if error.is_page and error.is_doubtful and rule.subject is Subject.ENDPOINT:
        return RULES[errors.PageInstead]
    if error.is_page and rule.on_page:
        proof = Rests.CONFIRMED if rule.on_page is Subject.PAIR else rule.rests
        rule = replace(rule, subject=rule.on_page, rests=proof, widens=False)
    if error.is_doubtful:
        subject = Subject.PAIR if rule.subject is Subject.KEY else rule.subject
        rule = replace(rule, subject=subject, rests=Rests.CONFIRMED, keeps_quote=False, widens=False)
    if error.names_model and isinstance(error, _LIMITS):
        subject = Subject.PAIR if rule.subject is Subject.KEY else rule.subject
        rule = replace(rule, subject=subject, widens=False)
    return replace(rule, keeps_quote=False) if error.quotes_question else rule


def kept_text(error: VendorError, *, is_plain: bool = False) -> str:
    """Return the text that may be stored: the vendor's message only if it is about the account itself.

    With `is_plain` the call carried nobody's words, so that no doubt is left.
    """
    rule = _row_of(error) if is_plain else rule_of(error)
    return error.text if rule.keeps_quote else error.reason()


def _row_of(error: VendorError) -> Rule:
    return next(RULES[kind] for kind in type(error).__mro__ if kind in RULES)
