"""The vendors' own libraries read the same scripts as we do, and agree: the fake vendor is true to them.

Differences are noted at the script. Neither library raises when a body just ends. Each leaves out of its `text` some
things that we show as other parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from providers.errors import VendorError
from providers.types import Usage
from tests import anthropic_replies
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import SECRET, Ask
from tests.vendor_replies import (
    Step,
    event,
    gemini_end,
    gemini_event,
    gemini_parts,
    gemini_stream,
    openai_chunk,
    openai_end,
    openai_event,
    openai_stream,
    responses_end,
    responses_event,
    responses_item,
    responses_message,
    responses_reply,
    responses_whole,
)

if TYPE_CHECKING:  # they take a second to load, in each process that collects tests
    from anthropic import Anthropic
    from google import genai
    from google.genai import types as genai_types
    from openai import OpenAI

Heard = tuple[str, str, str | None, list[int | None]]
"""Answer, thought, the vendor's finish, and the counts: asked, answered (without thoughts), thought."""

SIGNED = {"text": "signed.", "thoughtSignature": "c2lnbmF0dXJl"}
GROUNDED = {"groundingChunks": [{"web": {"uri": "https://a.example/", "title": "A"}}]}
THINKING = {"promptTokenCount": 8, "candidatesTokenCount": 2, "thoughtsTokenCount": 40, "totalTokenCount": 50}
GEMINI: dict[str, list[Step]] = {
    "plain": [gemini_stream(["Hello", " world", "\u2028 and 你好😀"])],
    "thoughts": [gemini_parts({"text": "Hm.", "thought": True}), gemini_event("Yes."), gemini_end(usage=THINKING)],
    "signature": [gemini_parts({"text": "Not "}, SIGNED), gemini_end()],
    "call": [gemini_parts({"functionCall": {"name": "now", "args": {"zone": "UTC"}}}), gemini_end()],
    "code": [
        gemini_parts({"text": "See: "}, {"executableCode": {"language": "PYTHON", "code": "1+1"}}),
        gemini_parts({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}}, {"text": "two"}),
        gemini_end(),
    ],
    "cut at the limit": [gemini_event("As long as"), gemini_end("MAX_TOKENS")],
    "blocked half-way": [gemini_event("Up to here"), gemini_end("SAFETY")],
    "prompt blocked": [event({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4}})],
    "grounding": [gemini_event("So."), gemini_event("", finishReason="STOP", groundingMetadata=GROUNDED)],
    "picture": [
        gemini_parts({"text": "Look"}, {"inlineData": {"mimeType": "image/png", "data": "aGk="}}),
        gemini_end(),
    ],
}
USAGE = {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}
REASONED = {**USAGE, "completion_tokens_details": {"reasoning_tokens": 5}}
OPENAI: dict[str, list[Step]] = {
    "plain": [openai_stream(["Hello", " world", "\u2028 and 你好😀"])],
    "usage with reasoning": [openai_event("Yes"), openai_end(usage=REASONED)],
    "reasoning content": [openai_event(None, reasoning_content="Hm."), openai_event("Yes"), openai_end()],
    "call": [
        openai_chunk(tool_calls=[{"index": 0, "id": "a", "type": "function", "function": {"name": "now"}}]),
        openai_chunk(tool_calls=[{"index": 0, "function": {"arguments": '{"zone":'}}]),
        openai_chunk(tool_calls=[{"index": 0, "function": {"arguments": ' "UTC"}'}}]),
        openai_end("tool_calls"),
    ],
    "cut at the limit": [openai_stream(["As long as"], "length")],
    "filtered": [openai_stream(["Up to here"], "content_filter")],
    "null first": [openai_chunk(role="assistant", content=None), openai_stream(["Hi"])],
    "comments": [b": PING\n\n", openai_event("a"), b":\n\n", openai_event("b"), openai_end()],
}
SIGNED_THOUGHT = {"type": "thinking", "thinking": "Look it up.", "signature": "U0lH"}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "grün"}}
HIT = {"type": "web_search_result", "url": "https://a.example/", "title": "A", "encrypted_content": "RW5j"}
CACHED = {"input_tokens": 4, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 6, "output_tokens": 1}
SPENT = {"output_tokens": 57, "output_tokens_details": {"thinking_tokens": 50}}
ANTHROPIC: dict[str, list[Step]] = {
    "plain": [anthropic_replies.words_stream(["Hello", " world", "\u2028 and 你好😀"])],
    "thoughts": [anthropic_replies.stream([SIGNED_THOUGHT, {"type": "text", "text": "Yes."}], spent=SPENT)],
    "hidden thought": [
        anthropic_replies.stream([{"type": "redacted_thinking", "data": "RW5j"}, {"type": "text", "text": "Yes."}])
    ],
    "call": [
        anthropic_replies.stream(
            [{"type": "tool_use", "id": "toolu_1", "name": "now", "input": {"zone": "UTC"}}], "tool_use"
        )
    ],
    "search": [
        anthropic_replies.stream(
            [
                SEARCH,
                {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [HIT]},
                {"type": "text", "text": "So."},
            ]
        )
    ],
    "cache": [anthropic_replies.stream([{"type": "text", "text": "Yes."}], usage=CACHED)],
    "cut at the limit": [anthropic_replies.words_stream(["As long as"], "max_tokens")],
    "paused": [anthropic_replies.stream([SEARCH], "pause_turn")],
    "refused half-way": [anthropic_replies.words_stream(["Up to here"], "refusal")],
}
REASONING = {
    "id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}], "encrypted_content": "gAAA"
}  # fmt: skip
CALLED = {
    "id": "fc_1",
    "type": "function_call",
    "call_id": "c",
    "name": "now",
    "arguments": "{}",
    "status": "completed",
}
SEARCHED = {
    "id": "ws_1",
    "type": "web_search_call",
    "status": "completed",
    "action": {"type": "search", "query": "tea"},
}
DEEP = {"input_tokens": 9, "output_tokens": 7, "total_tokens": 16, "output_tokens_details": {"reasoning_tokens": 5}}
REFUSAL = {**responses_message(""), "content": [{"type": "refusal", "refusal": "No."}]}
BEGUN = event({"type": "response.created", "sequence_number": 0, "response": responses_whole("in_progress", [])})


