"""Content in another spelling is not lost; a row names who spells it so, and where that is said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.errors import BadReply, NothingSaid
from providers.reading.reader import Reading
from providers.text import KeyMask
from providers.types import Address, Part, Prompt, Turn
from providers.wires import registry
from tests.providers.reading import outcome
from tests.vendor_replies import event, gemini_event, openai_chunk

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
GIF = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
DATA = f"data:image/png;base64,{PNG}"
LINK = "https://pics.example/a.png"
DONE = b"data: [DONE]\n\n"
TEXT: dict[str, Any] = {"text": "Hello"}
THOUGHT: dict[str, Any] = {"text": "", "thought": "Hm"}
PICTURE: dict[str, Any] = {"text": "", "kinds": ["image"]}
FILE: dict[str, Any] = {"text": "", "kinds": ["file"]}

# a delta or message, what is read from it, who says so
OPENAI: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"content": [{"text": "Hello"}]}, TEXT, "found on the wires: a list without types"),
    ({"content": 42}, {"text": "42"}, "invented: a number that was not quoted"),
    ({"content": None, "audio": {"id": "a", "transcript": "Hello"}}, TEXT, "OpenAI API reference: audio.transcript"),
    ({"content": "Hello", "audio": {"transcript": "Hello"}}, TEXT, "OpenAI API reference: audio.transcript"),
    ({"content": ["Hel", "lo"]}, TEXT, "the Albert API: suitenumerique/conversations#411"),
    ({"content": [{"type": "text", "text": {"value": "Hello"}}]}, TEXT, "OpenAI Assistants API: message content"),
    ({"content": {"type": "text", "text": "Hello"}}, TEXT, "found on the wires: content as one object"),
    ({"content": {"text": "Hello"}}, TEXT, "found on the wires: content as one object"),
    ({"content": [{"type": "output_text", "text": "Hello"}]}, TEXT, "OpenAI API reference: Responses"),
    ({"content": [{"type": "text", "text": ["Hel", {"text": "lo"}]}]}, TEXT, "invented: texts within a text"),
    ({"reasoning_content": "Hm"}, THOUGHT, "DeepSeek API: reasoning_content"),
    ({"reasoning": "Hm"}, THOUGHT, "OpenRouter, vLLM #50624: reasoning"),
    ({"reasoning_content": {"text": "Hm"}}, THOUGHT, "Bedrock behind envoyproxy/ai-gateway#1222"),
    ({"reasoning": {"content": "Hm"}}, THOUGHT, "as a part: hansercoda/deepseek-chat, JSON返回格式.md"),
    (
        {
            "content": [
                {"type": "reasoning", "reasoning": {"content": "Hm"}},
                {"type": "text", "text": {"content": "Hello"}},
            ]
        },
        {"text": "Hello", "thought": "Hm"},
        "hansercoda/deepseek-chat, JSON返回格式.md: r1-671b-search",
    ),
    ({"reasoning_text": "Hm"}, THOUGHT, "GitHub Copilot: BerriAI/litellm#35021, karthink/gptel#1384"),
    ({"thinking": "Hm"}, THOUGHT, "Ollama API: message.thinking"),
    ({"thinking_content": "Hm"}, THOUGHT, "CLIProxyAPI, nhatbien/copilot-helper #7"),
    ({"thought": "Hm"}, THOUGHT, "CLIProxyAPI, nhatbien/copilot-helper #7"),
    (
        {"content": [{"type": "thinking", "thinking": "Hm", "signature": ""}]},
        THOUGHT,
        "Anthropic Messages, langchain-ai/langchain-aws#370; no source found of a gateway",
    ),
    ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]}, THOUGHT, "Mistral: Magistral"),
    ({"content": [{"type": "reasoning", "text": "Hm"}]}, THOUGHT, "Vercel AI SDK: reasoning parts"),
    ({"content": [{"type": "reasoning", "summary": [{"text": "Hm"}]}]}, THOUGHT, "OpenAI API reference: Responses"),
    ({"reasoning_content": "Hm", "reasoning": "Hm"}, THOUGHT, "no source found: the same under two names"),
    ({"images": [{"image_url": {"url": DATA}}]}, PICTURE, "OpenRouter"),
    ({"images": [{"type": "image_url", "image_url": DATA}]}, PICTURE, "astrbot_plugin_gemini_image_generation#2"),
    ({"images": [DATA]}, PICTURE, "found on the wires: a list of data addresses"),
    ({"images": DATA}, PICTURE, "found on the wires: one data address"),
    ({"image": DATA}, PICTURE, "found on the wires: one picture"),
    ({"images": [{"b64_json": PNG}]}, PICTURE, "OpenAI API reference: images"),
    ({"images": [{"b64_json": PNG, "url": ""}]}, PICTURE, "OpenAI API reference: images"),
    ({"images": [GIF]}, PICTURE, "found on the wires: bare base64"),
    ({"content": [{"type": "image_url", "image_url": {"url": DATA}}]}, PICTURE, "OpenRouter, LiteLLM: parts"),
    ({"content": [{"type": "output_image", "image_url": DATA}]}, PICTURE, "no source found: Responses API"),
    ({"content": [{"type": "image_generation_call", "result": PNG}]}, PICTURE, "OpenAI API reference: Responses"),
    (
        {"content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}]},
        PICTURE,
        "no source found: a picture of Anthropic Messages",
    ),
    ({"content": [{"inline_data": {"mime_type": "image/png", "data": PNG}}]}, PICTURE, "no source found: Gemini's"),
    ({"content": [{"inlineData": {"mimeType": "image/png", "data": PNG}}]}, PICTURE, "no source found: Gemini's"),
    ({"content": {"image": {"url": DATA}}}, PICTURE, "found on the wires: content as one object"),
    ({"images": [{"image_url": {"url": LINK}}]}, FILE, "found on the wires: a link"),
    ({"images": [LINK]}, FILE, "found on the wires: a link"),
    ({"images": [{"url": LINK}]}, FILE, "xAI API: images"),
    ({"content": [{"type": "image_url", "image_url": {"url": LINK}}]}, FILE, "found on the wires: a link in a part"),
    ({"images": [DATA, {"image_url": {"url": DATA}}]}, PICTURE, "found on the wires: pictures twice"),
    ({"images": [DATA], "content": f"![image]({DATA})"}, PICTURE, "awsl-project/maxx #821: in the text and beside it"),
    ({"content": [{"type": "tool_reference", "id": 4}]}, {"text": "", "kinds": ["unknown"]}, "invented: a kind"),
]  # fmt: skip


def told(read: dict[str, Any]) -> dict[str, Any]:
    """Return what people are told: texts, and the kinds of the parts."""
    kinds = [part["kind"] for part in read.get("parts", ())]
    shown = {"text": read["text"], "thought": read.get("thought"), "kinds": kinds}
    return {name: value for name, value in shown.items() if name == "text" or value}


@pytest.mark.parametrize(("said", "read", "who"), OPENAI)
def test_each_spelling_of_a_delta_and_of_a_message(said: dict[str, Any], read: dict[str, Any], who: str) -> None:
    delta = event({"choices": [{"index": 0, "delta": said, "finish_reason": "stop"}]}) + b"data: [DONE]\n\n"
    assert told(outcome("openai", [delta])) == read, who
    message = event({"choices": [{"index": 0, "message": said, "finish_reason": "stop"}]})
    assert told(outcome("openai", [message.removeprefix(b"data: ")])) == read, who


ON_WIRE = "found on the wires"
TEXT_DELTA = {"content": "Hello"}
# a whole event, the text of the reply, who says so
ENVELOPES: list[tuple[str, dict[str, Any], str]] = [
    ("openai", {"choices": [{"text": "Hello", "finish_reason": "stop"}]}, "OpenAI API reference: completions"),
    ("openai", {"choices": [{"text": "Hello", "index": 0, "finish_reason": "stop"}]}, "BlackBox: NonChatChoice"),
    ("openai", {"choices": [{"delta": "Hello", "finish_reason": "stop"}]}, "invented: a text in place of a delta"),
    ("openai", {"choices": [{"delta": [{"content": "Hello"}], "finish_reason": "stop"}]}, "invented: a list of one"),
    ("openai", {"choices": [{"message": "Hello", "finish_reason": "stop"}]}, "invented: a text in place of a message"),
    (
        "gemini",
        {"candidates": [{"content": {"parts": ["Hello"]}, "finishReason": "STOP"}]},
        "invented: texts in place of parts",
    ),
    ("openai", {"choices": [{"index": "0", "delta": TEXT_DELTA, "finish_reason": "stop"}]}, "found on the wires"),
    ("openai", {"choices": [{"index": 1, "delta": TEXT_DELTA, "finish_reason": "stop"}]}, "found on the wires"),
    ("openai", {"choices": [{"index": 1, "message": TEXT_DELTA, "finish_reason": "stop"}]}, "found on the wires"),
    ("openai", {"choices": {"index": 0, "message": TEXT_DELTA, "finish_reason": "stop"}}, "found on the wires"),
    ("openai", {"response": {"choices": [{"message": TEXT_DELTA, "finish_reason": "stop"}]}}, "found on the wires"),
    ("openai", {"output": {"choices": [{"message": TEXT_DELTA, "finish_reason": "stop"}]}}, "DashScope API: output"),
    (
        "openai",
        {"code": 200, "message": "success", "data": {"choices": [{"message": TEXT_DELTA, "finish_reason": "stop"}]}},
        "no source found: a code and a message around",
    ),
    (
        "gemini",
        {"response": {"candidates": [{"content": {"parts": [TEXT]}, "finishReason": "STOP"}]}},
        "Code Assist",
    ),
    ("gemini", {"candidates": [{"content": {"parts": TEXT}, "finishReason": "STOP"}]}, ON_WIRE),
    ("gemini", {"candidates": [{"content": {"parts": "Hello"}, "finishReason": "STOP"}]}, ON_WIRE),
    ("gemini", {"candidates": [{"content": "Hello", "finishReason": "STOP"}]}, ON_WIRE),
    ("gemini", {"candidates": {"content": {"parts": [TEXT]}, "finish_reason": "stop"}}, "found on the wires"),
    (
        "gemini",
        {"candidates": [{"content": {"parts": [TEXT]}, "finish_reason": "STOP"}]},
        "Vertex AI: snake case",
    ),
    (
        "gemini",
        {"candidates": [{"content": {"parts": [TEXT]}, "finishReason": 1}]},
        "Vertex AI: numbers",
    ),
    (
        "gemini",
        {"candidates": [{"index": 1, "content": {"parts": [TEXT]}, "finishReason": "STOP"}]},
        "found on the wires",
    ),
    (
        "gemini",
        {"candidates": [{"index": "0", "content": {"parts": [TEXT]}, "finishReason": "STOP"}]},
        "found on the wires",
    ),
]


@pytest.mark.parametrize(("wire", "whole", "who"), ENVELOPES)
def test_each_envelope(wire: str, whole: dict[str, Any], who: str) -> None:
    read = outcome(wire, [event(whole)])
    assert (read["text"], read["finish"][0]) == ("Hello", "stop"), who


# Vendors' own wires, at an address of another one: https://ollama.com, llama.cpp, Text Generation Inference, Cloudflare
FOREIGN: list[tuple[str, bytes]] = [
    ("openai", b'{"model":"m","message":{"content":"Hi"},"done":false}\n{"done":true,"done_reason":"stop"}\n'),
    ("openai", b'data: {"content":"Hi","stop":false}\n\ndata: {"content":"","stop":true,"stop_type":"eos"}\n\n'),
    ("openai", b'data:{"index":1,"token":{"text":"Hi"},"generated_text":null}\n\n'),
    ("openai", b'data: {"response":"Hi"}\n\ndata: [DONE]\n\n'),
    ("openai", event({"candidates": [{"content": {"parts": [TEXT]}, "finishReason": "STOP"}]})),
    ("gemini", event({"choices": [{"delta": TEXT_DELTA, "finish_reason": "stop"}]}) + b"data: [DONE]\n\n"),
]


@pytest.mark.parametrize(("wire", "body"), FOREIGN)
def test_another_vendors_wire_is_no_reply_and_no_end_of_one(wire: str, body: bytes) -> None:
    reading = Reading(registry.wire(wire), KeyMask(""))
    list(reading.feed(body))
    with pytest.raises(BadReply) as failure:
        list(reading.end())
    assert (type(failure.value), failure.value.is_doubtful) == (BadReply, True)


ZEROS = b'{"id":"","object":"","created":0,"choices":null,"usage":{"prompt_tokens":0,"completion_tokens":0}}'
"""Sent under status 200 by router-for-me/CLIProxyAPI#2190."""


