"""Reading of untrusted JSON values, and writing of request bodies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def from_json(text: str) -> Any:
    """What a vendor's JSON says; raises JSONDecodeError, or RecursionError for what is nested too deep."""
    try:
        return _JSON.decode(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer of more digits than int() reads
        return _JSON_OF_ANY_SIZE.decode(text)


def mapping(value: object) -> Mapping[str, Any]:
    """`value` when it is an object, else an empty one: vendors send null, lists and strings where objects belong."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    """`value` when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def string(value: object) -> str:
    """`value` when it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def count(value: object) -> int | None:
    """`value` when it is a token count one can believe (0 … 10⁹: two of them fit into 32 bits), else None."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= 10**9 else None


def merged(body: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """`body` with the entries of `raw` laid over it, objects within objects included."""
    result = dict(body)
    for name, value in raw.items():
        below = result.get(name)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[name] = merged(below, value) if both else value  # type: ignore[arg-type]
    return result


def to_bytes(body: Mapping[str, Any]) -> bytes:
    """`body` as compact UTF-8 JSON."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _integer(digits: str) -> int | float:
    """An integer, or the nearest float, be it infinite, to one that int() does not read."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


# Tolerant of bare control characters in strings; made once, because json.loads would make one for every event. The
# second one reads every integer, but slower.
_JSON = json.JSONDecoder(strict=False)


_JSON_OF_ANY_SIZE = json.JSONDecoder(strict=False, parse_int=_integer)
