"""Parameters of a reply in the form of OpenAI-compatible servers, and the fields that they may refuse.

Source: the OpenAI API reference (create chat completion with up to four stop words, error codes `unsupported_parameter`
and `unsupported_value`). Newer models refuse `max_tokens`, others refuse its new spelling, and some refuse a
temperature or `stream_options`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.wires.json_values import mapping
from providers.wires.openai.web_search import FIELDS as SEARCH_FIELDS
from providers.wires.parameters import COMMON, PICTURES, Parameter, Texts, effort_of, pictures
from providers.wires.refusals.fields import LEVELS, Field

PARAMETERS: dict[str, Parameter] = {
    **COMMON,
    "stop": Texts(COMMON["stop"].label, 4, 100),
    **{name: PICTURES[name] for name in ("picture_ratio", "picture_size")},
}
# Source: OpenRouter's page on image generation, for models that make pictures in a chat.
_IMAGE_CONFIG = {"picture_ratio": "aspect_ratio", "picture_size": "image_size"}
_DRAWN = re.compile(r"(gemini|banana)\S*image|banana|gpt-\S*image-chat|gpt-4o-image", re.IGNORECASE)
_USUAL = pictures(ratio="1:1 2:3 3:2 3:4 4:3 4:5 5:4 9:16 16:9 21:9")
_PLAIN = {name: name for name in ("temperature", "top_p", "stop", "seed", "presence_penalty", "frequency_penalty")} | {
    "response_logprobs": "logprobs",
    "logprobs": "top_logprobs",
    "tool_choice": "tool_choice",
}
# Without these the question stays the same; a refusal of any other field is shown to the person. Of two that exclude
# each other the earlier stays.
FIELDS = (
    Field(("temperature",), "temperature"),
    Field(("top_p",), "top_p"),
    Field(
        ("max_tokens",),
        "max_tokens",
        also=r"max(?:imum)?[ _](?:output|new|completion)?[ _]?tokens",
        other_name="max_completion_tokens",
        is_kept=True,
        is_whole=True,
    ),
    # Claude behind a gateway: a history of another model has no thought to begin with, or its budget is the larger one.
    Field(
        ("reasoning_effort",),
        "thinking",
        also=r"expected `?thinking`? or `?redacted_thinking|thinking\.budget_tokens",
        constants=frozenset(LEVELS),
    ),
    Field(("presence_penalty",), "presence_penalty", also="penalty is not enabled"),
    Field(("frequency_penalty",), "frequency_penalty", also="penalty is not enabled"),
    Field(("stop",), "stop", is_common_word=True),
    Field(("seed",), "seed", is_common_word=True, is_whole=True),
    Field(("logprobs",)),
    Field(("top_logprobs",), is_whole=True),
    Field(("stream_options",)),
    Field(("messages", "reasoning_details")),
    Field(("tool_choice",)),
    *SEARCH_FIELDS,
    Field(("image_config", "aspect_ratio"), "picture_ratio"),
    Field(("image_config", "image_size"), "picture_size"),
    Field(("image_config",), "picture_ratio"),
    Field(("modalities",)),
)


def options(known: Mapping[str, Any], search: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request for the parameters in `known` and a web search."""
    fields = {theirs: known[ours] for ours, theirs in _PLAIN.items() if known.get(ours) is not None}
    if known.get("max_tokens") is not None:
        fields["max_tokens"] = known["max_tokens"]
    return {
        **fields,
        **_effort(known.get("thinking")),
        **_format(known),
        **search,
        **_tools(known, search),
        **_image_config(known),
    }


def drawn(model: str) -> Mapping[str, Parameter] | None:
    """Return what models of this name usually take for pictures in a chat; None if it tells of none."""
    return _USUAL if _DRAWN.search(model) else None


def _image_config(known: Mapping[str, Any]) -> dict[str, Any]:
    chosen = {theirs: known[ours] for ours, theirs in _IMAGE_CONFIG.items() if known.get(ours) is not None}
    return {"image_config": chosen} if chosen else {}


def _effort(thinking: object) -> dict[str, Any]:
    level = effort_of(thinking)
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


def _tools(known: Mapping[str, Any], search: Mapping[str, Any]) -> dict[str, Any]:
    functions = [{"type": "function", "function": function} for function in known.get("functions") or ()]
    tools = [*search.get("tools", ()), *functions, *(known.get("tools") or ())]
    return {"tools": tools} if tools else {}
