"""The wait that an error names, in its headers or in its body.

Source: RFC 9110 (Retry-After), and servers that send a moment there: openclaw/clawhub#407.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

from providers.errors import beginning
from providers.wires.json_values import mapping, sequence, string

_MAX_LENGTH = 100
# Of OpenAI's accounts for Codex, router-for-me/CLIProxyAPI#5286, and of others.
_SECONDS = ("resets_in_seconds", "retry_after_seconds", "retry_after")
_YEAR = 365 * 24 * 3600
SAID = re.compile(
    r"(?:retry|try again|resets?) (?:in|after) "
    r"(?=\d)(?:(\d{1,3})h)?(?:(\d{1,3})m(?!s))?(?:(\d{1,9}(?:\.\d{1,18})?) ?(ms\b|s\b|sec))?"
)


def in_headers(headers: Mapping[str, str]) -> float | None:
    """Return the wait that `headers` ask for, in seconds; None if they ask for none."""
    lower = {name.lower(): value for name, value in headers.items()}
    milliseconds = _number(lower.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    after = lower.get("retry-after", "")
    seconds = _number(after)
    if seconds is not None:
        return _from_now(seconds)
    return None if len(after) > _MAX_LENGTH else _until(after)


def in_body(fields: Mapping[str, Any], message: str) -> float | None:
    """Return the wait that the error's details or its message name, in seconds; None if they name none."""
    for detail in sequence(fields.get("details")):
        delay = _number(string(mapping(detail).get("retryDelay")).removesuffix("s"))
        if delay is not None:
            return delay
    for name in _SECONDS:
        told = _number(str(fields.get(name, "")))
        if told is not None:
            return told
    said = SAID.search(beginning(message).lower())
    if not said or not any(said.groups()):
        return None
    hours, minutes, seconds, unit = said.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds or 0) / (1000 if unit == "ms" else 1)


def _from_now(number: float) -> float:
    """Return a number of seconds, which may be a moment as seconds or milliseconds since 1970 that is near."""
    now = time()
    waits = (moment - now for moment in (number, number / 1000) if abs(moment - now) < _YEAR)
    return max(0.0, next(waits, number))


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
        number = float(text) if len(text) <= _MAX_LENGTH else math.nan
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None
