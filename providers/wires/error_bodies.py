"""The reading of vendors' error responses, in every shape that they have.

Gateways answer with errors in another vendor's shape on every route, and nest them as JSON in a message. They also put
them into replies with status 200. So all wires share this reading of all shapes, and a code outweighs the status. A
wire itself reads what only its vendor sends.

Source: the Gemini API's error codes (google.rpc.Status), the OpenAI API's error object, and the errors of one-api style
gateways.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from providers import errors
from providers.errors import beginning
from providers.wires.json_values import from_json, mapping, sequence, string

_MAX_NESTING = 3
_MAX_NAME_LENGTH = 200
_MAX_WAIT_LENGTH = 100

_KEY_PHRASES = r"api key not valid|incorrect api key|invalid (api[ -]?key|token)|api key status invalid|api key expired"
_PLAINLY_THE_KEY = frozenset(
    [
        "api_key_invalid", "invalid_api_key", "authentication_error", "unauthenticated", "channel:invalid_key",
        "account_deactivated",
    ]
)  # fmt: skip
# Gateways reserve money for each question by its size: a smaller one may still pass.
_OF_THIS_SIZE = frozenset(["pre_consume_token_quota_failed", "insufficient_user_quota", "quota_not_enough"])
_SIZE_PHRASES = re.compile(r"预扣费|user quota is not enough", re.IGNORECASE)

# The first row that matches decides, by a code or else by a phrase of the message.
# Each gap in a phrase is bounded, here and below: else every beginning of a phrase would search the whole rest again.
_BY_WORD: tuple[tuple[type[errors.VendorError], str, str], ...] = (
    (
        errors.QuotaExhausted,
        (
            "insufficient_quota insufficient_user_quota pre_consume_token_quota_failed quota_not_enough "
            "insufficient_balance billing_hard_limit_reached per_day_quota"
        ),
        (
            r"quota is not enough|remainquota|amount has been exhausted|insufficient (balance|quota|credit)"
            r"|配额不足|余额不足"
        ),
    ),
    (
        errors.ContextTooLong,
        "context_length_exceeded exceed_context_size_error string_above_max_length model_context_window_exceeded",
        (
            r"(maximum|available|exceeds? the) context (length|size|window)|context (length|window) (of|is|exceed)"
            r"|input token count .{0,80}exceeds|prompt is too long|too many (input )?tokens"
        ),
    ),
    (
        errors.ModelNotFound,
        "model_not_found model_not_exist",
        (
            r"no (available )?channels? available for model|no available channel for model"
            r"|models?/\S{1,200} is not found|model .{1,80}(does not exist|not found)"
        ),
    ),
    (
        errors.Blocked,
        (
            "content_filter content_policy_violation sensitive_words_detected prompt_blocked moderation_blocked "
            "responsibleaipolicyviolation data_inspection_failed flagged_input"
        ),
        r"content management policy|sensitive words detected|(input|prompt|content|request) (was|has been|is) flagged",
    ),
    (
        errors.KeyRefused,
        (
            "api_key_invalid invalid_api_key authentication_error unauthenticated permission_denied permission_error "
            "access_denied channel:invalid_key account_deactivated service_disabled api-key"
        ),
        _KEY_PHRASES,
    ),
    (errors.VendorTimeout, "deadline_exceeded channel:response_time_exceeded timeout", ""),
    (
        errors.RateLimited,
        "rate_limit_exceeded rate_limit_error resource_exhausted too_many_requests tokens requests",
        r"rate limit|too many requests",
    ),
    (
        errors.VendorDown,
        (
            "unavailable internal overloaded_error api_error server_error internal_server_error upstream_error "
            "do_request_failed bad_response_status_code get_channel_failed channel:no_available_key empty_response "
            "bad_response bad_response_body"
        ),
        r"overloaded|upstream error|负载已饱和",
    ),
    (
        errors.BadRequest,
        (
            "invalid_argument failed_precondition invalid_request invalid_request_error unsupported_parameter "
            "unsupported_value"
        ),
        "",
    ),
)
_BY_STATUS: Mapping[int, type[errors.VendorError]] = {
    401: errors.KeyRefused,
    402: errors.QuotaExhausted,
    403: errors.KeyRefused,
    404: errors.ModelNotFound,
    408: errors.VendorTimeout,
    413: errors.ContextTooLong,
    429: errors.RateLimited,
    504: errors.VendorTimeout,
    524: errors.VendorTimeout,
}
_UNSUPPORTED_WORDS = frozenset(
    ["unsupported_parameter", "unsupported_value", "unknown_parameter", "extra_forbidden", "value_error.extra"]
)
_UNSUPPORTED = re.compile(
    r"unsupported (parameter|value)|unknown (parameter|field|argument|name)|unrecogni[sz]ed|not supported|not support"
    r"|extra (fields|inputs)|extra_forbidden|unexpected (keyword|field|parameter|argument)|not permitted",
    re.IGNORECASE,
)
_NOTHING = ("{}", "[]", "null", '""')
_SECONDS = re.compile(r"(?:retry|try again) in (\d{1,9}(?:\.\d{1,18})?) ?(ms|s)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Report:
    """The content of an error: message, codes in lower case, status, parameter and the wait that it names: seconds."""

    message: str = ""
    words: frozenset[str] = frozenset()
    status: int = 0
    parameter: str = ""
    delay: float | None = None


def from_response(status: int, headers: Mapping[str, str], body: bytes) -> errors.VendorError:
    """Return the error of a response with an error status.

    `headers` may hold the wait, `body` is read as UTF-8 and may be no JSON at all.
    """
    text = body.decode("utf-8", "replace")
    report = _report(_json(text))
    if report is None and text.strip() not in ("", *_NOTHING):
        return _of_a_page(Report(_readable(text)), status, _header_delay(headers))
    return _verdict(report or Report(), status, _header_delay(headers))


def _of_a_page(page: Report, status: int, header_delay: float | None) -> errors.VendorError:
    """Return the error of a body without JSON. It comes from another server and proves nothing about a key.

    An error about the account is marked as doubtful, and becomes PageInstead if only the status names it.
    """
    error = _verdict(page, status, header_delay)
    is_of_the_account = error.code in errors.OF_THE_ACCOUNT
    if is_of_the_account and not _named(replace(page, message=beginning(page.message)), status):
        error = errors.PageInstead(page.message, retry_after=error.retry_after)
    return error.doubted(is_of_the_account, is_page=True)


def in_event(event: Mapping[str, Any], replies: str = "") -> errors.VendorError | None:
    """Return the error in an object that came with status 200, or None.

    An object with the key `replies` is a reply, unless it has a key "error".
    """
    if not _is_error(event, replies):
        return None
    report = _report(event) or Report()
    return _verdict(report, report.status, None)


def _is_error(event: Mapping[str, Any], replies: str) -> bool:
    if event.get("error"):
        return True
    if replies in event:
        return False
    named = event.get("object") == "error" or event.get("type") == "error" or event.get("success") is False
    return named or bool(event.get("detail")) or ("code" in event and "message" in event)


def _verdict(report: Report, status: int, header_delay: float | None) -> errors.VendorError:
    searched = replace(report, message=beginning(report.message))
    kind = _kind(searched, status)
    delay = header_delay if header_delay is not None else report.delay
    return kind(
        report.message,
        retry_after=delay,
        parameter=report.parameter,
        unsupported=bool(report.words & _UNSUPPORTED_WORDS or _UNSUPPORTED.search(searched.message)),
    ).doubted(_is_doubtful(kind, searched, status))


def _is_doubtful(kind: type[errors.VendorError], report: Report, status: int) -> bool:
    """Return whether a refusal may concern this question alone: its model, region, words or size."""
    if kind is errors.KeyRefused:
        is_plain = report.words & _PLAINLY_THE_KEY or re.search(_KEY_PHRASES, report.message, re.IGNORECASE)
        return (status if status >= 400 else report.status) != 401 and not is_plain
    return kind is errors.QuotaExhausted and bool(report.words & _OF_THIS_SIZE or _SIZE_PHRASES.search(report.message))


def _kind(report: Report, status: int) -> type[errors.VendorError]:
    status = status if status >= 400 else report.status
    if named := _named(report, status):
        return named
    by_class = errors.BadRequest if 400 <= status < 500 else errors.VendorDown
    return _BY_STATUS.get(status, by_class)


def _named(report: Report, status: int) -> type[errors.VendorError] | None:
    """Return the kind that a code or a phrase names, or None."""
    return next((kind for kind, words, phrases in _BY_WORD if _fits(kind, words, phrases, report, status)), None)


def _fits(kind: type[errors.VendorError], words: str, phrases: str, report: Report, status: int) -> bool:
    # A general word such as "invalid_argument" or "upstream_error" is weaker evidence than a 4xx status.
    if kind in (errors.VendorDown, errors.BadRequest) and 400 <= status < 500:
        return False
    if report.words & frozenset(words.split()):
        return True
    # "Too many tokens a minute" does not mean a long context: at 429 the message decides only between quota and rate.
    may_search = status != 429 or kind is errors.QuotaExhausted
    return may_search and bool(phrases) and re.search(phrases, report.message, re.IGNORECASE) is not None


def _report(value: object, level: int = 0) -> Report | None:
    """Return the report in `value`, which may be the error, hold it as `error`, or be a list of one."""
    if isinstance(value, list):
        return _report(value[0], level) if value else None
    outer = mapping(value)
    if not outer:
        return None
    inner = outer.get("error")
    fields = {**outer, **mapping(outer.get("message")), **mapping(inner)}
    message = _message(fields, inner)
    nested = _report(_json(message), level + 1) if level < _MAX_NESTING and message.startswith(("{", "[")) else None
    return nested or Report(message, _words(fields), _status(fields), _parameter(fields), _delay(fields, message))


def _message(fields: Mapping[str, Any], inner: object) -> str:
    spoken = (inner, fields.get("message"), fields.get("detail"), _complaint(fields).get("msg"), fields.get("msg"))
    return next((said.strip() for said in spoken if isinstance(said, str) and said.strip()), "")


def _complaint(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the first entry of the list that FastAPI puts into `detail`."""
    return mapping(next(iter(sequence(fields.get("detail"))), None))


