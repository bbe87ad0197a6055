"""Streams of the Responses wire that users of other clients have reported, each with its source and its reading."""

from __future__ import annotations

from typing import Any

from tests.providers.public_reports import DONE, Report, stream
from tests.vendor_replies import event

WIRE = "responses"
Json = dict[str, Any]
AB = {"text": "AB", "finish": ["stop", "completed"]}


def told(kind: str, **fields: Any) -> Json:
    """Return an event of this kind."""
    return {"type": f"response.{kind}", **fields}


def said(words: object, **place: Any) -> Json:
    """Return an event that adds words to the answer."""
    return told("output_text.delta", delta=words, **place)


def mused(words: str, kind: str = "reasoning_text", **place: Any) -> Json:
    """Return an event that adds words to a thought."""
    return told(f"{kind}.delta", delta=words, **place)


def message(text: str = "AB", identity: str = "m") -> Json:
    """Return a whole message."""
    return {"type": "message", "id": identity, "content": [{"type": "output_text", "text": text}]}


def reasoning(text: str, identity: str = "r") -> Json:
    """Return a whole thought, in full."""
    return {"type": "reasoning", "id": identity, "summary": [], "content": [{"type": "reasoning_text", "text": text}]}


def added(item: Json, **place: Any) -> Json:
    """Return the event that begins an item."""
    return told("output_item.added", item={**item, "content": [], "summary": []}, **place)


def done(item: Json, **place: Any) -> Json:
    """Return the event with a whole item."""
    return told("output_item.done", item=item, **place)


def ended(status: str = "completed", *output: Json, kind: str = "", **more: Any) -> Json:
    """Return the event that ends a response."""
    response = {"status": status, "output": list(output), "usage": {"input_tokens": 10, "output_tokens": 5}, **more}
    return told(kind or status, response=response)


