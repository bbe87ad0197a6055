"""Parameters of a reply in Gemini's form.

Source: the Gemini API reference (GenerationConfig, ThinkingConfig, Tool, Schema).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.wires.declarations import WebSearch, translate_noop
from providers.wires.json_values import mapping, sequence
from providers.wires.parameters import COMMON, PICTURES, Number, Parameter, Switch, pictures
from providers.wires.refusals.fields import LEVELS, Field

PARAMETERS: dict[str, Parameter] = {
    "top_k": Number("Top-k", 1, 1000, is_whole=True),
    **COMMON,
    "top_p": Number("Top-p", 0, 1, usual=0.95),
    "code_execution": Switch(translate_noop("May run code at the vendor's")),
    **{name: PICTURES[name] for name in ("picture_ratio", "picture_size")},
}
# Source: the Gemini API reference (ImageConfig) and its page on image generation.
_IMAGE_CONFIG = {"picture_ratio": "aspectRatio", "picture_size": "imageSize"}
_RATIOS = "1:1 2:3 3:2 3:4 4:3 4:5 5:4 9:16 16:9 21:9"
_DRAWN = re.compile(r"image(?!n)|banana", re.IGNORECASE)
_IN_SIZES = re.compile(r"gemini-([3-9]|\d\d)|banana-(pro|[2-9])|pro-image", re.IGNORECASE)
_CONFIG = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "candidate_count": "candidateCount",
    "max_tokens": "maxOutputTokens",
    "stop": "stopSequences",
    "seed": "seed",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "response_logprobs": "responseLogprobs",
    "logprobs": "logprobs",
    "response_modalities": "responseModalities",
    "response_mime_type": "responseMimeType",
}
_BESIDE = {"safety_settings": "safetySettings", "tool_config": "toolConfig", "cached_content": "cachedContent"}
_NO_CALLS = {"functionCallingConfig": {"mode": "NONE"}}
_SEARCH = r"\bsearch (?:as (?:a )?tool|tool|grounding)\b|\bgoogle search\b|\bmultiple tools\b"
_BUDGETS = frozenset(["0", "-1"])
_PENALTIES: Any = {"also": "penalty is not enabled", "alias": "no:penalties"}
WEB_SEARCHES = (
    WebSearch("googleSearch", "googleSearch", {"tools": ({"googleSearch": {}},)}, re.compile("")),
    WebSearch("googleSearchRetrieval", "googleSearchRetrieval", {"tools": ({"googleSearchRetrieval": {}},)}),
)
# Without these the question stays the same; a refusal of any other field is shown to the person. Of two that exclude
# each other the earlier stays.
FIELDS = (
    Field(("generationConfig", "temperature"), "temperature"),
    Field(("generationConfig", "topP"), "top_p"),
    Field(("generationConfig", "topK"), "top_k", is_whole=True),
    Field(
        ("generationConfig", "maxOutputTokens"),
        "max_tokens",
        also=r"max(?:imum)?[ _](?:output[ _])?tokens",
        is_kept=True,
        is_whole=True,
    ),
    Field(
        ("generationConfig", "thinkingConfig", "thinkingBudget"),
        "thinking",
        also=r"\bbudget \d+ is invalid",
        is_whole=True,
        constants=_BUDGETS,
    ),
    Field(("generationConfig", "thinkingConfig", "thinkingLevel"), "thinking", constants=frozenset(LEVELS)),
    Field(("generationConfig", "thinkingConfig"), "thinking", also=r"\bthinking(?: mode)? is not"),
    Field(("generationConfig", "presencePenalty"), "presence_penalty", **_PENALTIES),
    Field(("generationConfig", "frequencyPenalty"), "frequency_penalty", **_PENALTIES),
    Field(("generationConfig", "stopSequences"), "stop", also=r"\bstop (?:sequences?|words?)\b"),
    Field(("generationConfig", "seed"), "seed", is_common_word=True, is_whole=True),
    Field(("generationConfig", "responseLogprobs")),
    Field(("generationConfig", "logprobs"), is_whole=True),
    Field(("generationConfig", "imageConfig", "aspectRatio"), "picture_ratio"),
    Field(("generationConfig", "imageConfig", "imageSize"), "picture_size"),
    Field(("generationConfig", "imageConfig"), "picture_ratio"),
    Field(("toolConfig",)),
    Field(("tools", "googleSearch"), "web_search", also=_SEARCH),
    Field(("tools", "googleSearchRetrieval"), "web_search", also=_SEARCH),
    Field(("tools", "codeExecution"), "code_execution", also=r"\bcode[ _]execution\b|\bmultiple tools\b"),
)
# The keys of `responseSchema`, which every version and gateway accepts; the rest of JSON Schema needs a newer field.
_SCHEMA = frozenset({
    "type", "format", "title", "description", "nullable", "enum", "items", "minItems", "maxItems", "properties",
    "required", "propertyOrdering", "minProperties", "maxProperties", "minimum", "maximum", "minLength", "maxLength",
    "pattern", "example", "default", "anyOf",
})  # fmt: skip


def options(known: Mapping[str, Any], search: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request for the parameters in `known` and a web search; unset ones are left out."""
    beside = {theirs: known[ours] for ours, theirs in _BESIDE.items() if known.get(ours)}
    config, tools = _config(known), _tools(known, search)
    if tools and known.get("tool_choice") == "none":
        beside["toolConfig"] = _NO_CALLS
    return {**({"generationConfig": config} if config else {}), **({"tools": tools} if tools else {}), **beside}


