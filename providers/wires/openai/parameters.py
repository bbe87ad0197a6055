"""Parameters of a reply in the form of OpenAI-compatible servers, and the lessons of their refusals.

Source: the OpenAI API reference (create chat completion with up to four stop words, error codes `unsupported_parameter`
and `unsupported_value`). Newer models refuse `max_tokens`, others refuse its new spelling, and some refuse a
temperature or `stream_options`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.errors import BadRequest, VendorError
from providers.wires.json_values import mapping
from providers.wires.parameters import COMMON, Parameter, Texts, are_penalties_refused

PARAMETERS: dict[str, Parameter] = {**COMMON, "stop": Texts(COMMON["stop"].label, 4, 100)}
NEW_LIMIT = "max_completion_tokens"
_PLAIN = {name: name for name in ("temperature", "top_p", "stop", "seed", "presence_penalty", "frequency_penalty")} | {
    "response_logprobs": "logprobs",
    "logprobs": "top_logprobs",
    "tool_choice": "tool_choice",
}
# Without these the question stays the same; a refusal of any other parameter is shown to the person.
_DROPPABLE = frozenset({
    "temperature", "top_p", "stop", "seed", "presence_penalty", "frequency_penalty", "logprobs",
    "top_logprobs", "reasoning_effort", "reasoning_details", "stream_options",
})  # fmt: skip
_NAMES = re.compile(rf"\b({'|'.join(sorted([*_DROPPABLE, 'max_tokens', NEW_LIMIT]))})\b")


def options(known: Mapping[str, Any], refused: frozenset[str]) -> dict[str, Any]:
    """Return the fields of a request for the parameters in `known`, without those in `refused`."""
    fields = {theirs: known[ours] for ours, theirs in _PLAIN.items() if known.get(ours) is not None}
    if known.get("max_tokens") is not None:
        fields[NEW_LIMIT if NEW_LIMIT in refused else "max_tokens"] = known["max_tokens"]
    fields |= _effort(known.get("thinking")) | _format(known) | _tools(known)
    return {name: value for name, value in fields.items() if not refused & {f"no:{name}", f"no:{name}={value}"}}


def quirks_learnt(error: VendorError, known: frozenset[str]) -> frozenset[str]:
    """Return `known` with the lesson of `error`: a new spelling, or a parameter to leave out.

    Spellings are `max_completion_tokens` and `developer`. `no:temperature` leaves a parameter out;
    `no:reasoning_effort=minimal` only this value. A refusal that names nothing may concern `stream_options`, the one
    field that nobody asked for.
    """
    if not isinstance(error, BadRequest):
        return known
    if are_penalties_refused(error.quote):
        return known | {"no:presence_penalty", "no:frequency_penalty"}
    if not error.parameter and not _refused(error):
        return known | {"no:stream_options"}
    if not error.unsupported:
        return known
    if re.fullmatch(r"messages\[\d+\]\.role", error.parameter):
        return known | {"developer"}
    name = _refused(error)
    if name == "max_tokens":
        return known | {NEW_LIMIT}
    if name == NEW_LIMIT:
        return known - {NEW_LIMIT}
    return known | {_mark(name, error.quote)} if name in _DROPPABLE else known


def _refused(error: VendorError) -> str:
    """Return the refused parameter: gateways lose the field that names it, but not the sentence."""
    steps = re.split(r"[.\[\]]+", error.parameter)
    named = next((step for step in (steps[0], steps[-1]) if _NAMES.fullmatch(step)), "")
    found = None if error.parameter else _NAMES.search(error.quote)
    return named or (found[0] if found else "")


def _mark(name: str, quote: str) -> str:
    value = re.search(r"does not support '(\w+)'", quote) if name == "reasoning_effort" else None
    return f"no:{name}={value[1]}" if value else f"no:{name}"


def _effort(thinking: object) -> dict[str, Any]:
    if thinking == "off":
        return {"reasoning_effort": "none"}
    level = mapping(thinking).get("level")
    return {"reasoning_effort": level} if level else {}


def _format(known: Mapping[str, Any]) -> dict[str, Any]:
    modalities = known.get("response_modalities")
    spoken = {"modalities": [str(one).lower() for one in modalities]} if modalities else {}
    schema = mapping(known.get("json_schema"))
    if schema:
        named = {"name": "reply", "schema": schema}
        return {**spoken, "response_format": {"type": "json_schema", "json_schema": named}}
    if known.get("response_mime_type") == "application/json":
        return {**spoken, "response_format": {"type": "json_object"}}
    return spoken


def _tools(known: Mapping[str, Any]) -> dict[str, Any]:
    functions = [{"type": "function", "function": function} for function in known.get("functions") or ()]
    tools = [*functions, *(known.get("tools") or ())]
    return {"tools": tools} if tools else {}
