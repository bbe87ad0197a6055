"""Words for the end of a reply mean the same on every wire; a row names who sends it, and where that is said."""

from __future__ import annotations

import pytest

from providers.errors import VendorDown
from providers.types import Finish
from providers.wires.finishes import finish_of
from tests.providers.reading import outcome
from tests.vendor_replies import event, gemini_end, gemini_event, gemini_parts, openai_chunk, openai_end, openai_event

# ours, theirs, who says so
WORDS: list[tuple[str, str, str]] = [
    ("stop", "stop", "OpenAI API reference: chat completion choices"),
    ("stop", "STOP", "Gemini API reference: Candidate.FinishReason"),
    ("stop", "Stop", "found on the wires: words in another case"),
    ("stop", "stopped", "Azure AI Inference: CompletionsFinishReason.STOPPED"),
    ("stop", "eos", "Together AI API reference: finish_reason"),
    ("stop", "eos_token", "Text Generation Inference: FinishReason"),
    ("stop", "EOS_TOKEN", "IBM watsonx.ai API: stop_reason"),
    ("stop", "stop_sequence", "Text Generation Inference: FinishReason; Anthropic: stop_reason"),
    ("stop", "STOP_SEQUENCE", "Cohere API v2: ChatFinishReason"),
    ("stop", "COMPLETE", "Cohere API: ChatFinishReason; OCI SDK: CohereChatResponse.FinishReasonEnum"),
    ("stop", "completed", "OpenAI API reference: status of a response"),
    ("stop", "end_turn", "Anthropic: stop_reason; xAI chat completions"),
    ("stop", "FINISH", "Amazon Titan Text: completionReason"),
    ("stop", "FINISHED", "Amazon Titan Text on Bedrock: completionReason"),
    ("stop", "STOP_CRITERIA_MET", "Amazon Titan Text on Bedrock: completionReason"),
    ("stop", "endoftext", "AI21 Jurassic-2: finishReason.reason"),
    ("stop", "normal", "Baidu ERNIE (Wenxin): finish_reason"),
    ("stop", "word", "llama.cpp server: stop_type"),
    ("stop", "REASON_STOP", "xAI SDK: FinishReason"),
    ("length", "length", "OpenAI API reference: chat completion choices"),
    ("length", "MAX_TOKENS", "Gemini API reference: Candidate.FinishReason"),
    ("length", "max_tokens", "Anthropic: stop_reason"),
    ("length", "maxTokens", "found on the wires: words in another spelling"),
    ("length", "max-tokens", "Vercel AI SDK: words with hyphens"),
    ("length", "model_length", "Mistral API: ChatCompletionChoice finish_reason"),
    ("length", "max_output_tokens", "OpenAI API reference: incomplete_details.reason"),
    ("length", "model_context_window_exceeded", "Anthropic: stop_reason; Zhipu GLM: finish_reason"),
    ("length", "TOKEN_LIMIT", "IBM watsonx.ai API: stop_reason"),
    ("length", "TIME_LIMIT", "IBM watsonx.ai API: stop_reason"),
    ("length", "ERROR_LIMIT", "Cohere API v1: FinishReason; OCI SDK"),
    ("length", "limit", "llama.cpp server: stop_type"),
    ("length", "CONTINUATION", "Gemini SDK: FinishReason"),
    ("length", "REASON_MAX_LEN", "xAI SDK: FinishReason"),
    ("length", "REASON_MAX_CONTEXT", "xAI SDK: FinishReason"),
    ("blocked", "content_filter", "OpenAI API reference; Azure OpenAI"),
    ("blocked", "content-filter", "Vercel AI SDK: LanguageModelV1FinishReason"),
    ("blocked", "CONTENT_FILTERED", "Amazon Titan Text: completionReason; Bedrock Converse: stopReason"),
    ("blocked", "guardrail_intervened", "Bedrock Converse: stopReason"),
    ("blocked", "refusal", "Anthropic: stop_reason"),
    ("blocked", "sensitive", "Zhipu GLM: finish_reason; Tencent Hunyuan: FinishReason"),
    ("blocked", "ERROR_TOXIC", "Cohere API v1: FinishReason; OCI SDK"),
    *(
        ("blocked", word, "Gemini API reference: Candidate.FinishReason")
        for word in (
            "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR", "ESCALATION", "PUP_LIMITED_DISABLED",
        )
    ),
    ("blocked", "safety", "found on the wires: words in another case"),
    ("tool_call", "tool_calls", "OpenAI API reference: chat completion choices"),
    ("tool_call", "tool-calls", "Vercel AI SDK: LanguageModelV1FinishReason"),
    ("tool_call", "function_call", "OpenAI API reference: chat completion choices"),
    ("tool_call", "FUNCTION_CALL", "recorded from mocks of Gemini"),
    ("tool_call", "TOOL_CALL", "Cohere API v2: ChatFinishReason"),
    ("tool_call", "tool_use", "Anthropic and Bedrock Converse: stop reason"),
    ("tool_call", "REASON_TOOL_CALLS", "xAI SDK: FinishReason"),
    ("other", "pause_turn", "Anthropic: stop_reason"),
    ("other", "USER_CANCEL", "Cohere API v1: FinishReason; OCI SDK"),
    *(
        ("other", word, "Gemini API reference: Candidate.FinishReason")
        for word in (
            "OTHER", "MALFORMED_FUNCTION_CALL", "IMAGE_OTHER", "NO_IMAGE", "UNEXPECTED_TOOL_CALL",
            "TOO_MANY_TOOL_CALLS", "MISSING_THOUGHT_SIGNATURE", "MALFORMED_RESPONSE",
        )
    ),
    ("other", "something new", "no vendor yet"),
]  # fmt: skip
NUMBERS = [
    ("stop", 1, "STOP"), ("length", 2, "MAX_TOKENS"), ("blocked", 3, "SAFETY"), ("blocked", 4, "RECITATION"),
    ("other", 5, "OTHER"), ("blocked", 8, "PROHIBITED_CONTENT"), ("other", 10, "MALFORMED_FUNCTION_CALL"),
    ("other", 99, "99"),
]  # fmt: skip
"""The numbers of Candidate.FinishReason in the Gemini API."""
NONE = [
    None, "", "null", "NULL", "none", "FINISH_REASON_UNSPECIFIED", 0, "NOT_FINISHED", True, [], {},
]  # fmt: skip
"""`"null"` is DashScope's word while it speaks, NOT_FINISHED that of watsonx."""
BREAKS = [
    ("error", "OpenRouter: finish_reason; Mistral API"),
    ("ERROR", "Cohere API; IBM watsonx.ai"),
    ("network_error", "Zhipu GLM: finish_reason"),
    ("insufficient_system_resource", "DeepSeek API: finish_reason"),
    ("abort", "vLLM and SGLang: finish_reason of an aborted request"),
]
EACH_WIRE = pytest.mark.parametrize("wire", ["gemini", "openai"])