def drawn(model: str) -> Mapping[str, Parameter] | None:
    """Return what models of this name usually take for pictures, or None if the name tells of none."""
    if not _DRAWN.search(model):
        return None
    return pictures(ratio=_RATIOS, size="1K 2K 4K" if _IN_SIZES.search(model) else "")


def _config(known: Mapping[str, Any]) -> dict[str, Any]:
    config = {theirs: known[ours] for ours, theirs in _CONFIG.items() if known.get(ours) is not None}
    if known.get("media_resolution"):
        config["mediaResolution"] = f"MEDIA_RESOLUTION_{known['media_resolution'].upper()}"
    chosen = {theirs: known[ours] for ours, theirs in _IMAGE_CONFIG.items() if known.get(ours) is not None}
    config |= {"imageConfig": chosen} if chosen else {}
    return config | _schema(mapping(known.get("json_schema"))) | _thinking(known.get("thinking"))


def _schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    if not schema:
        return {}
    field = "responseSchema" if _is_simple(schema) else "responseJsonSchema"
    return {"responseMimeType": "application/json", field: schema}


def _is_simple(schema: object) -> bool:
    if not isinstance(schema, Mapping):
        return False
    below = [*mapping(schema.get("properties")).values(), *sequence(schema.get("anyOf"))]
    below += [schema["items"]] if "items" in schema else []
    return schema.keys() <= _SCHEMA and not isinstance(schema.get("type"), list) and all(map(_is_simple, below))


def _thinking(thinking: object) -> dict[str, Any]:
    """Return the field about thinking. It asks for thoughts too: else they are billed but not sent."""
    chosen = mapping(thinking)
    if thinking == "off":
        return {"thinkingConfig": {"thinkingBudget": 0}}
    if thinking == "auto":
        return {"thinkingConfig": {"thinkingBudget": -1, "includeThoughts": True}}
    if "level" in chosen:
        return {"thinkingConfig": {"thinkingLevel": chosen["level"], "includeThoughts": True}}
    if "budget" in chosen:
        return {"thinkingConfig": {"thinkingBudget": chosen["budget"], "includeThoughts": chosen["budget"] != 0}}
    return {}


def _tools(known: Mapping[str, Any], search: Mapping[str, Any]) -> list[dict[str, Any]]:
    tools: list[dict[str, Any]] = [*search.get("tools", ())]
    if known.get("code_execution"):
        tools.append({"codeExecution": {}})
    if known.get("functions"):
        tools.append({"functionDeclarations": known["functions"]})
    return tools