@pytest.mark.parametrize(
    "body", [b"", b": hm\n\n", b"data: [DONE]\n\n", openai_chunk(role="assistant") + DONE, b"{}", ZEROS]
)
def test_a_model_that_answers_nothing_is_told_from_it(body: bytes) -> None:
    reading = Reading(registry.wire("openai"), KeyMask(""))
    list(reading.feed(body))
    with pytest.raises(NothingSaid):
        list(reading.end())


def test_a_message_in_one_piece_is_whole_without_a_finish_and_a_delta_is_not() -> None:
    whole, piece = ({"choices": [{"index": 0, name: TEXT_DELTA}]} for name in ("message", "delta"))
    bare = outcome("openai", [json.dumps(whole).encode()])
    assert (bare["text"], bare.get("finish")) == ("Hello", ["stop", ""])
    for cut in (json.dumps(piece).encode(), event(whole), json.dumps(whole).encode() * 2):
        assert outcome("openai", [cut])["error"] == "cut_off"


def test_an_error_in_a_delta_is_one() -> None:
    failed = event({"choices": [{"index": 0, "delta": {"error": {"message": "boom", "code": 503}}}]})
    read = outcome("openai", [openai_chunk(content="Hel") + failed + DONE])
    assert (read["text"], read["error"]) == ("Hel", "vendor_down")