@pytest.mark.parametrize(("ours", "theirs", "who"), WORDS)
def test_a_word_means_the_same_on_every_wire(ours: str, theirs: str, who: str) -> None:
    assert finish_of(theirs) == Finish(ours, theirs), who  # type: ignore[arg-type]


@pytest.mark.parametrize(("ours", "number", "word"), NUMBERS)
def test_a_number_is_its_word(ours: str, number: int, word: str) -> None:
    assert finish_of(number) == Finish(ours, word)  # type: ignore[arg-type]


@pytest.mark.parametrize("word", NONE)
def test_some_words_say_that_there_is_no_end_yet(word: object) -> None:
    assert finish_of(word) is None


@pytest.mark.parametrize(("word", "who"), BREAKS)
def test_some_words_say_that_the_reply_broke(word: str, who: str) -> None:
    with pytest.raises(VendorDown):
        finish_of(word)


def spoken(wire: str, reason: object) -> bytes:
    """Return a reply of one word with this finish."""
    if wire == "gemini":
        return gemini_event("x") + gemini_end("WORD").replace(b'"WORD"', str(reason).encode())
    return openai_event("x") + openai_end("WORD").replace(b'"WORD"', str(reason).encode())


@EACH_WIRE
@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ('"Stop"', ["stop", "Stop"]),
        ('"eos_token"', ["stop", "eos_token"]),
        ('"max_tokens"', ["length", "max_tokens"]),
        ('"Safety"', ["blocked", "Safety"]),
        ("1", ["stop", "STOP"]),
        ('"tool_calls"', ["stop", "tool_calls"]),
    ],
)
def test_both_wires_read_the_table(wire: str, reason: str, finish: list[str]) -> None:
    assert outcome(wire, [spoken(wire, reason)])["finish"] == finish


@EACH_WIRE
def test_a_break_is_one_on_both_wires(wire: str) -> None:
    assert outcome(wire, [spoken(wire, '"network_error"')])["error"] == "vendor_down"


def test_a_call_that_is_reported_is_there() -> None:
    call = openai_chunk(tool_calls=[{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}])
    assert outcome("openai", [call + openai_end("tool_calls")])["finish"] == ["tool_call", "tool_calls"]
    body = gemini_parts({"functionCall": {"name": "f"}}) + gemini_end("FUNCTION_CALL")
    assert outcome("gemini", [body])["finish"] == ["tool_call", "FUNCTION_CALL"]


def test_no_word_before_the_end_marker_is_a_stop() -> None:
    silent = event({"choices": [{"index": 0, "delta": {}, "finish_reason": None}]})
    assert outcome("openai", [openai_event("x") + silent + b"data: [DONE]\n\n"])["finish"] == ["stop", ""]