def responded(*items: dict[str, Any], reason: str = "", **more: Any) -> list[Step]:
    """Return a stream of these items, each whole at once."""
    begun = [responses_item(item, at) for at, item in enumerate(items)]
    return [BEGUN, *begun, responses_end(reason, output=items, **more)]


SUMMARY = [
    {"type": "response.output_item.added", "output_index": 0, "item": {**REASONING, "summary": []}},
    *(
        {"type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "output_index": 0, "summary_index": 0,
         "delta": delta}
        for delta in ("H", "m.")
    ),
    {"type": "response.output_item.done", "output_index": 0, "item": REASONING},
]  # fmt: skip
RESPONSES: dict[str, list[Step]] = {
    "plain": [BEGUN, *responses_reply(["Hello", " world", "\u2028 and 你好😀"], is_stream=True)[1:]],
    "summary": [
        BEGUN,
        *map(event, SUMMARY),
        *(responses_event(text, output_index=1) for text in ("Ye", "s.")),
        responses_end(usage=DEEP, output=[REASONING, responses_message("Yes.")]),
    ],
    "summary at once": responded(REASONING, responses_message("Yes."), usage=DEEP),
    "call": responded(REASONING, CALLED),
    "search": responded(SEARCHED, responses_message("So.")),
    "cut at the limit": responded(responses_message("As long as"), reason="max_output_tokens"),
    "filtered": responded(responses_message("Up to here"), reason="content_filter"),
    "refused": responded(REFUSAL),
    "unknown event": [BEGUN, event({"type": "response.quantum"}), *responded(responses_message("Yes."))[1:]],
}


def ours(stream: Any) -> Heard:
    """Return our client's reading of a reply."""
    text, thought = "", ""
    with stream:
        for delta in stream:
            text += delta.part.text if delta.part and delta.part.kind == "text" else delta.text
            thought += delta.thought
    usage = stream.usage or Usage()
    counts = [usage.input_tokens, usage.output_tokens, usage.thought_tokens]
    return text, thought, stream.finish.vendor_reason, counts


@pytest.fixture
def google(wire_vendor: FakeVendor) -> Iterator[genai.Client]:
    """Return Google's own client, at the fake vendor."""
    from google import genai
    from google.genai import types as genai_types

    options = genai_types.HttpOptions(base_url=wire_vendor.gemini_url, api_version="v1beta")
    with genai.Client(api_key=SECRET, http_options=options) as client:
        yield client


@pytest.fixture
def openai(wire_vendor: FakeVendor) -> Iterator[OpenAI]:
    """Return OpenAI's own client, at the fake vendor."""
    from openai import OpenAI

    with OpenAI(api_key=SECRET, base_url=wire_vendor.openai_url, max_retries=0) as client:
        yield client