A, B = said("A", output_index=0), said("B", output_index=0)
CALL = {"type": "function_call", "id": "fc", "call_id": "c", "name": "f"}
RAW_CALL = {**CALL, "type": "custom_tool_call", "input": ""}
LIMITED = {"text": "", "error": "rate_limited"}
REPORTS = [
    # --- Places of words
    Report(
        "vllm-project/vllm#35184",
        WIRE,
        stream(
            added(reasoning(""), output_index=0),
            *(mused(word, item_id="r", output_index=0, content_index=at + 1) for at, word in enumerate("Hmm")),
            told("reasoning_text.done", item_id="r", output_index=0, content_index=4, text="Hmm"),
            done(reasoning("Hmm"), output_index=0),
            added(message(""), output_index=1),
            *(said(word, item_id="m", output_index=1, content_index=at + 5) for at, word in enumerate("AB")),
            told("output_text.done", item_id="m", output_index=1, content_index=7, text="AB"),
            done(message(), output_index=1),
            ended("completed", reasoning("Hmm"), message()),
        ),
        {**AB, "thought": "Hmm"},
    ),
    Report(
        "lemonade-sdk/lemonade#3607",
        WIRE,
        stream(
            added(reasoning("")),
            mused("Hm", item_id="r"),
            mused("m", item_id="r"),
            done(reasoning("Hmm")),
            added(message("")),
            said("A", item_id="m"),
            said("B", item_id="m"),
            told("output_text.done", item_id="m", text="AB"),
            done(message()),
            ended("completed", reasoning("Hmm"), message()),
        ),
        {**AB, "thought": "Hmm"},
    ),
    Report(
        "lemonade-sdk/lemonade#3607, without ids",
        WIRE,
        stream(added(message("")), said("A"), said("B"), done(message()), ended()),
        AB,
    ),
    Report(
        "lemonade-sdk/lemonade#3607, nothing begun",
        WIRE,
        stream(said("A"), said("B"), done(message()), ended()),
        AB,
    ),
    Report(
        "caozhiyuan/copilot-api#72",
        WIRE,
        stream(
            added(message("", "a"), output_index=0),
            said("A", item_id="b", output_index=0),
            said("B", item_id="c", output_index=0),
            done(message(identity="d"), output_index=0),
            ended("completed", message(identity="e")),
        ),
        AB,
    ),
    Report(
        "maximhq/bifrost#5169",
        WIRE,
        stream(
            mused("Hmm", "reasoning_summary_text", output_index=0, summary_index=0),
            added(message(""), output_index=0),
            A,
            B,
            ended("completed", message()),
        ),
        {**AB, "thought": "Hmm"},
    ),
    Report(
        "BerriAI/litellm#41185",
        WIRE,
        stream(
            added(reasoning(""), output_index=0),
            done(reasoning("Hmm"), output_index=0),
            said("A", item_id="m", output_index=0),
            said("B", item_id="m", output_index=0),
            added({**CALL, "arguments": ""}, output_index=1),
            done({**CALL, "arguments": '{"a": 1}'}, output_index=1),
            ended("completed", reasoning("Hmm"), message(), {**CALL, "arguments": '{"a": 1}'}),
        ),
        {"text": "AB", "thought": "Hmm", "calls": [["f", {"a": 1}]], "finish": ["tool_call", "completed"]},
    ),
    Report(
        "BerriAI/litellm#32777",
        WIRE,
        stream(
            mused("Hm", "reasoning_summary_text", item_id="r1"),
            mused("m", "reasoning_summary_text", item_id="r2"),
            said("A", item_id="m"),
            said("B", item_id="m"),
            ended("completed", message()),
        ),
        {**AB, "thought": "Hmm"},
    ),
    # --- Words in other places
    Report(
        "tombii/better-ccflare#233",
        WIRE,
        stream(*(said({"type": "output_text", "text": word}, output_index=0) for word in "AB"), ended()),
        AB,
    ),
    Report(
        "QuantumNous/new-api#4362",
        WIRE,
        stream(added(message(""), output_index=0), A, B, done(message(), output_index=0), ended()),
        AB,
    ),
    Report(
        "agentgateway/agentgateway#2281",
        WIRE,
        stream(
            added(message(""), output_index=0),
            A,
            B,
            told("content_part.done", output_index=0, part={"type": "output_text", "text": ""}),
            done({**message(), "content": []}, output_index=0),
            ended(),
        ),
        AB,
    ),
    Report(
        "agentgateway/agentgateway#2281, in parts alone",
        WIRE,
        stream(
            told("reasoning_summary_part.done", output_index=0, part={"type": "summary_text", "text": "Hmm"}),
            told("content_part.done", output_index=1, part={"type": "output_text", "text": "AB"}),
            ended(),
        ),
        {**AB, "thought": "Hmm"},
    ),
    Report("mnfst/llm-gateway#2064", WIRE, stream(A, B, ended(), DONE), {**AB, "usage": [10, 5, None, None]}),
    Report(
        "gethnet/litellm-connector-copilot#149, older names",
        WIRE,
        stream(mused("Hm", "reasoning_summary"), mused("m", "reasoning_summary"), A, B, ended(kind="done")),
        {**AB, "thought": "Hmm"},
    ),
    Report(
        "vllm-project/agentic-api#168",
        WIRE,
        b"".join(b"event: message\n" + event(one) for one in (A, B, ended())) + DONE,
        AB,
    ),
    # --- Calls
    Report(
        "lidge-jun/opencodex#4652",
        WIRE,
        stream(
            added({**CALL, "arguments": ""}, output_index=0),
            told("function_call_arguments.done", item_id="fc", output_index=0, arguments='{"a": 1}'),
            ended(),
        ),
        {"calls": [["f", {"a": 1}]], "finish": ["tool_call", "completed"]},
    ),
    Report(
        "Jhiynn/PrivaParse#17",
        WIRE,
        stream(
            told("output_item.added", item=RAW_CALL, output_index=0),
            told("custom_tool_call_input.delta", item_id="fc", output_index=0, delta="up"),
            told("custom_tool_call_input.delta", item_id="fc", output_index=0, delta="time"),
            ended(),
        ),
        {
            "parts": [
                {
                    "name": "f",
                    "raw": "uptime",
                    "id": "c",
                    "vendor": {"wire": WIRE, "part": {**RAW_CALL, "input": "uptime"}},
                    "kind": "call",
                }
            ]
        },
    ),
    # --- Ends and errors
    Report(
        "Arthur-Ficial/apfel#412",
        WIRE,
        stream(A, ended("incomplete", kind="completed", incomplete_details={"reason": "max_output_tokens"})),
        {"text": "A", "finish": ["length", "max_output_tokens"]},
    ),
    Report(
        "decolua/9router#4254",
        WIRE,
        stream(
            added(reasoning(""), output_index=0),
            ended("incomplete", incomplete_details={"reason": "max_output_tokens"}),
        ),
        {"text": "", "finish": ["length", "max_output_tokens"]},
    ),
    Report("openclaw/openclaw#109133", WIRE, stream(A), {"text": "A", "error": "cut_off"}),
    Report(
        "james-6-23/codex2api#310",
        WIRE,
        stream(ended("failed", error={"code": "context_length_exceeded", "message": "Your input is too long."})),
        {"text": "", "error": "context_too_long"},
    ),
    Report(
        "maximhq/bifrost#4413",
        WIRE,
        stream({"type": "error", "code": "context_length_exceeded", "message": "", "param": None}),
        {"text": "", "error": "context_too_long"},
    ),
    Report(
        "zendev-sh/goai#88",
        WIRE,
        stream(
            {
                "type": "error",
                "error": {"type": "tokens", "code": "rate_limit_exceeded", "message": "Please try again in 6.57s."},
                "sequence_number": 2,
            }
        ),
        {**LIMITED, "retry_after": 6.57},
    ),
    Report(
        "openai/openai-dotnet#881",
        WIRE,
        stream({"type": "error", "error": {"type": "too_many_requests", "message": "Too Many Requests"}}),
        LIMITED,
    ),
    Report(
        "anomalyco/opencode#18897",
        WIRE,
        stream({"error": {"type": "rate_limit_error", "message": "Concurrency limit exceeded for user"}}),
        LIMITED,
    ),
    Report(
        "Kilo-Org/kilocode#11249",
        WIRE,
        stream({"type": "error", "code": "rate_limit_exceeded", "message": "", "param": None}),
        LIMITED,
    ),
    Report(
        "Wei-Shaw/sub2api#2863",
        WIRE,
        stream(ended("failed", error={"code": "invalid_encrypted_content", "message": "It could not be verified."})),
        {"text": "", "error": "bad_request"},
    ),
]
