"""The class of a vendor's error, with everything that people, the pool and the learning of quirks need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from providers import errors
from providers.errors import beginning
from providers.wires.vendor_errors import shapes, waits, words
from providers.wires.vendor_errors.shapes import Report

_OWN_FAULT = 500
_OF_AN_ACCOUNT = (errors.KeyRefused, errors.QuotaExhausted)


def from_response(status: int, headers: Mapping[str, str], body: bytes) -> errors.VendorError:
    """Return the error of a response with an error status.

    `headers` may hold the wait. `body` is read as UTF-8, or else as GB18030, and may be no JSON at all.
    """
    text = shapes.text_of(body)
    report = shapes.report_in(text)
    delay = waits.in_headers(headers)
    if report is None and shapes.has_content(text):
        return _of_a_page(Report(shapes.readable(text)), status, delay)
    if report and shapes.is_page(report.message):
        return _of_a_page(replace(report, message=""), status, delay)
    return _verdict(report or Report(), status, delay)


def in_event(event: Mapping[str, Any], replies: str = "") -> errors.VendorError | None:
    """Return the error in an object that came with status 200, or None.

    An object with the key `replies` is a reply, unless it plainly has an error.
    """
    if not shapes.is_error(event, replies):
        return None
    report = shapes.report(event) or Report()
    if shapes.is_page(report.message):
        return _of_a_page(replace(report, message=""), report.status, None)
    return _verdict(report, report.status, None)


def _of_a_page(page: Report, status: int, header_delay: float | None) -> errors.VendorError:
    """Return the error of a body without JSON. It comes from another server and proves nothing about a key.

    An error about the account is marked as doubtful, and becomes PageInstead if only the status names it. So is a
    server's own fault, which the question may have caused.
    """
    error = _verdict(page, status, header_delay)
    is_of_the_account = error.code in errors.OF_THE_ACCOUNT
    if is_of_the_account and _row(_searched(page), status) is None:
        error = errors.PageInstead(page.message, retry_after=error.retry_after)
    return error.doubted(is_of_the_account or error.is_doubtful, is_page=True)


def _verdict(report: Report, status: int, header_delay: float | None) -> errors.VendorError:
    status = _true_status(report, status)
    searched = _searched(report)
    row = _row(searched, status)
    kind = row.kind if row else words.BY_STATUS.get(status) or _of_status_class(status)
    error = kind(
        f"{report.categories}: {report.message}" if report.categories else report.message,
        retry_after=header_delay if header_delay is not None else report.delay,
        parameter=report.parameter,
        unsupported=words.is_in(words.UNSUPPORTED, searched.words, searched.message),
    )
    error.names_model = report.is_of_model
    phrase = row.phrases.search(searched.message) if row and row.phrases else None
    error.evidence = (*report.sources, phrase[0]) if phrase else report.sources
    return error.doubted(_is_doubtful(kind, searched, status))


def _searched(report: Report) -> Report:
    """Return `report` with the part of its message to be searched, in lower case: its beginning, up to the request."""
    message = words.REQUEST_QUOTED.split(beginning(report.message).lower(), 1)[0]
    # The code tells of the gateway's own account with its vendor then, not of this site's account.
    is_of_gateway = words.OVERLOADED_GATEWAY.search(message)
    return replace(report, message=message, words=frozenset() if is_of_gateway else report.words)


def _true_status(report: Report, status: int) -> int:
    """Return the status of the error itself: a gateway's 200 or 5xx says less than one in the body."""
    if 400 <= status < 500:
        return report.status if report.status and report.is_inner else status
    passed_on = words.STATUS_PASSED_ON.match(report.message)
    return int(passed_on[1]) if passed_on else report.status or status


def _row(report: Report, status: int) -> words.Row | None:
    """Return the first row with a code or a phrase of this report, or None."""
    return next((row for row in words.TABLE if _fits(row, report, status)), None)


def _fits(row: words.Row, report: Report, status: int) -> bool:
    if row.is_general and 400 <= status < 500:
        return False
    may_search = status != 429 or row.at_429
    return words.is_in(row, report.words, report.message if may_search else "")


def _of_status_class(status: int) -> type[errors.VendorError]:
    return errors.BadRequest if 400 <= status < 500 else errors.VendorDown


def _is_doubtful(kind: type[errors.VendorError], report: Report, status: int) -> bool:
    """Return whether a refusal may concern this question alone: its model, region, words or size.

    So may a fault of the vendor's own: some questions make a server fail. An account that a gateway's vendor refuses is
    the gateway's, and serves some of its models.
    """
    if kind is errors.VendorDown and status == _OWN_FAULT:
        return not words.is_in(words.BUSY, frozenset(), report.message)
    if kind in _OF_AN_ACCOUNT and (report.is_inner or words.PASSED_ON.search(report.message)):
        return True
    if kind is errors.KeyRefused:
        return status != 401 and not words.is_in(words.PLAINLY_THE_KEY, report.words, report.message)
    return kind is errors.QuotaExhausted and words.is_in(words.OF_THIS_QUESTION, report.words, report.message)
