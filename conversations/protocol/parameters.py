"""The parameters of a reply that people may set, and their bounds, as the wires declare them."""

import json
from collections.abc import Iterable
from functools import reduce
from typing import Any

from conversations.errors import Refused
from conversations.text import clean
from providers.wires import registry
from providers.wires.parameters import LEVELS, PICTURES, Choice, Number, Parameter, Schema, Switch, Texts, Thinking


def known_parameters() -> dict[str, Parameter]:
    """Return every parameter that some wire takes, within the widest bounds of any."""
    found: dict[str, Parameter] = {}
    for wire in registry.WIRES.values():
        for name, declared in wire.PARAMETERS.items():
            found[name] = found[name].widened(declared) if name in found else declared
    return found


def panel_parameters() -> dict[str, Parameter]:
    """Return the parameters that are set for a conversation: those of pictures stand beside the message box."""
    return {name: declared for name, declared in known_parameters().items() if name not in PICTURES}


def supported_by(wires: Iterable[str]) -> dict[str, Parameter]:
    """Return the parameters that every one of these wires takes, within the bounds of all.

    Wires that only a later version knows do not count: their endpoints answer nothing.
    """
    declared = [registry.WIRES[name].PARAMETERS for name in sorted(wires) if name in registry.WIRES]
    declared = declared or [known_parameters()]
    names = (name for name in declared[0] if all(name in one for one in declared))
    return {name: reduce(lambda first, other: first.narrowed(other), (one[name] for one in declared)) for name in names}


def validate(given: Any) -> dict[str, Any]:
    """Return the given parameters without nulls, which mean "not set"; refuses unknown ones with bad_field."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise Refused("bad_field", "“parameters” must be an object.")
    may_hold = known_parameters()
    unknown = sorted(set(given) - set(may_hold))
    if unknown:
        raise Refused("bad_field", f"“parameters” may hold {', '.join(may_hold)}; not {str(unknown[0])[:40]!r}.")
    return {name: _check(may_hold[name], name, value) for name, value in given.items() if value is not None}


def _check(declared: Parameter, name: str, value: Any) -> Any:
    try:
        return _value(declared, name, value)
    except Refused as refused:
        raise Refused(refused.code, refused.text, field=name) from None


def _value(declared: Parameter, name: str, value: Any) -> Any:
    match declared:
        case Number(is_whole=True):
            return _whole(name, value, declared.low, declared.high)
        case Number():
            return _number(name, value, declared.low, declared.high)
        case Texts():
            return _texts(name, value, declared.most, declared.length)
        case Switch():
            return _switch(name, value)
        case Thinking():
            return _thinking(name, value, declared.most)
        case Schema():
            return _schema(name, value, declared.length)
        case Choice():
            return _choice(declared, name, value)
    raise AssertionError(f"nothing checks {declared}")


def _number(name: str, value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise Refused("bad_field", f"“{name}” must be a number from {low:g} to {high:g}.")
    return value


def _whole(name: str, value: Any, low: float, high: float) -> int:
    if type(value) is not int or not low <= value <= high:
        raise Refused("bad_field", f"“{name}” must be a whole number from {low} to {high}.")
    return value


def _texts(name: str, value: Any, most: int, length: int) -> list[str]:
    if not isinstance(value, list) or not 1 <= len(value) <= most:
        raise Refused("bad_field", f"“{name}” must be a list of 1 to {most} texts.")
    texts = [clean(item, name) for item in value]
    if not all(0 < len(text) <= length for text in texts):
        raise Refused("bad_field", f"Each text of “{name}” must have 1 to {length} characters.")
    return texts


def _switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Refused("bad_field", f"“{name}” must be true or false.")
    return value


def _choice(declared: Choice, name: str, value: Any) -> str:
    if not declared.takes(value):
        raise Refused("bad_field", f"“{name}” must be a word of at most 20 letters, digits and signs, as 16:9 or 2K.")
    return str(value)


def _thinking(name: str, value: Any, most: int) -> Any:
    """Return off, automatic, a budget of tokens, or a level."""
    if value in ("off", "auto"):
        return value
    if isinstance(value, dict) and len(value) == 1:
        if "budget" in value:
            return {"budget": _whole("budget", value["budget"], 1, most)}
        if value.get("level") in LEVELS:
            return value
    levels = ", ".join(LEVELS)
    raise Refused("bad_field", f"“{name}” must be off, auto, a budget of tokens, or a level ({levels}).")


def _schema(name: str, value: Any, length: int) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused("bad_field", f"“{name}” must be a JSON schema, which is an object.")
    written = clean(json.dumps(value, ensure_ascii=False), name)
    if len(written) > length or "\\u0000" in written:
        raise Refused("bad_field", f"“{name}” may have {length:,} characters, and no NUL among them.")
    cleaned: dict[str, Any] = json.loads(written)
    return cleaned