def test_a_link_goes_to_no_vendor_that_would_refuse_it() -> None:
    (part,) = outcome("openai", [event({"choices": [{"delta": {"images": [LINK]}, "finish_reason": "stop"}]})])["parts"]
    turns = (Turn("user", (Part("text", "Hi"),)), Turn("assistant", (Part("text", "Look:"), Part.from_json(part))))
    prompt = Prompt("m", (*turns, Turn("user", (Part("text", "And?"),))))
    for name in ("gemini", "openai"):
        address = Address(name, "https://vendor.example")
        assert LINK.encode() not in registry.wire(name).request(address, prompt).body


SIGNED = {"text": "Hello", "thought_signature": "QQ=="}
GEMINI_PARTS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (
        {"inline_data": {"mime_type": "image/png", "data": PNG}},
        {"kind": "image", "media_type": "image/png", "data": PNG},
        "google-genai in Python: names in snake case",
    ),
    (
        {"inlineData": {"mimeType": "image/gif", "data": GIF.replace("/", "_").replace("+", "-").rstrip("=")}},
        {"kind": "image", "media_type": "image/gif", "data": GIF},
        "URL-safe base64: lmnr-ai/lmnr#1275",
    ),
    (
        {"inlineData": {"mimeType": "image/png", "data": PNG.rstrip("=")}},
        {"kind": "image", "media_type": "image/png", "data": PNG},
        "base64 without padding: openclaw/openclaw#96437",
    ),
    (
        {"file_data": {"mime_type": "video/mp4", "file_uri": "https://f.example/a"}},
        {"kind": "file", "media_type": "video/mp4", "uri": "https://f.example/a"},
        "google-genai in Python: names in snake case",
    ),
    (
        {"function_call": {"name": "f", "args": {"a_b": 1}}},
        {
            "kind": "call",
            "name": "f",
            "arguments": {"a_b": 1},
            "vendor": {"wire": "gemini", "part": {"functionCall": {"name": "f", "args": {"a_b": 1}}}},
        },
        "google-genai in Python: names in snake case; those of the arguments stay",
    ),
    (
        SIGNED,
        {
            "kind": "text",
            "text": "Hello",
            "vendor": {"wire": "gemini", "part": {"text": "Hello", "thoughtSignature": "QQ=="}},
        },
        "google-genai in Python: names in snake case",
    ),
    (
        {"executable_code": {"language": "PYTHON", "code": "1"}},
        {
            "kind": "code",
            "language": "python",
            "text": "1",
            "vendor": {"wire": "gemini", "part": {"executableCode": {"language": "PYTHON", "code": "1"}}},
        },
        "google-genai in Python: names in snake case",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("part", "read", "who"), GEMINI_PARTS)
