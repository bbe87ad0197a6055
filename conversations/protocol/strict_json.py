"""Strict JSON: no duplicate names, no NaN, bounded depth."""

import json
from typing import Any

from conversations.errors import Refused

MAX_DEPTH = 20


def json_object(frame: str) -> dict[str, Any]:
    """Return the object in a frame; refuses NaN, duplicate keys and deep nesting with bad_frame."""
    if not frame.lstrip()[:1] == "{":  # anything else is not worth decoding
        raise Refused("bad_frame", "This frame is not a JSON object.")
    try:
        value = _decode(frame)
    except (ValueError, RecursionError):
        raise Refused("bad_frame", "This frame is not a JSON object.") from None
    if not isinstance(value, dict) or _is_deep(value):
        raise Refused("bad_frame", "This frame is not a JSON object.")
    return value


def _decode(frame: str) -> Any:
    return json.loads(frame, object_pairs_hook=_without_duplicates, parse_constant=_no_constant, parse_float=_finite)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(made := dict(pairs)) != len(pairs):
        raise ValueError("duplicate keys")
    return made


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _finite(digits: str) -> float:
    if (number := float(digits)) in (float("inf"), float("-inf")):
        raise ValueError(digits)
    return number


def _is_deep(value: Any) -> bool:
    """Return whether the value is nested too deeply, without recursion, which fails before the decoder does."""
    level = [value]
    for _ in range(MAX_DEPTH):
        nested = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list))
        level = [child for children in nested for child in children]
        if not level:
            return False
    return True
