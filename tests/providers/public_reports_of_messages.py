"""Streams of the Messages wire that users of other clients have reported, each with its source and its reading."""

from __future__ import annotations

from typing import Any

from tests.anthropic_replies import closed, end, grown, named, opened, start, text_delta
from tests.providers.public_reports import Report
from tests.vendor_replies import event

WIRE = "anthropic"
TEXT, THOUGHT = {"type": "text", "text": ""}, {"type": "thinking", "thinking": "", "signature": ""}
USE = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
YES = opened(TEXT, 1) + text_delta("Yes.", 1) + closed(1)
THOUGHT_YES = {"text": "Yes.", "thought": "Hmm", "order": "thought thought* text", "finish": ["stop", "end_turn"]}
NOT_YET = {"input_tokens": 0, "output_tokens": 0, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
HALF = start() + opened(TEXT) + text_delta("Half")
BROKEN = {"text": "Half", "error": "vendor_down"}


def delta(kind: str, **fields: Any) -> bytes:
    """Return an event in which the first block grows."""
    return grown({"type": f"{kind}_delta", **fields})


def signed(*deltas: bytes) -> bytes:
    """Return a reply of a thought that grows so, and of one word."""
    return start() + opened(THOUGHT) + b"".join(deltas) + closed() + YES + end()


def kept(**fields: Any) -> dict[str, Any]:
    """Return the part of a block that goes back as it came."""
    return {"vendor": {"wire": WIRE, "part": fields}}


def thought(signature: str, words: str = "Hmm") -> list[dict[str, Any]]:
    """Return the parts of a reply whose thought goes back with this signature."""
    return [{**kept(type="thinking", thinking=words, signature=signature), "kind": "thought"}]


HM, M = delta("thinking", thinking="Hm"), delta("thinking", thinking="m")
REPORTS = [
    # --- Thoughts and their signatures
    Report(
        "pensarai/apex#534",
        WIRE,
        signed(HM, M, delta("signature", signature="QUFB"), delta("signature", signature="QkJC")),
        {**THOUGHT_YES, "parts": thought("QUFBQkJC")},
    ),
    Report(
        "pensarai/apex#534, the same again",
        WIRE,
        signed(HM, M, delta("signature", signature="QUFB"), delta("signature", signature="QUFB")),
        {**THOUGHT_YES, "parts": thought("QUFB")},
    ),
    Report(
        "maximhq/bifrost#5638",
        WIRE,
        signed(HM, M, delta("thinking", thinking="", signature="QUFB")),
        {**THOUGHT_YES, "parts": thought("QUFB")},
    ),
    Report(
        "maximhq/bifrost#5638, with each delta",
        WIRE,
        signed(
            delta("thinking", thinking="Hm", signature=None),
            delta("thinking", thinking="m", signature=""),
            delta("signature", signature="QUFB", thinking=""),
        ),
        {**THOUGHT_YES, "parts": thought("QUFB")},
    ),
    Report(
        "open-webui/open-webui#29860",
        WIRE,
        signed(HM, M, delta("thinking", thinking="Hmm", signature="QUFB")),
        {**THOUGHT_YES, "parts": thought("QUFB")},
    ),
    Report(
        "can1357/oh-my-pi#8319",
        WIRE,
        start() + opened({"type": "thinking", "thinking": "Hm"}) + M + delta("signature", signature="QUFB") + closed()
        + YES + end(),
        {**THOUGHT_YES, "parts": thought("QUFB")},
    ),
    Report(
        "ggml-org/llama.cpp#18551",
        WIRE,
        start() + b"".join(opened({"type": "thinking", "thinking": ""}) + one for one in (HM, M))
        + b"".join(opened(TEXT, 1) + text_delta(word, 1) for word in ("Ye", "s.")) + closed() + closed(1) + end(),
        {"text": "Yes.", "thought": "Hmm"},
    ),
    Report(
        "dwgx/WindsurfAPI#228",
        WIRE,
        signed(HM, M, delta("signature", signature="")),
        {"text": "Yes.", "thought": "Hmm", "parts": None},
    ),
    Report(
        "MiniMax-AI/MiniMax-M2.5#11",
        WIRE,
        start() + opened(TEXT) + b"".join(map(text_delta, ("<think>", "Hmm\n", "</think>", "\n\nYes."))) + closed()
        + end(),
        {"text": "\n\nYes.", "thought": "Hmm\n"},
    ),
    # --- Blocks and their deltas
    Report(
        "theopenco/llmgateway#2466, every field with each delta",
        WIRE,
        start() + opened(TEXT) + delta("text", text="Yes.", partial_json="", thinking="", signature="", citation=None)
        + closed() + end(),
        {"text": "Yes.", "finish": ["stop", "end_turn"]},
    ),
    Report(
        "MoonshotAI/kimi-code#3207",
        WIRE,
        start() + opened({"type": "text"}) + delta("text") + delta("text", text="Yes.") + closed() + end(),
        {"text": "Yes.", "finish": ["stop", "end_turn"]},
    ),
    Report(
        "UKGovernmentBEIS/inspect_ai#5061",
        WIRE,
        start() + opened({"type": "compaction", "content": None}) + delta("compaction", content="It was", text=None)
        + delta("compaction", content=" said.") + closed() + YES + end(),
        {
            "text": "Yes.",
            "parts": [{"name": "compaction", **kept(type="compaction", content="It was said."), "kind": "unknown"}],
        },
    ),
    Report(
        "sgl-project/sglang#24293",
        WIRE,
        start() + opened(USE) + delta("input_json", partial_json='{"a":') + text_delta("Wait.")
        + delta("input_json", partial_json="1}") + closed() + end("tool_use"),
        {"text": "Wait.", "calls": [["f", {"a": 1}]], "finish": ["tool_call", "tool_use"]},
    ),
    Report(
        "QuantumNous/new-api#5483",
        WIRE,
        start() + opened(THOUGHT) + HM + closed() + closed(1) + opened(TEXT, 2) + text_delta("Yes.", 2) + closed(3)
        + closed(2) + opened(USE, 4) + grown({"type": "input_json_delta", "partial_json": '{"a":1}'}, 4) + closed(4)
        + end("tool_use"),
        {"text": "Yes.", "thought": "Hm", "calls": [["f", {"a": 1}]]},
    ),
    Report(
        "Yeachan-Heo/gajae-code#1895",
        WIRE,
        start() + opened({**USE, "input": {"a": 1}}) + delta("input_json", partial_json="") + closed()
        + end("tool_use"),
        {"calls": [["f", {"a": 1}]]},
    ),
    Report(
        "vllm-project/vllm#34887",
        WIRE,
        start() + opened(USE) + delta("input_json", partial_json='code":') + delta("input_json", partial_json=' "up"}')
        + closed() + end("tool_use"),
        {"calls": [["f", None]], "finish": ["tool_call", "tool_use"]},
    ),
    Report(
        "MoonshotAI/Kimi-K2.5#33",
        WIRE,
        b"".join(start() + opened(TEXT) + text_delta(word) for word in ("Ye", "s", ".")) + closed() + end(),
        {"text": "Yes.", "finish": ["stop", "end_turn"]},
    ),
    # --- Counts
    Report(
        "zai-org/GLM-5#139",
        WIRE,
        start(NOT_YET) + YES + end(usage={"input_tokens": 14, "output_tokens": 5, "cache_read_input_tokens": 30}),
        {"text": "Yes.", "usage": [44, 5, None, 30]},
    ),
    Report(
        "langchain-ai/langchain#32525",
        WIRE,
        start({"input_tokens": 11, "output_tokens": 1}) + YES
        + end(usage={"input_tokens": None, "output_tokens": 5, "cache_read_input_tokens": None}),
        {"text": "Yes.", "usage": [11, 5, None, None]},
    ),
    Report(
        "mozilla-ai/any-llm#1392",
        WIRE,
        start({}) + YES + named("message_delta", delta={"stop_reason": "end_turn"})
        + named("message_stop", usage={"input_tokens": 13, "output_tokens": 5}),
        {"text": "Yes.", "usage": [13, 5, None, None], "finish": ["stop", "end_turn"]},
    ),
    # --- Ends and errors
    Report(
        "use-agent-os/agent-os#2137",
        WIRE,
        HALF + named("ping") + named("error", error={"details": None, "type": "overloaded_error", "message": "Busy"}),
        BROKEN,
    ),
    Report(
        "QuantumNous/new-api, an error passed on",
        WIRE,
        HALF + event({"error": {"type": "<nil>", "message": '{"error":{"type":"overloaded_error","message":"Busy"}}'}}),
        BROKEN,
    ),
    Report("laravel/ai#881", WIRE, start() + YES + end("model_context_window_exceeded"), {
        "text": "Yes.", "finish": ["length", "model_context_window_exceeded"],
    }),
    Report("laravel/ai#881, refused", WIRE, start() + end("refusal", stop_details=None), {
        "order": "refusal*", "finish": ["blocked", "refusal"],
    }),
    Report(
        "WordPress/ai-provider-for-anthropic#29",
        WIRE,
        start() + YES + opened({**USE, "type": "server_tool_use", "name": "web_search"}, 2) + closed(2)
        + end("pause_turn"),
        {"text": "Yes.", "finish": ["length", "pause_turn"]},
    ),
]  # fmt: skip
