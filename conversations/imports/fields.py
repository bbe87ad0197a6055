"""Values of foreign JSON, read so that nothing in it can surprise the reader."""

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from conversations.imports.json_items import MAX_DEPTH
from conversations.imports.thread import Problem

MAX_CHARACTERS = 2**20
"""Characters of one text, as of a reply."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_DATA = re.compile(r"data:(?P<type>[\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,", re.ASCII)
_OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
_MILLISECONDS, _NANOSECONDS = 10**11, 10**17
"""Numbers from which on a time is not in seconds."""
_LOCAL_FORMATS = (
    "%m/%d/%Y, %I:%M:%S %p", "%d/%m/%Y, %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y, %H:%M:%S",
    "%d.%m.%Y %H:%M:%S", "%Y/%m/%d %I:%M:%S %p", "%Y. %m. %d. %I:%M:%S %p",
)  # fmt: skip
_HALF_DAY = re.compile(r"(?:(上午|오전)|下午|오후)\s*([\d:]+)")
"""A time of day as Chinese and Korean browsers write it: the half of the day comes first."""


def text(value: Any, most: int = MAX_CHARACTERS) -> str:
    """Return a text that every database takes; empty for any other type."""
    return _UNSTORABLE.sub("\ufffd", value[:most]) if isinstance(value, str) else ""


def storable(value: Any) -> Any:
    """Return JSON whose keys, texts and numbers every database takes; raises Problem for one that is too deep."""
    whole = [value]
    waiting: list[tuple[Any, int]] = [(whole, 0)]
    while waiting:
        place, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise Problem("too_deep")
        if isinstance(place, dict):
            fitting = {text(name): one for name, one in place.items()}
            place.clear()
            place.update(fitting)
        for name, one in place.items() if isinstance(place, dict) else enumerate(place):
            if isinstance(one, dict | list):
                waiting.append((one, depth + 1))
            elif isinstance(one, str):
                place[name] = text(one)
            elif isinstance(one, float) and not isfinite(one):
                place[name] = None
    return whole[0]


def obj(value: Any) -> dict[str, Any]:
    """Return an object, or an empty one for any other type."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """Return a list, or an empty one for any other type."""
    return value if isinstance(value, list) else []


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list, or nothing for any other type."""
    for one in items(value):
        if isinstance(one, dict):
            yield one


def key(value: Any) -> str | None:
    """Return an id, or None for none."""
    return text(value, 200) or (str(value) if type(value) is int and abs(value) < 10**18 else None)


def count(value: Any) -> int | None:
    """Return a count that fits its column, or None."""
    return value if type(value) is int and 0 <= value < 2**31 else None


def arranged(raw: dict[str, Any], **names: tuple[str, ...]) -> dict[str, bool]:
    """Return a place in the list, each `Arrangement` field by the names that it may have in the raw object."""
    return {field: True for field, told in names.items() if any(_is_told(raw.get(name)) for name in told)}


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


def _is_told(value: Any) -> bool:
    """Return whether a flag is set, or the time is known at which it was set."""
    return value is True or time(value) is not None


def _read_time(value: str) -> datetime:
    with suppress(ValueError):
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=found.tzinfo or UTC) + timedelta(0)
    english = _HALF_DAY.sub(lambda found: f"{found[2]} {'AM' if found[1] else 'PM'}", value)
    for form in _LOCAL_FORMATS:
        with suppress(ValueError):
            return datetime.strptime(english, form).replace(tzinfo=UTC)
    raise ValueError(value)
