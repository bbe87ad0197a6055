"""The parameters of a reply that people may set, and their bounds."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from conversations.errors import Refused
from conversations.text import clean


def validate(given: Any) -> dict[str, Any]:
    """Return the given parameters without nulls, which mean "not set"; refuses unknown ones with bad_field."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise Refused("bad_field", "“parameters” must be an object.")
    unknown = sorted(set(given) - set(_KNOWN))
    if unknown:
        raise Refused("bad_field", f"“parameters” may hold {', '.join(_KNOWN)}; not {str(unknown[0])[:40]!r}.")
    return {name: _checked(name, value) for name, value in given.items() if value is not None}


def _checked(name: str, value: Any) -> Any:
    try:
        return _KNOWN[name](name, value)
    except Refused as refused:
        raise Refused(refused.code, refused.text, field=name) from None


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


def _switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Refused("bad_field", f"“{name}” must be true or false.")
    return value


def _thinking(name: str, value: Any) -> Any:
    """Return the setting: off, automatic, a budget of tokens, or a level; refuses anything else."""
    if value in ("off", "auto"):
        return value
    if isinstance(value, dict) and len(value) == 1:
        if "budget" in value:
            return {"budget": _whole(1, 1_000_000)("budget", value["budget"])}
        if value.get("level") in LEVELS:
            return value
    levels = ", ".join(LEVELS)
    raise Refused("bad_field", f"“{name}” must be off, auto, a budget of tokens, or a level ({levels}).")


def _schema(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused("bad_field", f"“{name}” must be a JSON schema, which is an object.")
    written = clean(json.dumps(value, ensure_ascii=False), name)
    if len(written) > SCHEMA_LENGTH or "\\u0000" in written:
        raise Refused("bad_field", f"“{name}” may have {SCHEMA_LENGTH:,} characters, and no NUL among them.")
    cleaned: dict[str, Any] = json.loads(written)
    return cleaned


LEVELS = ("minimal", "low", "medium", "high")
SCHEMA_LENGTH = 20_000
"""Characters of JSON."""

_KNOWN: dict[str, Callable[[str, Any], Any]] = {
    "temperature": _number(0, 2),
    "top_p": _number(0, 1),
    "top_k": _whole(1, 1000),
    "max_tokens": _whole(1, 1_000_000),
    "stop": _texts(5, 100),
    "seed": _whole(-(2**31), 2**31 - 1),
    "presence_penalty": _number(-2, 2),
    "frequency_penalty": _number(-2, 2),
    "thinking": _thinking,
    "web_search": _switch,
    "code_execution": _switch,
    "json_schema": _schema,
}
_OPENAI_LACKS = {"top_k", "web_search", "code_execution"}


def supported_by(wires: Iterable[str]) -> list[str]:
    """Return the parameters that each of these wires can carry."""
    lacking = _OPENAI_LACKS if "openai" in wires else set()
    return [name for name in _KNOWN if name not in lacking]
