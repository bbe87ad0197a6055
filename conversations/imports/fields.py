"""Values of foreign JSON, read so that nothing in it can surprise the reader."""

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

MAX_CHARACTERS = 2**20
"""Characters of one text, as of a reply."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_DATA = re.compile(r"data:(?P<type>[\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,", re.ASCII)
_OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
_MILLISECONDS, _NANOSECONDS = 10**11, 10**17
"""Numbers from which on a time is not in seconds."""
_LOCAL_FORMATS = ("%m/%d/%Y, %I:%M:%S %p", "%d/%m/%Y, %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y, %H:%M:%S")


def text(value: Any, most: int = MAX_CHARACTERS) -> str:
    """Return a text that every database takes; empty for any other type."""
    return _UNSTORABLE.sub("\ufffd", value[:most]) if isinstance(value, str) else ""


def obj(value: Any) -> dict[str, Any]:
    """Return an object, or an empty one for any other type."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list, or nothing for any other type."""
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict):
            yield one


def key(value: Any) -> str | None:
    """Return an id, or None for none."""
    return text(value, 200) or (str(value) if type(value) is int and abs(value) < 10**18 else None)


def count(value: Any) -> int | None:
    """Return a count that fits its column, or None."""
    return value if type(value) is int and 0 <= value < 2**31 else None


def time(value: Any) -> datetime | None:
    """Return a time, never one to come: an ISO text, or a number of seconds, milli- or nanoseconds since 1970."""
    found = None
    with suppress(ValueError, OverflowError, OSError, TypeError):
        if isinstance(value, str):
            found = _read_time(value.strip()[:40])
        elif isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 10**9 if value > _NANOSECONDS else value / 1000 if value > _MILLISECONDS else value
            found = datetime.fromtimestamp(seconds, UTC)
    return min(found, datetime.now(UTC)) if found and found > _OLDEST else None


def data_address(value: Any) -> bytes | None:
    """Return the bytes of a data address in base64, or None."""
    begin = _DATA.match(value) if isinstance(value, str) else None
    return decoded(value[begin.end() :]) if begin else None


def decoded(value: Any) -> bytes | None:
    """Return the bytes of base64, or None."""
    with suppress(ValueError, binascii.Error):
        if isinstance(value, str):
            return base64.b64decode(value, validate=True)
    return None


def _read_time(value: str) -> datetime:
    with suppress(ValueError):
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=found.tzinfo or UTC) + timedelta(0)
    for form in _LOCAL_FORMATS:
        with suppress(ValueError):
            return datetime.strptime(value, form).replace(tzinfo=UTC)
    raise ValueError(value)
