"""A vendor that says why it ended a reply early is quoted: its sentence, else its word, else nothing."""

from typing import Any

import pytest

from providers.errors import VendorError
from providers.reading.reader import Reading
from providers.text import KeyMask
from providers.types import Finish
from providers.wires import registry
from tests.vendor_replies import event, gemini_event, openai_event

SECRET = "sk-test-canary-0123456789"
HARM = {"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH", "blocked": True}
SAFE = {"category": "HARM_CATEGORY_HATE_SPEECH", "probability": "NEGLIGIBLE"}

GEMINI: dict[str, tuple[dict[str, Any], str]] = {
    # Gemini API reference, FinishReason and Candidate.finishMessage
    "a sentence": (
        {"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "Malformed function call: f("},
        "Malformed function call: f(",
    ),
    "a word": ({"finishReason": "NO_IMAGE"}, "NO_IMAGE"),
    "a sentence about other": ({"finishReason": "OTHER", "finishMessage": "Try other words."}, "Try other words."),
    "no reason": ({"finishReason": "OTHER"}, ""),
    "a good end": ({"finishReason": "STOP", "finishMessage": "Model generated a complete reply."}, ""),
    "a key": ({"finishReason": "OTHER", "finishMessage": f"With {SECRET}"}, "With ••••6789"),
    # Gemini API reference, SafetyRating.blocked
    "a category": ({"finishReason": "SAFETY", "safetyRatings": [SAFE, HARM]}, "HARM_CATEGORY_HARASSMENT"),
    "no category": ({"finishReason": "SAFETY", "safetyRatings": [SAFE]}, ""),
}
FILTERED = {"hate": {"filtered": True, "severity": "high"}, "violence": {"filtered": False, "severity": "safe"}}
OPENAI: dict[str, tuple[dict[str, Any], str]] = {
    # Azure OpenAI, content filtering: annotations of a choice
    "a category": ({"finish_reason": "content_filter", "content_filter_results": FILTERED}, "hate"),
    "no category": ({"finish_reason": "content_filter", "content_filter_results": None}, ""),
    "no categories of a list": ({"finish_reason": "content_filter", "content_filter_results": [1]}, ""),
    # OpenRouter, API reference: native_finish_reason
    "a router's": ({"finish_reason": "unknown", "native_finish_reason": "OVERLONG"}, "OVERLONG"),
    "a router's good end": ({"finish_reason": "stop", "native_finish_reason": "STOP"}, ""),
    "a new word": ({"finish_reason": "repetition"}, "repetition"),
}


def ended(choice: dict[str, Any]) -> bytes:
    """Return the last chunk, with these fields of the choice, and the end marker."""
    return event({"choices": [{"index": 0, "delta": {}, **choice}]}) + b"data: [DONE]\n\n"


def finish(wire: str, *events: bytes) -> Finish:
    reading = Reading(registry.wire(wire), KeyMask(SECRET))
    list(reading.feed(b"".join(events)))
    list(reading.end())
    assert reading.finish is not None
    return reading.finish


@pytest.mark.parametrize("name", GEMINI)
def test_gemini_is_quoted(name: str) -> None:
    end, quote = GEMINI[name]
    assert finish("gemini", gemini_event("x"), gemini_event("", **end)).quote == quote


@pytest.mark.parametrize("name", OPENAI)
def test_openai_is_quoted(name: str) -> None:
    end, quote = OPENAI[name]
    assert finish("openai", openai_event("x"), ended(end)).quote == quote


def test_the_category_of_a_filtered_prompt_is_quoted() -> None:
    """A reply that was not streamed has it beside its choice. Source: Azure OpenAI, content filtering."""
    prompts = [{"prompt_index": 0, "content_filter_results": FILTERED}]
    choice = {"index": 0, "message": {"content": ""}, "finish_reason": "content_filter"}
    assert finish("openai", event({"prompt_filter_results": prompts, "choices": [choice]})).quote == "hate"


def test_a_router_that_breaks_off_names_its_vendors_reason() -> None:
    reading = Reading(registry.wire("openai"), KeyMask(""))
    broken = {"finish_reason": "error", "native_finish_reason": "OOM"}
    with pytest.raises(VendorError) as failure:
        list(reading.feed(openai_event("x") + ended(broken)))
    assert (failure.value.code, failure.value.quoted) == ("vendor_down", "OOM")
