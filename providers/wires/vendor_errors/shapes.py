"""The places of an error in a body: its message, codes, status and parameter, in every shape that vendors use.

Source: the Gemini API's error codes (google.rpc.Status), the OpenAI API's error object, FastAPI's and RFC 7807's
details, the errors of one-api style gateways, and OpenRouter's metadata.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from providers.wires.finishes import filtered
from providers.wires.json_values import from_json, from_json_at, mapping, sequence, string
from providers.wires.vendor_errors import waits

_MAX_NESTING = 3
_MAX_NAME_LENGTH = 200
_NOTHING = ("{}", "[]", "null", '""')
_SUCCESS = frozenset(["", "0", "200", "ok", "success", "succeeded", "true", "none", "null", "成功", "操作成功"])
_FAILED = frozenset(["error", "failed", "failure", "fail"])
_MESSAGES = ("message", "detail", "msg", "status_msg", "error_msg", "error_message", "errorMessage", "title")
_LAST_MESSAGES = ("description", "text", "reason")
_CODES = ("code", "type", "status", "error_type", "errorCode", "reason")
CUT_OFF = re.compile(
    r'\s{0,99}\{[^\\]{0,999}?"(?:message|msg|detail)"\s{0,9}:\s{0,9}"((?:[^"\\]|\\[^u]|\\u\w{4}){1,4999})'
)
_PAGE = re.compile(r"\s*<(?:!doctype|html|head)\b", re.IGNORECASE)
_PASSED_ON = ("upstream_error", "upstreamResponse", "value", "cause")
_OF_MODEL = re.compile("PerModel|per_base_model")
_FILTERS, _OF_LITELLM = ("content_filter_result", "content_filter_results"), "provider_specific_fields"
_STATUSES = ("code", "status", "statusCode", "status_code", "http_code")
# An object without any of these is no error, whatever else it holds.
_TELLING = frozenset([
    "error", "object", "type", "success", "error_code", "base_resp", "detail", "errors", "error_message", *_STATUSES,
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """The content of an error: message, codes in lower case, status, parameter and the wait that it names: seconds.

    `categories` are those of a content filter. `is_inner`: it was found within the report of a gateway. `sources`: the
    texts in messages from which it was read, which may be somebody's question. `is_of_model`: the limit is one model's.
    """

    message: str = ""
    words: frozenset[str] = frozenset()
    status: int = 0
    parameter: str = ""
    delay: float | None = None
    categories: str = ""
    is_inner: bool = False
    is_of_model: bool = False
    sources: tuple[str, ...] = ()


def text_of(body: bytes) -> str:
    """Return the text of a body that may end in the middle of a character: UTF-8, or else GB18030."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return codecs.getincrementaldecoder(encoding)().decode(body).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    return body.decode("utf-8", "replace")


def has_content(text: str) -> bool:
    """Return whether `text` is more than an empty value."""
    return text.strip() not in ("", *_NOTHING)


def readable(text: str) -> str:
    """Return a body that is no report, for quoting; "" for a web page or an empty object."""
    text = text.strip()
    return "" if text.startswith("<") or not has_content(text) else text


def is_page(message: str) -> bool:
    """Return whether a message is a web page, which gateways pass on as another server's error."""
    return _PAGE.match(message) is not None


def report_in(text: str) -> Report | None:
    """Return the report in a body, or None. It may be a text in quotes, or stand behind the field names of an event."""
    value = _json(text)
    if isinstance(value, str) and value.strip():
        return Report(value.strip())
    if value is None and not text.lstrip().startswith("<"):
        return _report_within(text, 0) or _report_cut_off(text)
    return report(value)


def is_error(event: Mapping[str, Any], replies: str) -> bool:
    """Return whether an object that came with status 200 is an error.

    Vendors send "no error" with every reply, as code 0 and an empty message.
    """
    if _TELLING.isdisjoint(event):
        return False
    if _is_said(event.get("error")):
        return True
    if event.get(replies):
        return False
    return _is_failed(event) or (replies not in event and _has_code(event))