@pytest.fixture
def anthropic(wire_vendor: FakeVendor) -> Iterator[Anthropic]:
    """Return Anthropic's own client, at the fake vendor."""
    from anthropic import Anthropic

    with Anthropic(auth_token=SECRET, base_url=wire_vendor.gemini_url, max_retries=0) as client:
        yield client


@pytest.mark.parametrize("script", GEMINI)
def test_google_genai(wire_vendor: FakeVendor, ask: Ask, google: genai.Client, script: str) -> None:
    wire_vendor.play(GEMINI[script], GEMINI[script])
    theirs = _by_google(google.models.generate_content_stream(model="m", contents="Hi"))
    assert ours(ask(wire="gemini", key_placement="header-goog")) == theirs
    _same_call(wire_vendor)


@pytest.mark.parametrize("script", OPENAI)
def test_openai(wire_vendor: FakeVendor, ask: Ask, openai: OpenAI, script: str) -> None:
    wire_vendor.play(OPENAI[script], OPENAI[script])
    asked: Any = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    theirs = _by_openai(openai.chat.completions.create(**asked))
    assert ours(ask()) == theirs
    _same_call(wire_vendor)


@pytest.mark.parametrize("script", RESPONSES)
def test_openai_over_responses(wire_vendor: FakeVendor, ask: Ask, openai: OpenAI, script: str) -> None:
    wire_vendor.play(RESPONSES[script], RESPONSES[script])
    theirs = _by_responses(openai)
    assert ours(ask(wire="responses")) == theirs
    _same_call(wire_vendor)


def _by_responses(client: OpenAI) -> Heard:
    asked: Any = {
        "model": "m", "stream": True, "store": False, "input": [{"role": "user", "content": "Hi"}],
        "reasoning": {"summary": "auto"}, "include": ["reasoning.encrypted_content"],
    }  # fmt: skip
    ends = ("response.completed", "response.incomplete")
    (response,) = [event.response for event in client.responses.create(**asked) if event.type in ends]
    thoughts = [part.text for item in response.output if item.type == "reasoning" for part in item.summary]
    details = response.incomplete_details
    thinking = response.usage.output_tokens_details.reasoning_tokens
    told = [response.usage.input_tokens, response.usage.output_tokens - thinking, thinking]
    return response.output_text, "".join(thoughts), details.reason if details else response.status, told


QUESTION = [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}]


@pytest.mark.parametrize("script", ANTHROPIC)
def test_anthropic(wire_vendor: FakeVendor, ask: Ask, anthropic: Anthropic, script: str) -> None:
    wire_vendor.play(ANTHROPIC[script], ANTHROPIC[script])
    theirs = _by_anthropic(anthropic)
    assert ours(ask(wire="anthropic")) == theirs
    _same_call(wire_vendor)


def _by_anthropic(client: Anthropic) -> Heard:
    asked: Any = {"model": "m", "max_tokens": 8192, "messages": [{"role": "user", "content": QUESTION}]}
    with client.messages.stream(**asked) as stream:
        message = stream.get_final_message()
    text = "".join(block.text for block in message.content if block.type == "text")
    thought = "".join(block.thinking for block in message.content if block.type == "thinking")
    counts = message.usage
    asked_for = (counts.input_tokens, counts.cache_read_input_tokens, counts.cache_creation_input_tokens)
    details = counts.output_tokens_details
    thinking = details.thinking_tokens if details else None
    told = [sum(filter(None, asked_for)), counts.output_tokens - (thinking or 0), thinking]
    return text, thought, message.stop_reason, told


def _same_call(vendor: FakeVendor) -> None:
    """Check that both asked the same thing in the same way."""
    theirs, mine = vendor.requests
    assert (theirs.method, theirs.path, theirs.query, theirs.json) == (mine.method, mine.path, mine.query, mine.json)
    for name in ("authorization", "x-api-key", "x-goog-api-key", "content-type"):
        assert _header(theirs.headers, name) == _header(mine.headers, name)


def _header(headers: dict[str, str], wanted: str) -> str | None:
    return next((value for name, value in headers.items() if name.lower() == wanted), None)


def _by_google(chunks: Iterator[genai_types.GenerateContentResponse]) -> Heard:
    text, thought, finish, usage = "", "", None, Usage()
    for chunk in chunks:
        for candidate in chunk.candidates or []:
            finish = candidate.finish_reason.value if candidate.finish_reason else finish
            for part in (candidate.content and candidate.content.parts) or []:
                text, thought = (
                    (text, thought + (part.text or "")) if part.thought else (text + (part.text or ""), thought)
                )
        if chunk.prompt_feedback and chunk.prompt_feedback.block_reason:
            # The library leaves the finish of a refused prompt empty; its reason stands beside.
            finish = chunk.prompt_feedback.block_reason.value
        counts = chunk.usage_metadata
        if counts:
            usage = Usage(counts.prompt_token_count, counts.candidates_token_count, counts.thoughts_token_count)
    return text, thought, finish, [usage.input_tokens, usage.output_tokens, usage.thought_tokens]


