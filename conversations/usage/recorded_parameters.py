"""The generation parameters of a call in the form in which the ledger keeps them: without what a person wrote."""

from collections.abc import Mapping
from typing import Any

from providers.wires import registry
from providers.wires.parameters import LEVELS, Parameter, Thinking

WITHHELD = "…"
"""Stands for a text of a person."""
_WORDS = frozenset({"off", "auto", "level", "budget", *LEVELS})
"""The words of the parameter that says how much to think."""


def recorded(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names of the parameters that a wire declares, with the values of those that hold no words."""
    declared = {name: kind for wire in registry.WIRES.values() for name, kind in wire.PARAMETERS.items()}
    return {name: _value(declared[name], value) for name, value in parameters.items() if name in declared}


def _value(declared: Parameter, value: Any) -> Any:
    if isinstance(value, bool | int | float) or (isinstance(declared, Thinking) and _is_wordless(value)):
        return value
    return [WITHHELD] * len(value) if isinstance(value, list) else WITHHELD


def _is_wordless(value: Any) -> bool:
    words = [*value, *value.values()] if isinstance(value, dict) else [value]
    return all(isinstance(word, int) or word in _WORDS for word in words)