def report(value: object, level: int = 0) -> Report | None:
    """Return the report in `value`, which may be the error, hold it as `error`, or be a list of one."""
    if isinstance(value, list):
        return report(value[0], level) if value else None
    outer = mapping(value)
    if not outer:
        return None
    fields = _fields(outer)
    message = _message(fields, _first(outer.get("error")))
    delay, categories = waits.in_body(fields, message), _categories(fields)
    found = Report(message, _words(fields, outer), _status(fields), _parameter(fields), delay, categories)
    found = replace(found, is_of_model=any(map(_OF_MODEL.search, [*_quotas(fields), message])))
    inner = _inner(fields, message, level + 1) if level < _MAX_NESTING else None
    return _joined(found, inner) if inner else found


def _is_said(value: object) -> bool:
    """Return whether a value says that something went wrong: not an empty one, and none that reports success."""
    value = _first(value)
    if isinstance(value, dict):
        known = [value[name] for name in (*_MESSAGES, *_CODES) if name in value]
        return any(_is_said(one) for one in known) if known else bool(value)
    return bool(value) and (value is True or str(value).strip().lower() not in _SUCCESS)


def _is_failed(event: Mapping[str, Any]) -> bool:
    """Return whether a field says in words, or in a code of its own, that the call has failed."""
    # Agents tell of a tool's failure in an event of its own: danny-avila/LibreChat#12919.
    names = () if "tool" in event else ("object", "type", "status")
    kinds = {string(event.get(name)).lower() for name in names}
    codes = (event.get("error_code"), mapping(event.get("base_resp")).get("status_code"))
    return (
        not kinds.isdisjoint(_FAILED)
        or event.get("success") is False
        or any(_is_said(code) for code in codes)
        or any(_is_said(event.get(name)) for name in ("detail", "errors", "error_message"))
        or (_status(event) > 0 and any(event.get(name) for name in _MESSAGES))
    )


def _has_code(event: Mapping[str, Any]) -> bool:
    spoken = [event[name] for name in ("message", "msg") if name in event]
    return bool(spoken) and _is_said(event.get("code")) and (not any(spoken) or _is_said(spoken))


def _first(value: object) -> object:
    """Return the first entry of a list, and any other value as it is."""
    return next(iter(value), None) if isinstance(value, list) else value