def _by_openai(chunks: Any) -> Heard:
    text, thought, finish, counts = "", "", None, [None, None, None]
    for chunk in chunks:
        for choice in chunk.choices:
            text += choice.delta.content or ""
            # Not in the library's types, which keep it all the same.
            thought += getattr(choice.delta, "reasoning_content", None) or ""
            finish = choice.finish_reason or finish
        if chunk.usage:
            details = chunk.usage.completion_tokens_details
            reasoned = details.reasoning_tokens if details else None
            counts = [chunk.usage.prompt_tokens, chunk.usage.completion_tokens - (reasoned or 0), reasoned]
    return text, thought, finish, counts


LIMITED = {"error": {"code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED"}}
REFUSED = {"error": {"message": "Slow down.", "type": "requests", "code": "rate_limit_exceeded"}}


def test_google_genai_on_an_error_in_the_stream(wire_vendor: FakeVendor, ask: Ask, google: genai.Client) -> None:
    from google.genai.errors import APIError

    wire_vendor.play(*[[gemini_event("Half"), event(LIMITED)]] * 2)
    with pytest.raises(APIError) as theirs:
        list(google.models.generate_content_stream(model="m", contents="Hi"))
    assert theirs.value.code == 429
    _raises("rate_limited", lambda: ours(ask(wire="gemini")))


def test_openai_on_an_error_in_the_stream(wire_vendor: FakeVendor, ask: Ask, openai: OpenAI) -> None:
    from openai import APIError

    wire_vendor.play(*[[openai_event("Half"), event(REFUSED)]] * 2)
    asked: Any = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    with pytest.raises(APIError) as theirs:
        list(openai.chat.completions.create(**asked))
    assert theirs.value.code == "rate_limit_exceeded"
    _raises("rate_limited", lambda: ours(ask()))


def test_openai_on_an_error_over_responses(wire_vendor: FakeVendor, ask: Ask, openai: OpenAI) -> None:
    """The library hands such an event on like any other."""
    error = {"type": "error", "code": "rate_limit_exceeded", "message": "Slow down.", "param": None}
    half = [BEGUN, responses_event("Half"), event(error)]
    wire_vendor.play(half, half)
    asked: Any = {"model": "m", "stream": True, "input": "Hi"}
    assert [one.type for one in openai.responses.create(**asked)][-1] == "error"
    _raises("rate_limited", lambda: ours(ask(wire="responses")))


def test_anthropic_on_an_error_in_the_stream(wire_vendor: FakeVendor, ask: Ask, anthropic: Anthropic) -> None:
    from anthropic import APIStatusError

    error = {"type": "overloaded_error", "message": "Overloaded"}
    half = [anthropic_replies.start(), anthropic_replies.named("error", error=error)]
    wire_vendor.play(half, half)
    with pytest.raises(APIStatusError):
        _by_anthropic(anthropic)
    _raises("vendor_down", lambda: ours(ask(wire="anthropic")))


def test_neither_library_notices_a_body_that_just_ends(
    wire_vendor: FakeVendor, ask: Ask, google: genai.Client, openai: OpenAI
) -> None:
    wire_vendor.play([gemini_event("Half")], [gemini_event("Half")], [openai_event("Half")], [openai_event("Half")])
    assert _by_google(google.models.generate_content_stream(model="m", contents="Hi"))[0] == "Half"
    _raises("cut_off", lambda: ours(ask(wire="gemini")))
    asked: Any = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    assert _by_openai(openai.chat.completions.create(**asked))[0] == "Half"
    _raises("cut_off", lambda: ours(ask()))


def _raises(code: str, read: Callable[[], Heard]) -> None:
    with pytest.raises(VendorError) as raised:
        read()
    assert raised.value.code == code


def test_the_model_lists(wire_vendor: FakeVendor, google: genai.Client, openai: OpenAI) -> None:
    """Both libraries read the lists that the fake vendor gives; test_catalogue reads them with our own client."""
    assert [model.name for model in google.models.list()] == ["models/parrot", "models/owl", "models/ear"]
    assert [model.id for model in openai.models.list()] == ["parrot", "owl", "ear"]


def test_counting_tokens(wire_vendor: FakeVendor, google: genai.Client) -> None:
    assert google.models.count_tokens(model="m", contents="one two three").total_tokens == 3
