"""Amounts of money in untrusted JSON: numbers stay the texts that they are until one is asked for."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Never

from providers.wires.json_values import has_too_many_values

MAX_DEPTH = 20
_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,30})?([eE][+-]?\d{1,2})?", re.ASCII)
_LARGEST = Decimal(10) ** 15


def decoded(text: str) -> Any:
    """Return the value of a vendor's JSON, with its numbers as texts. Raises ValueError or RecursionError."""
    _check_size(text)
    return _JSON.decode(text)


def strictly_decoded(text: str) -> Any:
    """Return the value of an uploaded file's JSON, with its numbers as texts.

    Raises ValueError for a name that is there twice, NaN, deep nesting and too many values.
    """
    _check_size(text)
    try:
        value = _STRICT_JSON.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if _is_deep(value):
        raise ValueError("nested too deeply")
    return value


def amount(value: object) -> Decimal | None:
    """Return a plausible amount, also of a number that a vendor sends as a text; else None."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value.strip()):
        return None
    number = Decimal(value.strip())
    return number if abs(number) <= _LARGEST else None


def price(value: object) -> Decimal | None:
    """Return an amount that is not negative, else None: OpenRouter says -1 where a price depends on the question."""
    number = amount(value)
    return abs(number) if number is not None and number >= 0 else None  # -0 is none below nought


def _check_size(text: str) -> None:
    if has_too_many_values(text):
        raise ValueError("too many values")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(made := dict(pairs)) != len(pairs):
        raise ValueError("duplicate keys")
    return made


def _no_constant(name: str) -> Never:
    raise ValueError(name)


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        nested = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list))
        level = [child for children in nested for child in children]
        if not level:
            return False
    return True


_JSON = json.JSONDecoder(strict=False, parse_float=str, parse_int=str)
_STRICT_JSON = json.JSONDecoder(
    object_pairs_hook=_without_duplicates, parse_constant=_no_constant, parse_float=str, parse_int=str
)