def _fields(outer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields of all objects that may be the error, the innermost first."""
    error = mapping(_first(outer.get("error")))
    detail, base = mapping(outer.get("detail")), mapping(outer.get("base_resp"))
    layers = (outer, base, mapping(_first(outer.get("errors"))), detail, mapping(detail.get("error")))
    fields: dict[str, Any] = {}
    for layer in (*layers, mapping(outer.get("message")), error, mapping(error.get("message"))):
        fields |= {name: value for name, value in layer.items() if value not in (None, "")}
    return fields


def _message(fields: Mapping[str, Any], error: object) -> str:
    spoken = [fields.get(name) for name in _MESSAGES]
    spoken[1:1] = [error, _complaint(fields).get("msg")]
    spoken += [_first(fields.get("errors")), *(fields.get(name) for name in _LAST_MESSAGES)]
    return next((said.strip() for said in spoken if isinstance(said, str) and said.strip()), "")


def _complaint(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the first entry of the list that FastAPI puts into `detail`, and Mistral into `message`."""
    listed = sequence(fields.get("detail")) or sequence(fields.get("message"))
    return mapping(next(iter(listed), None))


def _parameter(fields: Mapping[str, Any]) -> str:
    place = [step for step in sequence(_complaint(fields).get("loc")) if isinstance(step, str)]
    name = string(fields.get("param")) or (place[-1] if place else "")
    # LiteLLM writes Python's "None" for a name that is absent.
    return name if len(name) <= _MAX_NAME_LENGTH and name != "None" else ""


def _words(fields: Mapping[str, Any], outer: Mapping[str, Any]) -> frozenset[str]:
    named = [fields.get(name) for name in _CODES]
    named += [outer.get("error"), _complaint(fields).get("type"), mapping(fields.get("innererror")).get("code")]
    details = [mapping(detail) for detail in sequence(fields.get("details"))]
    named += [detail.get("reason") for detail in details]
    named += ["flagged_input"] if "flagged_input" in mapping(fields.get("metadata")) else []
    named += _codes_of_one_field(outer)
    if any("PerDay" in quota for quota in _quotas(fields)):
        named.append("per_day_quota")
    spelt = [str(name).lower() for name in named if isinstance(name, str | int) and not isinstance(name, bool)]
    return frozenset(form for word in spelt for form in (word, word.partition(".")[0]) if form)


def _codes_of_one_field(outer: Mapping[str, Any]) -> Iterator[str]:
    """Yield the codes that mean something only in their vendor's field, with its name as a prefix."""
    yield f"base_resp:{mapping(outer.get('base_resp')).get('status_code')}"
    yield f"error_code:{outer.get('error_code')}"


def _categories(fields: Mapping[str, Any]) -> str:
    """Return the categories of a content filter; LiteLLM passes on Azure's."""
    places = (fields, mapping(fields.get("innererror")), mapping(mapping(fields.get(_OF_LITELLM)).get("innererror")))
    found = (filtered(place.get(name)) for place in places for name in _FILTERS)
    return next(filter(None, found), "")


def _quotas(fields: Mapping[str, Any]) -> list[str]:
    """Return Google's names of the quotas that were exceeded, such as GenerateRequestsPerDayPerProjectPerModel."""
    details = [mapping(detail) for detail in sequence(fields.get("details"))]
    violations = [mapping(violation) for detail in details for violation in sequence(detail.get("violations"))]
    return [string(violation.get("quotaId")) for violation in violations]


def _status(fields: Mapping[str, Any]) -> int:
    codes = (str(fields.get(name)) for name in _STATUSES)
    return next((int(code) for code in codes if re.fullmatch(r"[45]\d\d", code)), 0)


def _inner(fields: Mapping[str, Any], message: str, level: int) -> Report | None:
    """Return the vendor's report that a gateway passes on, as JSON in its message or as raw text beside it."""
    raw = mapping(fields.get("metadata")).get("raw")
    raw = mapping(raw).get("data", raw)
    if isinstance(raw, str) and readable(raw):
        return _report_within(raw, level) or Report(readable(raw))
    found = (report(raw, level) if mapping(raw) else None) or _report_within(message, level)
    return found or next(filter(None, (_passed_on(fields.get(name), level) for name in _PASSED_ON)), None)


def _passed_on(value: object, level: int) -> Report | None:
    """Return the report in a field that a gateway may also fill otherwise, with a part of the request."""
    if isinstance(value, str):
        return _report_within(value, level)
    held = mapping(value)
    return report(held, level) if "error" in held or "error_message" in held else None


def _report_within(text: str, level: int) -> Report | None:
    """Return the report in the object that begins with the first brace of `text`, if that is an error."""
    try:
        place = text.index("{")
        found, end = from_json_at(text, place)
        value = mapping(found)
    except (ValueError, RecursionError):
        return None
    if not any(name in value for name in ("error", "errors", "message", "detail", "base_resp")):
        return None
    said = report(value, level)
    return replace(said, sources=(text[place:end], *said.sources)) if said and said.message else None


def _report_cut_off(text: str) -> Report | None:
    """Return the message of a report that is longer than this site reads: some vendors quote the whole request."""
    begun = CUT_OFF.match(text)
    return Report(string(_json(f'"{begun[1]}"'))) if begun else None


def _joined(outer: Report, inner: Report) -> Report:
    """Return the vendor's report, completed from its gateway's."""
    return replace(
        inner,
        words=inner.words or outer.words,
        status=inner.status or outer.status,
        parameter=inner.parameter or outer.parameter,
        categories=inner.categories or outer.categories,
        is_of_model=inner.is_of_model or outer.is_of_model,
        delay=outer.delay if inner.delay is None else inner.delay,
        is_inner=True,
    )


def _json(text: str) -> object:
    try:
        return from_json(text)
    except (ValueError, RecursionError):
        return None
