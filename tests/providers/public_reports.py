"""Streams of vendors and gateways that users of other clients have reported, each with its source and its reading."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tests.vendor_replies import event

Json = dict[str, Any]


class Report(NamedTuple):
    """A body with its source, and what is read in it: fields of `outcome`, or `calls` as [name, arguments]."""

    source: str
    wire: str
    body: bytes
    read: Json


def said(text: str | None = None, finish: str | None = None, index: int = 0, **delta: Any) -> Json:
    """Return an event of the OpenAI wire."""
    words = {} if text is None else {"content": text}
    return {"choices": [{"index": index, "delta": {**words, **delta}, "finish_reason": finish}]}


def called(name: str | None, arguments: Any, identity: str | None = None, index: int = 0) -> Json:
    """Return an event with a piece of a call."""
    function = {"name": name, "arguments": arguments}
    return said(tool_calls=[{"index": index, "id": identity, "type": "function", "function": function}])


def answered(*parts: Json, finish: str | None = None, **more: Any) -> Json:
    """Return an event of the Gemini wire."""
    candidate = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    return {"candidates": [{**candidate, **({"finishReason": finish} if finish else {})}], **more}


def stream(*events: Json | bytes) -> bytes:
    """Return the events of a stream; bytes stand as they are."""
    return b"".join(one if isinstance(one, bytes) else event(one) for one in events)


DONE = b"data: [DONE]\n\n"
STOP = said("", "stop")
A, B = said("A"), said("B")
AB = {"text": "AB", "finish": ["stop", "stop"]}
CALLED = said("", "tool_calls")
HALF = said("Half")
BROKEN = {"text": "Half", "error": "vendor_down"}
PROGRESS = {"tool": "execute_code", "toolCallId": "v05XxY3Y43nLFof0H4raikLdDbOn7sxD"}
USAGE = {"prompt_tokens": 10, "completion_tokens": 5}
FILTER = {"content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}}
OFFSETS = {"content_filter_offsets": {"check_offset": 44, "start_offset": 44, "end_offset": 198}}


def named(name: str, fields: Json) -> bytes:
    """Return an event with a name."""
    return f"event: {name}\n".encode() + event(fields)


def thinking(text: str, **more: Any) -> Json:
    """Return a thought as Mistral sends it."""
    content = [{"type": "thinking", "thinking": [{"type": "text", "text": text}], **more}]
    return {"choices": [{"index": 0, "delta": {"content": content}, "finish_reason": None}]}


REPORTS = [
    # --- Framing and keep-alives
    Report(
        "danny-avila/LibreChat#4820",
        "openai",
        b"data: " + json.dumps(A).encode() + json.dumps(B).encode() + b"\n\n" + stream(STOP, DONE),
        AB,
    ),
    Report(
        "FlowiseAI/Flowise#4862",
        "openai",
        b"".join(b"message:\n" + event(one) for one in (A, B, STOP)),
        AB,
    ),
    Report(
        "0xPlaygrounds/rig#534",
        "openai",
        b'data:\n {"choices":[{"delta":{"content":"A"},"index":0}],"content":"A","lastOne":false}\n\n'
        b'data:\n {"choices":[{"delta":{"content":"B"},"index":0,"finish_reason":"stop"}],"lastOne":true}\n\n',
        AB,
    ),
    Report(
        "theopenco/llmgateway#2334 with ids",
        "openai",
        stream(b"id: 1\n", A, b": ping\n\nid: 2\n", B, b": ping\n\nid: 3\n", STOP, DONE),
        AB,
    ),
    Report(
        "caozhiyuan/copilot-api#88",
        "openai",
        stream(A, b'event: ping\ndata: ""\n\n', named("ping", {"type": "ping"}), B, STOP, DONE),
        AB,
    ),
    Report("Growth-Circle/cadis#362", "openai", stream(*[b"data:\n\n"] * 5, A, B, STOP, DONE), AB),
    Report(
        "diegosouzapw/OmniRoute#1146",
        "openai",
        stream(b"event: keepalive\n\n", A, B, b"event: keepalive\n\n", STOP, DONE),
        AB,
    ),
    Report("QuantumNous/new-api#2503", "openai", stream(A, B, STOP, b"data: [DONE]]\n\n"), AB),
    Report("songquanpeng/one-api#1720", "openai", stream(A, event(B)[:-2] + b"}\n\n", STOP, DONE), AB),
    Report("songquanpeng/one-api#1278", "openai", stream({}, A, B, STOP, DONE), AB),
    Report(
        "QuantumNous/new-api#5221",
        "openai",
        stream(A, b'data: {"choices":[{"index":0,"delta":{"content":"B\n\n', STOP, DONE),
        {"text": "A", "order": "text gap*", "finish": ["stop", "stop"]},
    ),
    # --- Events between those of the reply
    Report(
        "danny-avila/LibreChat#12919",
        "openai",
        stream(A, named("hermes.tool.progress", {**PROGRESS, "status": "running"}), B, STOP, DONE),
        AB,
    ),
    Report(
        "danny-avila/LibreChat#12919, failed",
        "openai",
        stream(A, named("hermes.tool.progress", {**PROGRESS, "status": "failed"}), B, STOP, DONE),
        AB,
    ),
    Report(
        "danny-avila/LibreChat#12919, failed with words",
        "openai",
        stream(A, named("hermes.tool.progress", {**PROGRESS, "status": "error", "message": "exit 1"}), B, STOP, DONE),
        AB,
    ),
    Report("pydantic/pydantic-ai#5165", "openai", stream({"choices": None}, A, B, {"choices": None}, STOP, DONE), AB),
    Report(
        "openai/openai-python#1677",
        "openai",
        stream(A, B, {"choices": [{"index": 0, "finish_reason": "stop", "delta": None, **FILTER, **OFFSETS}]}, DONE),
        AB,
    ),
    Report(
        "run-llama/LlamaIndexTS#2118",
        "openai",
        stream(A, B, STOP, {"choices": [{"index": 0, "finish_reason": None, **FILTER, **OFFSETS}]}, DONE),
        AB,
    ),
    # --- Indexes, whole messages, thoughts
    Report(
        "huggingface/text-generation-inference#1648",
        "openai",
        stream(said("I", None, 1), said("'", None, 2), said("m", None, 3), said("", "length", 4)),
        {"text": "I'm", "finish": ["length", "length"]},
    ),
    Report(
        "huggingface/text-generation-inference#1648, short",
        "openai",
        stream(said("I", None, 1), said("m", "length", 2)),
        {"text": "Im", "finish": ["length", "length"]},
    ),
    Report(
        "perplexityai/api-discussion#209",
        "openai",
        stream(
            *(
                {
                    "choices": [
                        {
                            "index": 0,
                            "finish_reason": finish,
                            "message": {"role": "assistant", "content": whole},
                            "delta": {"role": "assistant", "content": piece},
                        }
                    ],
                }
                for piece, whole, finish in (("A", "A", None), ("B", "AB", "stop"))
            )
        ),
        AB,
    ),
    Report(
        "BerriAI/litellm#16272",
        "openai",
        stream(said("", role="assistant"), thinking("Okay"), thinking("!", closed=True), said("Hello"), STOP, DONE),
        {"text": "Hello", "thought": "Okay!", "finish": ["stop", "stop"]},
    ),
    Report(
        "openai-php/client#780",
        "openai",
        stream(
            {**said(reasoning_content=" word"), "timings": {"cache_n": 7, "prompt_n": 10, "predicted_n": 8}},
            A,
            {**said(None, "stop"), "timings": {"cache_n": 7}},
            DONE,
        ),
        {"text": "A", "thought": " word", "finish": ["stop", "stop"]},
    ),
    # --- Finishes
    Report(
        "qualcomm/GenieX#1246",
        "openai",
        stream(said("A", ""), said("B", ""), DONE),
        {"text": "AB", "finish": ["stop", ""]},
    ),
    Report("linagora/openrag#462", "openai", stream(said("AB", "stop"), said(None, "stop"), DONE), AB),
    Report(
        "CherryHQ/cherry-studio#16079",
        "openai",
        stream(
            {
                "choices": [
                    {
                        "index": 0,
                        "delta": {"content": ""},
                        "finish_reason": "content_filter",
                        "native_finish_reason": "refusal",
                    }
                ]
            },
            DONE,
        ),
        {"order": "refusal*", "finish": ["blocked", "content_filter"]},
    ),
    Report(
        "experientiallabs/experiential#962",
        "openai",
        stream(HALF, said(None, "content_filter", refusal="")),
        {"text": "Half", "finish": ["blocked", "content_filter"]},
    ),
    Report("can1357/oh-my-pi#8563", "openai", stream(HALF, said("", "insufficient_system_resource"), DONE), BROKEN),
    Report("LostRuins/koboldcpp#2481", "openai", stream(HALF, said("", "error"), DONE), BROKEN),
    Report(
        "LostRuins/koboldcpp#2481, whole",
        "openai",
        json.dumps(
            {
                "object": "chat.completion",
                "usage": {"prompt_tokens": 0, "completion_tokens": 0},
                "choices": [{"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "error"}],
            }
        ).encode(),
        {"text": "", "error": "vendor_down"},
    ),
    Report("kekzl/imp#1590", "openai", stream(HALF, said("", "capacity"), DONE), BROKEN),
    Report("kekzl/imp#1590, cancelled", "openai", stream(HALF, said("", "cancelled"), DONE), BROKEN),
    Report("ROCm/FastFlowLM#500", "openai", stream(HALF, said("", "cancel"), DONE), BROKEN),
    Report(
        "vaadin/flow-components#9195", "openai", stream(said("", role="assistant")), {"text": "", "error": "cut_off"}
    ),
    Report(
        "askalf/dario#1205",
        "openai",
        stream(
            said("", role="assistant"), {"error": {"message": "overloaded", "type": "server_error", "code": None}}, DONE
        ),
        {"text": "", "error": "vendor_down"},
    ),
    # --- Counts
    Report(
        "datawhalechina/hello-agents#377",
        "openai",
        stream(
            {
                "choices": [
                    {
                        "delta": {"content": "AB", "role": None, "tool_calls": None},
                        "finish_reason": "stop",
                        "index": 0,
                        "stop_reason": None,
                        "token_ids": None,
                    }
                ]
            },
            {"choices": [], "usage": {**USAGE, "completion_tokens_details": None}},
            DONE,
        ),
        {**AB, "usage": [10, 5, None, None]},
    ),
    Report(
        "BerriAI/litellm#33166",
        "openai",
        stream(
            A,
            B,
            STOP,
            {
                "choices": [],
                "usage": {
                    **USAGE,
                    "prompt_tokens_details": {"cached_tokens": 4},
                    "completion_tokens_details": {"reasoning_tokens": 3},
                },
            },
            {"choices": [], "usage": {**USAGE, "prompt_tokens_details": None, "completion_tokens_details": None}},
            DONE,
        ),
        {**AB, "usage": [10, 2, 3, 4]},
    ),
    Report(
        "BerriAI/litellm#21592",
        "openai",
        stream(A, B, STOP, b"\n\n", {**said("", role="assistant"), "usage": {**USAGE, "cost": 0.0001}}, DONE),
        {**AB, "usage": [10, 5, None, None]},
    ),
    Report(
        "rashidrazak/opencode-cmd-provider#213",
        "openai",
        stream(
            {**said("A", tool_calls=[]), "usage": {"prompt_tokens": 10, "completion_tokens": 1}},
            {**B, "usage": USAGE},
            STOP,
            DONE,
        ),
        {**AB, "usage": [10, 5, None, None]},
    ),
    # --- Calls
    Report(
        "anomalyco/opencode#43328",
        "openai",
        stream(called("sum", "", "t1"), called(None, '{"a":'), called(None, "1}"), CALLED, DONE),
        {"calls": [["sum", {"a": 1}]]},
    ),
    Report(
        "open-webui/open-webui#27195",
        "openai",
        stream(called("web", None, "a"), called(None, "{}"), CALLED, DONE),
        {"calls": [["web", {}]]},
    ),
    Report(
        "open-webui/open-webui#22235",
        "openai",
        stream(called("find", '{"q":"A"}', "t1"), called("find", '{"q":"B"}', "t1"), CALLED, DONE),
        {"calls": [["find", {"q": "A"}], ["find", {"q": "B"}]]},
    ),
    Report(
        "open-webui/open-webui#22235, without name and id",
        "openai",
        stream(called("find", '{"q":"A"}', "t1"), called(None, '{"q":"B"}'), CALLED, DONE),
        {"calls": [["find", {"q": "A"}], ["find", {"q": "B"}]]},
    ),
    Report(
        "open-webui/open-webui#22235, the same again",
        "openai",
        stream(
            called("find", "", "t1"),
            called("find", '{"q":'),
            called(None, '"A"}'),
            called("find", '{"q":"A"}', "t1"),
            CALLED,
            DONE,
        ),
        {"calls": [["find", {"q": "A"}]]},
    ),
    Report(
        "mudler/LocalAI#9722",
        "openai",
        stream(called("run", "", "L1"), called("", '{"cmd":"ls"}', "L1", 1), CALLED, DONE),
        {"calls": [["run", {"cmd": "ls"}]]},
    ),
    Report(
        "mudler/LocalAI#9722, whole twice",
        "openai",
        stream(called("run", '{"cmd":"ls"}', "L1"), called("run", '{"cmd":"ls"}', "L1", 1), CALLED, DONE),
        {"calls": [["run", {"cmd": "ls"}]]},
    ),
    Report(
        "vllm-project/vllm-ascend#8327",
        "openai",
        stream(
            called("run", "", "c"),
            {"choices": [{**called(None, '{"a": 1}')["choices"][0], "finish_reason": "tool_calls"}]},
            DONE,
        ),
        {"calls": [["run", {"a": 1}]]},
    ),
    # --- Gemini
    Report(
        "router-for-me/CLIProxyAPI#5640, Chevey339/kelivo#1003",
        "gemini",
        stream(
            answered(finish="STOP"),
            answered(finish="STOP"),
            answered({"text": "A"}),
            answered({"text": "B"}),
            answered(finish="STOP"),
        ),
        {"text": "AB", "finish": ["stop", "STOP"]},
    ),
    Report(
        "justlovemaki/AIClient2API#157",
        "gemini",
        stream(answered({"thoughtSignature": "CiIBjz1", "text": "A"}), answered({"text": "B"}, finish="STOP")),
        {"text": "AB", "finish": ["stop", "STOP"]},
    ),
    Report(
        "pydantic/pydantic-ai#2631",
        "gemini",
        stream(
            answered({"functionCall": {"name": "w", "args": {"a": 1}}}),
            {"candidates": [{"content": {"role": "model"}, "finishReason": "STOP"}]},
        ),
        {"calls": [["w", {"a": 1}]], "finish": ["tool_call", "STOP"]},
    ),
    Report(
        "musistudio/claude-code-router#1275",
        "gemini",
        stream(answered({"text": "AB"}), answered({"text": "", "thoughtSignature": "abc"}, finish="STOP")),
        {"text": "AB", "order": "text text*", "finish": ["stop", "STOP"]},
    ),
    Report(
        "snailyp/gemini-balance#347",
        "gemini",
        b'{"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}\n',
        {"text": "", "error": "vendor_down"},
    ),
]
