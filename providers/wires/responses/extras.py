"""An administrator's extra parameters for the OpenAI-compatible wire, in the form of this one.

They were written for a deployment before its model was found to be here alone. Source: OpenAI's guide on the move from
chat completions to responses. What this wire does not have is left out: a model would refuse each question for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.wires.json_values import mapping, merged, sequence

Raw = Mapping[str, Any]

_RENAMED = {
    "max_tokens": ("max_output_tokens",),
    "max_completion_tokens": ("max_output_tokens",),
    "reasoning_effort": ("reasoning", "effort"),
    "verbosity": ("text", "verbosity"),
}
_ABSENT = frozenset({
    "messages", "stop", "n", "seed", "frequency_penalty", "presence_penalty", "logit_bias", "logprobs", "modalities",
    "stream_options", "audio", "prediction", "functions", "function_call", "web_search_options",
})  # fmt: skip


def moved(raw: Raw) -> dict[str, Any]:
    """Return these extras in the form of this wire; an unknown one stays as it is."""
    made: dict[str, Any] = {}
    for name, value in raw.items():
        if name in _RENAMED:
            made = merged(made, _nested(_RENAMED[name], value))
        elif name == "response_format":
            made = merged(made, {"text": {"format": _flat(value, "json_schema")}})
        elif name == "tools":
            made["tools"] = [_flat(tool, "function") for tool in sequence(value)]
        elif name == "tool_choice":
            made["tool_choice"] = _flat(value, "function")
        elif name not in _ABSENT:
            made = merged(made, {name: value})
    return made


def _nested(names: tuple[str, ...], value: object) -> dict[str, Any]:
    for name in reversed(names):
        value = {name: value}
    return mapping(value)  # type: ignore[return-value]


def _flat(value: object, within: str) -> object:
    """Return an object with the fields that chat completions keep one level below, under the name of its type."""
    fields = mapping(value)
    if within not in fields:
        return value
    return {**{name: one for name, one in fields.items() if name != within}, **mapping(fields[within])}
