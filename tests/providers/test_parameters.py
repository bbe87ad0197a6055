"""The parameters that people may set reach each vendor in its own spelling."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.types import Address, Prompt
from providers.wires import registry
from tests.providers.reading import turns

Json = dict[str, Any]


def body(wire: str, parameters: Json, quirks: frozenset[str] = frozenset(), **fields: Any) -> Json:
    """Return the request body without its constant fields."""
    address = Address(wire, "https://vendor.example", quirks=quirks, **fields)  # type: ignore[arg-type]
    prompt = Prompt("m", turns("Hi"), fields.get("system", ""), parameters)
    made: Json = json.loads(registry.wire(wire).request(address, prompt).body)
    return {name: value for name, value in made.items() if name not in ("contents", "messages", "model", "stream")}


SIMPLE = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}, "required": ["a"]}
FULL = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
FUNCTION = {"name": "now", "description": "The time", "parameters": {"type": "object", "properties": {}}}
SAFETY = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "HARM_BLOCK_THRESHOLD_UNSPECIFIED"}]

GEMINI: list[tuple[Json, Json]] = [
    ({}, {}),
    ({"unknown": 1, "temperature": None}, {}),
    (
        {
            "temperature": 0,
            "top_p": 1,
            "top_k": 40,
            "candidate_count": 1,
            "max_tokens": 2048,
            "stop": ["END"],
            "seed": 0,
            "presence_penalty": -2,
            "frequency_penalty": -2,
            "response_logprobs": False,
            "logprobs": 0,
            "response_modalities": ["TEXT", "IMAGE"],
            "response_mime_type": "text/plain",
            "media_resolution": "low",
        },
        {
            "generationConfig": {
                "temperature": 0,
                "topP": 1,
                "topK": 40,
                "candidateCount": 1,
                "maxOutputTokens": 2048,
                "stopSequences": ["END"],
                "seed": 0,
                "presencePenalty": -2,
                "frequencyPenalty": -2,
                "responseLogprobs": False,
                "logprobs": 0,
                "responseModalities": ["TEXT", "IMAGE"],
                "responseMimeType": "text/plain",
                "mediaResolution": "MEDIA_RESOLUTION_LOW",
            }
        },
    ),
    (
        {"json_schema": SIMPLE},
        {"generationConfig": {"responseMimeType": "application/json", "responseSchema": SIMPLE}},
    ),
    (
        {"json_schema": FULL},
        {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": FULL}},
    ),
    ({"thinking": "off"}, {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}),
    (
        {"thinking": "auto"},
        {"generationConfig": {"thinkingConfig": {"thinkingBudget": -1, "includeThoughts": True}}},
    ),
    (
        {"thinking": {"budget": 512}},
        {"generationConfig": {"thinkingConfig": {"thinkingBudget": 512, "includeThoughts": True}}},
    ),
    (
        {"thinking": {"level": "low"}},
        {"generationConfig": {"thinkingConfig": {"thinkingLevel": "low", "includeThoughts": True}}},
    ),
    ({"web_search": True, "code_execution": True}, {"tools": [{"googleSearch": {}}, {"codeExecution": {}}]}),
    ({"web_search": False, "code_execution": False}, {}),
    (
        {"functions": [FUNCTION], "tool_config": {"functionCallingConfig": {"mode": "ANY"}}},
        {
            "tools": [{"functionDeclarations": [FUNCTION]}],
            "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
        },
    ),
    (
        {"safety_settings": SAFETY, "cached_content": "cachedContents/a"},
        {"safetySettings": SAFETY, "cachedContent": "cachedContents/a"},
    ),
    (
        {"temperature": 1, "raw": {"generationConfig": {"temperature": 2, "speechConfig": {}}, "labels": {}}},
        {"generationConfig": {"temperature": 2, "speechConfig": {}}, "labels": {}},
    ),
]
OPENAI: list[tuple[Json, Json]] = [
    ({}, {}),
    ({"unknown": 1, "temperature": None, "safety_settings": SAFETY, "code_execution": True, "web_search": True}, {}),
    (
        {"temperature": 0, "top_p": 1, "top_k": 40, "max_tokens": 9, "stop": ["END"], "seed": 0},
        {"temperature": 0, "top_p": 1, "max_tokens": 9, "stop": ["END"], "seed": 0},
    ),
    ({"presence_penalty": -2, "frequency_penalty": 1}, {"presence_penalty": -2, "frequency_penalty": 1}),
    ({"response_logprobs": True, "logprobs": 3}, {"logprobs": True, "top_logprobs": 3}),
    ({"response_modalities": ["TEXT", "IMAGE"]}, {"modalities": ["text", "image"]}),
    ({"response_mime_type": "application/json"}, {"response_format": {"type": "json_object"}}),
    (
        {"json_schema": FULL},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "reply", "schema": FULL}}},
    ),
    ({"thinking": "off"}, {"reasoning_effort": "none"}),
    ({"thinking": "auto"}, {}),
    ({"thinking": {"level": "high"}}, {"reasoning_effort": "high"}),
    ({"thinking": {"budget": 512}}, {"reasoning_effort": "low"}),
    (
        {"functions": [FUNCTION], "tools": [{"type": "web_search"}], "tool_choice": "auto"},
        {"tools": [{"type": "function", "function": FUNCTION}, {"type": "web_search"}], "tool_choice": "auto"},
    ),
    ({"temperature": 1, "raw": {"temperature": 2, "provider": {}}}, {"temperature": 2, "provider": {}}),
]


@pytest.mark.parametrize(("ours", "theirs"), GEMINI)
def test_gemini(ours: Json, theirs: Json) -> None:
    assert body("gemini", ours) == theirs


@pytest.mark.parametrize(("ours", "theirs"), OPENAI)
def test_openai(ours: Json, theirs: Json) -> None:
    assert body("openai", ours) == theirs


def test_what_was_learnt_is_left_out_or_spelt_anew() -> None:
    known = {"temperature": 1, "top_p": 1, "max_tokens": 9, "thinking": {"level": "minimal"}}
    quirks = frozenset({"max_completion_tokens", "no:temperature", "no:reasoning_effort=minimal", "no:stream_options"})
    assert body("openai", known, quirks, ask_usage=True) == {"top_p": 1, "max_completion_tokens": 9}
    other = {**known, "thinking": {"level": "low"}}
    assert body("openai", other, quirks)["reasoning_effort"] == "low"


def test_the_system_text_of_a_model_that_wants_a_developer() -> None:
    prompt = Prompt("m", turns("Hi"), "Be kind.")
    address = Address("openai", "https://vendor.example", quirks=frozenset({"developer"}))
    messages = json.loads(registry.wire("openai").request(address, prompt).body)["messages"]
    assert messages[0] == {"role": "developer", "content": "Be kind."}


@pytest.mark.parametrize("version", ["v1", "v1beta"])
@pytest.mark.parametrize("ending", ["", "/", "/{version}", "/{version}/models", "/{version}/models/m:generateContent"])
def test_the_version_stands_once_in_the_address(version: str, ending: str) -> None:
    base_url = f"https://vendor.example/api{ending.format(version=version)}"
    address = Address("gemini", base_url, api_version=version, ask_sse=False)  # type: ignore[arg-type]
    url = registry.wire("gemini").request(address, Prompt("m", turns("Hi"))).url
    assert url == f"https://vendor.example/api/{version}/models/m:streamGenerateContent"