def test_each_spelling_of_a_part_of_gemini(part: dict[str, Any], read: dict[str, Any], who: str) -> None:
    whole = {"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}]}
    assert outcome("gemini", [event(whole)])["parts"] == [read], who


def test_metadata_of_gemini_in_snake_case() -> None:
    chunk = {"web": {"uri": "https://a.example/", "title": "A"}}
    support = {"segment": {"start_index": 0, "end_index": 2}, "grounding_chunk_indices": [0]}
    body = event({
        "candidates": [{
            "content": {"parts": [TEXT]},
            "finish_reason": "SAFETY",
            "finish_message": "No.",
            "grounding_metadata": {"grounding_chunks": [chunk], "grounding_supports": [support]},
        }],
        "usage_metadata": {"prompt_token_count": 3, "candidates_token_count": 2, "thoughts_token_count": 1},
    })  # fmt: skip
    read = outcome("gemini", [body])
    assert read["usage"] == [3, 2, 1, None]
    assert [part["kind"] for part in read["parts"]] == ["citation", "refusal"]
    assert read["parts"][0]["supports"] == [{"start": 0, "end": 2, "sources": [0]}]


def test_a_block_of_gemini_in_snake_case() -> None:
    body = event({"prompt_feedback": {"block_reason": "SAFETY", "block_reason_message": "No."}})
    assert outcome("gemini", [body])["parts"] == [{"kind": "refusal", "text": "No.", "reason": "SAFETY"}]


def chosen(wire: str, index: object, text: str) -> bytes:
    """Return a piece of the reply with this index."""
    if wire == "gemini":
        return event({"candidates": [{"index": index, "content": {"parts": [{"text": text}]}}]})
    return event({"choices": [{"index": index, "delta": {"content": text}}]})


@pytest.mark.parametrize("wire", ["gemini", "openai"])
@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        ([(1, "a"), (1, "b"), (1, "c"), (1, "d"), (1, "e")], "abcde"),
        ([("1", "a"), ("1", "b")], "ab"),
        ([(1, "no"), (0, "a"), (1, "no"), (0, "b"), (1, "no"), (1, "no")], "ab"),
        ([(1, "no"), (1, "no"), ("0", "a"), (1, "no")], "a"),
        ([(2, "a"), (1, "no"), (2, "b"), (2, "c")], "abc"),
    ],
)
def test_the_reply_is_index_0_or_the_only_other_one(wire: str, pieces: list[tuple[object, str]], text: str) -> None:
    end = gemini_event("", finishReason="STOP") if wire == "gemini" else b"data: [DONE]\n\n"
    body = b"".join(chosen(wire, index, piece) for index, piece in pieces) + end
    assert outcome(wire, [body])["text"] == text
