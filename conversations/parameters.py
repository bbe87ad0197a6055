"""The parameters of a reply that people may set: what exists, and between which bounds."""

from collections.abc import Callable
from typing import Any

from conversations.errors import Refused
from conversations.text import clean


def checked(given: Any) -> dict[str, Any]:
    """The given parameters, all known and within their bounds; null means: not set. Refuses with bad_field."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise Refused("bad_field", "“parameters” must be an object.")
    unknown = sorted(set(given) - set(_KNOWN))
    if unknown:
        raise Refused("bad_field", f"“parameters” may hold {', '.join(_KNOWN)}; not {str(unknown[0])[:40]!r}.")
    return {name: _KNOWN[name](name, value) for name, value in given.items() if value is not None}


def _number(low: float, high: float) -> Callable[[str, Any], float]:
    def check(name: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise Refused("bad_field", f"“{name}” must be a number from {low:g} to {high:g}.")
        return value

    return check


def _whole(low: int, high: int) -> Callable[[str, Any], int]:
    def check(name: str, value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise Refused("bad_field", f"“{name}” must be a whole number from {low} to {high}.")
        return value

    return check


def _texts(most: int, length: int) -> Callable[[str, Any], list[str]]:
    def check(name: str, value: Any) -> list[str]:
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            raise Refused("bad_field", f"“{name}” must be a list of 1 to {most} texts.")
        texts = [clean(item, name) for item in value]
        if not all(0 < len(text) <= length for text in texts):
            raise Refused("bad_field", f"Each text of “{name}” must have 1 to {length} characters.")
        return texts

    return check


_KNOWN: dict[str, Callable[[str, Any], Any]] = {
    "temperature": _number(0, 2),
    "top_p": _number(0, 1),
    "max_tokens": _whole(1, 1_000_000),
    "stop": _texts(5, 100),
    "seed": _whole(-(2**31), 2**31 - 1),
}