def _parameter(fields: Mapping[str, Any]) -> str:
    place = [step for step in sequence(_complaint(fields).get("loc")) if isinstance(step, str)]
    name = string(fields.get("param")) or (place[-1] if place else "")
    return name if len(name) <= _MAX_NAME_LENGTH else ""


def _words(fields: Mapping[str, Any]) -> frozenset[str]:
    named = [fields.get("code"), fields.get("type"), fields.get("status"), _complaint(fields).get("type")]
    details = [mapping(detail) for detail in sequence(fields.get("details"))]
    named += [detail.get("reason") for detail in details]
    if any("PerDay" in string(violation.get("quotaId")) for violation in _violations(details)):
        named.append("per_day_quota")
    return frozenset(word.lower() for word in named if isinstance(word, str) and word)


def _violations(details: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [mapping(violation) for detail in details for violation in sequence(detail.get("violations"))]


def _status(fields: Mapping[str, Any]) -> int:
    code = fields.get("code")
    if isinstance(code, str) and re.fullmatch(r"[45]\d\d", code):
        code = int(code)
    return code if isinstance(code, int) and 400 <= code < 600 else 0


def _delay(fields: Mapping[str, Any], message: str) -> float | None:
    for detail in sequence(fields.get("details")):
        delay = _number(string(mapping(detail).get("retryDelay")).removesuffix("s"))
        if delay is not None:
            return delay
    said = _SECONDS.search(beginning(message))
    return float(said[1]) / (1000 if said[2].lower() == "ms" else 1) if said else None


def _header_delay(headers: Mapping[str, str]) -> float | None:
    lower = {name.lower(): value for name, value in headers.items()}
    milliseconds = _number(lower.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    after = lower.get("retry-after", "")
    seconds = _number(after)
    return seconds if seconds is not None or len(after) > _MAX_WAIT_LENGTH else _until(after)


def _until(date: str) -> float | None:
    """Return the seconds until an HTTP date; 0 when it is past, None when it is no date."""
    try:
        moment = parsedate_to_datetime(date)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError, TypeError, IndexError):  # the parser raises all of these for other texts
        return None


def _number(text: str) -> float | None:
    """Return `text` as seconds; 0 when negative, None when it is no finite number, or over 100 characters."""
    try:
        number = float(text) if len(text) <= _MAX_WAIT_LENGTH else math.nan
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None


def _json(text: str) -> object:
    try:
        return from_json(text)
    except (ValueError, RecursionError):
        return None


def _readable(text: str) -> str:
    """Return a body that is no report, for quoting; "" for a web page or an empty object."""
    text = text.strip()
    return "" if text.startswith("<") or text in _NOTHING else text
