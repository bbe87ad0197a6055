"""Reading of untrusted JSON values, and writing of request bodies."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

# Names under which gateways put a whole response: Gemini's Code Assist, DashScope, those with a code and a message.
_ENVELOPES = ("response", "output", "data", "result")
_ENVELOPE = frozenset(_ENVELOPES)
_CAPITAL = re.compile("[A-Z]")
_MAX_DIGITS = 10
_MAX_VALUES = 1_000_000
"""Values of one text: more would take a hundred times its length of memory. A reply's words are in far fewer."""


def from_json(text: str) -> Any:
    """Return the value of a vendor's JSON. Raises JSONDecodeError, or RecursionError for deep nesting."""
    if has_too_many_values(text):
        raise json.JSONDecodeError("too many values", text, 0)
    try:
        return _JSON.decode(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer with more digits than int() reads
        return _JSON_OF_ANY_SIZE.decode(text)


def from_json_at(text: str, place: int) -> tuple[Any, int]:
    """Return the value that begins at `place` and the position behind it. Raises as `from_json` does."""
    try:
        return _JSON.raw_decode(text, place)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return _JSON_OF_ANY_SIZE.raw_decode(text, place)


def has_too_many_values(text: str) -> bool:
    """Return whether a JSON text has more values than are read."""
    return len(text) > _MAX_VALUES and text.count(",") > _MAX_VALUES


def mapping(value: object) -> Mapping[str, Any]:
    """Return `value` if it is an object, else an empty one.

    Vendors send null, lists and strings where objects belong.
    """
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    """Return `value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def string(value: object) -> str:
    """Return `value` if it is a string, else ""."""
    return value if isinstance(value, str) else ""


def as_list(value: object) -> list[Any]:
    """Return a list as it is, and an object as the only entry of one."""
    return [value] if isinstance(value, dict) else sequence(value)


def field(value: Mapping[str, Any], name: str) -> Any:
    """Return the entry called `name`, which is camel case, or else the entry in snake case."""
    found = value.get(name)
    return value.get(snake_case(name)) if found is None else found


@lru_cache(256)
def snake_case(name: str) -> str:
    """Return a name in camel case, in snake case."""
    return _CAPITAL.sub(lambda letter: f"_{letter[0].lower()}", name)


def unwrapped(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return `event` with the content of an envelope in it, if only that has the entry `name`."""
    if name in event or _ENVELOPE.isdisjoint(event):
        return event
    inner = next((one for key in _ENVELOPES if name in (one := mapping(event.get(key)))), None)
    return event if inner is None else {**event, **inner}


def count(value: object) -> int | None:
    """Return `value` if it is a plausible token count, also as a text or a float; else None.

    The limits are 0 … 10⁹: two such counts fit into 32 bits.
    """
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS else None
    elif isinstance(value, float):
        value = int(value) if value.is_integer() else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= 10**9 else None


def merged(body: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return `body` with the entries of `raw` laid over it, also inside nested objects."""
    result = dict(body)
    for name, value in raw.items():
        below = result.get(name)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[name] = merged(below, value) if both else value  # type: ignore[arg-type]
    return result


def to_bytes(body: Mapping[str, Any]) -> bytes:
    """Return `body` as compact UTF-8 JSON."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _integer(digits: str) -> int | float:
    """Return an integer; for more digits than int() reads, the nearest float, which may be infinite."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


# Tolerant of bare control characters in strings; made once, because json.loads would make one for every event. The
# second one reads integers of any length, but more slowly.
_JSON = json.JSONDecoder(strict=False)


_JSON_OF_ANY_SIZE = json.JSONDecoder(strict=False, parse_int=_integer)
