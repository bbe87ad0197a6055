"""Words for the end of a reply mean the same on every wire; a row names who sends it, and where that is said."""

from __future__ import annotations

import pytest

from providers.errors import VendorDown
from providers.types import Finish
from providers.wires.finishes import finish_of
from tests.providers.reading import outcome
from tests.vendor_replies import event, gemini_end, gemini_event, gemini_parts, openai_chunk, openai_end, openai_event

TGI = "huggingface/text-generation-inference, clients/python/text_generation/types.py: FinishReason"
WATSONX = "IBM/text-generation-inference, proto/generation.proto: StopReason"
XAI = "xai-org/xai-proto, proto/xai/api/v1/sample.proto: FinishReason"
TITAN = "docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html"
COHERE = "cohere-ai/cohere-python, src/cohere/types/chat_finish_reason.py"
OCI = "oracle/oci-python-sdk, src/oci/generative_ai_inference/models/cohere_chat_response.py"
ANTHROPIC = "anthropics/anthropic-sdk-python, src/anthropic/types/stop_reason.py"
MISTRAL = "mistralai/client-python, src/mistralai/models/chatcompletionchoice.py"
# ours, theirs, who says so
WORDS: list[tuple[str, str, str]] = [
    ("stop", "stop", "OpenAI API reference: chat completion choices"),
    ("stop", "STOP", "Gemini API reference: Candidate.FinishReason"),
    ("stop", "Stop", "found on the wires: words in another case"),
    ("stop", "stopped", "no source found; STOPPED in Azure's SDK is the word stop"),
    ("stop", "eos", "Together AI: vibrantlabsai/ragas#1548"),
    ("stop", "eos_token", TGI),
    ("stop", "EOS_TOKEN", f"watsonx: {WATSONX}; vibrantlabsai/ragas#1548"),
    ("stop", "stop_sequence", TGI),
    ("stop", "STOP_SEQUENCE", COHERE),
    ("stop", "COMPLETE", f"{COHERE}; {OCI}"),
    ("stop", "completed", "OpenAI API reference: status of a response"),
    ("stop", "end_turn", ANTHROPIC),
    ("stop", "FINISH", "no source found; Titan says FINISHED"),
    ("stop", "FINISHED", TITAN),
    ("stop", "STOP_CRITERIA_MET", TITAN),
    ("stop", "endoftext", "AI21 Jurassic-2: docs.ai21.com/docs/j2-complete-api-ref"),
    ("stop", "normal", "Baidu ERNIE, at every event: replies in the README of qianfan4j"),
    ("stop", "word", "ggml-org/llama.cpp, tools/server/README.md: stop_type"),
    ("stop", "REASON_STOP", XAI),
    ("length", "length", "OpenAI API reference: chat completion choices"),
    ("length", "MAX_TOKENS", "Gemini API reference: Candidate.FinishReason"),
    ("length", "max_tokens", ANTHROPIC),
    ("length", "maxTokens", "found on the wires: words in another spelling"),
    ("length", "max-tokens", "invented: hyphens"),
    ("length", "model_length", MISTRAL),
    ("length", "max_output_tokens", "OpenAI API reference: incomplete_details.reason"),
    ("length", "model_context_window_exceeded", f"{ANTHROPIC}; Z.ai: mozilla-ai/any-llm#1204"),
    ("length", "TOKEN_LIMIT", f"watsonx: {WATSONX}"),
    ("length", "TIME_LIMIT", f"watsonx: {WATSONX}"),
    ("length", "ERROR_LIMIT", OCI),
    ("length", "limit", "ggml-org/llama.cpp, tools/server/README.md: stop_type"),
    ("length", "CONTINUATION", "Gemini SDK: FinishReason"),
    ("length", "REASON_MAX_LEN", XAI),
    ("length", "REASON_MAX_CONTEXT", XAI),
    ("length", "REASON_TIME_LIMIT", XAI),
    ("blocked", "content_filter", "OpenAI API reference; Azure OpenAI"),
    ("blocked", "content-filter", "Vercel AI SDK: LanguageModelV1FinishReason"),
    ("blocked", "CONTENT_FILTERED", TITAN),
    ("blocked", "guardrail_intervened", "Bedrock Converse: stopReason"),
    ("blocked", "refusal", ANTHROPIC),
    ("blocked", "sensitive", "Zhipu GLM: BerriAI/litellm#24373, langgenius/dify#7559"),
    ("blocked", "ERROR_TOXIC", OCI),
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
    ("tool_call", "TOOL_CALL", COHERE),
    ("tool_call", "tool_use", "Anthropic and Bedrock Converse: stop reason"),
    ("tool_call", "REASON_TOOL_CALLS", XAI),
    ("length", "pause_turn", ANTHROPIC),
    ("other", "USER_CANCEL", OCI),
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
    ("error", f"OpenRouter: finish_reason; {MISTRAL}"),
    (
        "ERROR",
        f"{COHERE}; watsonx: {WATSONX}",
    ),
    ("TIMEOUT", COHERE),
    ("network_error", "Zhipu GLM: BerriAI/litellm#24373, promptfoo/promptfoo#9905"),
    ("insufficient_system_resource", "DeepSeek API: finish_reason"),
    ("abort", "vllm-project/vllm, vllm/v1/engine/__init__.py: FinishReason"),
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
