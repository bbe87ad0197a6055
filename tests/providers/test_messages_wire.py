"""The Messages wire: what is asked, what goes back as it came, what another vendor is told, and the list of models."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from providers.client import model_list
from providers.transport.network import Network
from providers.types import Address, Part, Prompt, Turn, Usage
from providers.wires import registry
from providers.wires.refusals.fields import Change
from tests.anthropic_replies import closed, end, grown, opened, start, text_delta, whole
from tests.anthropic_replies import stream as messages_stream
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import Ask, PlainKey, gone_on, said
from tests.providers.reading import WIRE_FILES, outcome
from tests.providers.reading import turns as conversation
from tests.providers.test_second_turn import HELLO, IMAGE, NOTE, ON, PDF, asked, read, stored

Json = dict[str, Any]

SIGNED = {"type": "thinking", "thinking": "Look it up.", "signature": "U0lHbmVk"}
HIDDEN = {"type": "redacted_thinking", "data": "RW1wdHk="}
CITED = {
    "type": "text",
    "text": "12 m",
    "citations": [
        {
            "type": "web_search_result_location",
            "url": "https://lake.example/",
            "title": "Depths",
            "encrypted_index": "RXZl",
            "cited_text": "It is 12 m deep.",
        }
    ],
}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "grün"}}
FOUND = {
    "type": "web_search_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": [
        {"type": "web_search_result", "url": "https://lake.example/", "title": "D", "encrypted_content": "RW5j"}
    ],
}
RUN = {"type": "server_tool_use", "id": "srvtoolu_2", "name": "bash_code_execution", "input": {"command": "echo 2"}}
RAN = {
    "type": "bash_code_execution_tool_result",
    "tool_use_id": "srvtoolu_2",
    "content": {"type": "bash_code_execution_result", "stdout": "2\n", "stderr": "", "return_code": 0, "content": []},
}
USE = {"type": "tool_use", "id": "toolu_7", "name": "f", "input": {"q": [1, {"ü": None}]}}
ODD = {"type": "hologram", "deep": [[1.5, True]]}


def text(words: str) -> Json:
    return {"type": "text", "text": words}


EXACT: list[list[Json]] = [
    [SIGNED, text("Yes.")],
    [{**SIGNED, "thinking": ""}, text("Yes.")],
    [SIGNED, HIDDEN, USE],
    [SIGNED, text("One. "), {**SIGNED, "thinking": "Then."}, text("Two.")],
    [SEARCH, FOUND, text("It is "), CITED, text(" deep.")],
    [text("Is it "), CITED, CITED],
    [RUN, RAN, text("Two.")],
    [ODD, text("Hm.")],
]


def answer(*blocks: Json) -> Turn:
    """Return the turn of a reply of these blocks, as it was streamed, stored and read again."""
    return Turn("assistant", read("anthropic", messages_stream(blocks)))


def unmarked(message: Json) -> list[Json]:
    """Return the blocks of a message without marks for the cache."""
    return [{name: value for name, value in block.items() if name != "cache_control"} for block in message["content"]]


@pytest.mark.parametrize("blocks", EXACT)
@pytest.mark.parametrize("streams", [True, False])
def test_blocks_go_back_as_they_came(blocks: list[Json], streams: bool) -> None:
    came = answer(*blocks) if streams else Turn("assistant", read("anthropic", whole(blocks)))
    messages = asked("anthropic", HELLO, came, ON)["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert json.dumps(messages[1]["content"]) == json.dumps(blocks)


@pytest.mark.parametrize(
    "name", ["thinking", "redacted-thinking", "interleaved", "web-search", "code-execution", "mcp"]
)
def test_every_block_of_a_recorded_reply_goes_back(name: str) -> None:
    body = (WIRE_FILES / f"anthropic-{name}.sse").read_bytes()
    events = [json.loads(line.removeprefix(b"data: ")) for line in body.split(b"\n") if line.startswith(b"data: ")]
    kinds = [event["content_block"]["type"] for event in events if event["type"] == "content_block_start"]
    blocks = asked("anthropic", HELLO, Turn("assistant", read("anthropic", body)), ON)["messages"][1]["content"]
    assert [block["type"] for block in blocks] == kinds


def test_three_turns_over_the_wire(wire_vendor: FakeVendor, ask: Ask) -> None:
    """Thoughts, a picture and a search: each request repeats the one before, and the replies to the byte."""
    replies = [[SIGNED, text("A cat.")], [SIGNED, SEARCH, FOUND, text("It is "), CITED], [HIDDEN, text("Done.")]]
    turns: tuple[Turn, ...] = (Turn("user", (IMAGE, Part("text", "What is this?"))),)
    for blocks in replies:
        wire_vendor.play([messages_stream(blocks)])
        with ask(wire="anthropic", turns=turns, origin="model/account") as stream:
            turns = (*turns, Turn("assistant", stored(list(stream))), ON)
    said(ask(wire="anthropic", turns=turns, origin="model/account"))
    *_, third, last = (request.json["messages"] for request in wire_vendor.requests)
    assert [json.dumps(message["content"]) for message in last if message["role"] == "assistant"] == [
        json.dumps(blocks) for blocks in replies
    ]
    assert list(map(unmarked, last[:5])) == list(map(unmarked, third))
    assert last[0]["content"][0]["source"] == {"type": "base64", "media_type": "image/png", "data": "aGk="}


STARTED = {**SEARCH, "id": "srvtoolu_2"}
AT_WORK = {"web_search": True}


def test_a_paused_search_goes_on_with_what_was_said(wire_vendor: FakeVendor, ask: Ask) -> None:
    """Unchanged, with the call that has no result yet, and without a question: both calls make one reply."""
    wire_vendor.play(
        [messages_stream([SIGNED, SEARCH, FOUND, text("So: "), STARTED], "pause_turn")],
        [messages_stream([{**FOUND, "tool_use_id": "srvtoolu_2"}, text("It is "), CITED])],
    )
    deltas, streams = gone_on(
        lambda said, searches: ask(
            wire="anthropic", turns=said or (HELLO,), parameters=AT_WORK, origin="here", searches=searches
        )
    )
    parts, stream = stored(deltas), streams[-1]
    first, second = (request.json for request in wire_vendor.requests)
    assert second["messages"][:-1] == first["messages"]
    assert second["messages"][-1] == {"role": "assistant", "content": [SIGNED, SEARCH, FOUND, text("So: "), STARTED]}
    assert second["tools"] == first["tools"]
    assert [part.kind for part in parts if part.text or part.kind.startswith("call")] == [
        "thought", "call", "call_result", "text", "call", "call_result", "text",
    ]  # fmt: skip
    assert "".join(part.text for part in parts if part.kind == "text") == "So: It is 12 m"
    assert [(one["start"], one["end"]) for one in parts[-1].detail["supports"]] == [(6, 10)], "of its own call's text"
    assert (stream.finish.reason, stream.usage.input_tokens, stream.usage.output_tokens) == ("stop", 3, 5)  # type: ignore[union-attr]


def test_a_vendor_that_always_pauses_ends_at_last(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.script = lambda _request: [messages_stream([text("On and on. \n")], "pause_turn")]
    deltas, streams = gone_on(
        lambda said, searches: ask(wire="anthropic", turns=said or (HELLO,), parameters=AT_WORK, searches=searches)
    )
    assert "".join(delta.text for delta in deltas) == "On and on. \n" * 5
    assert len(wire_vendor.requests) == 5
    assert (stream := streams[-1]).finish is not None
    assert (stream.finish.reason, stream.finish.vendor_reason) == ("length", "pause_turn")
    assert wire_vendor.requests[-1].json["messages"][-1]["content"] == [text(("On and on. \n" * 4).rstrip())]
    wire_vendor.requests.clear()
    said(ask(wire="anthropic", turns=(HELLO,)))
    assert len(wire_vendor.requests) == 1, "without work at the vendor there is nothing to go on with"


def spelled(piece: str, index: int = 0) -> bytes:
    return grown({"type": "input_json_delta", "partial_json": piece}, index)


def test_calls_that_grow_in_turns_keep_their_arguments() -> None:
    calls = [{**USE, "id": f"toolu_{name}", "input": {}} for name in "ab"]
    begun = start() + opened(calls[0], 0) + opened(calls[1], 1)
    grows = spelled('{"x":', 0) + spelled('{"y":', 1) + spelled("1}", 0) + closed(0) + spelled("2}", 1) + closed(1)
    parts = outcome("anthropic", [begun + grows + end("tool_use")])["parts"]
    assert [(part["id"], part["arguments"]) for part in parts] == [("toolu_a", {"x": 1}), ("toolu_b", {"y": 2})]


def test_a_thought_between_whose_pieces_words_come_goes_back_whole() -> None:
    thought = {**SIGNED, "thinking": "", "signature": ""}
    body = start() + opened(thought, 0) + opened(text(""), 1) + grown({"type": "thinking_delta", "thinking": "Look "})
    body += text_delta("Ye", 1) + grown({"type": "thinking_delta", "thinking": "it up."}) + text_delta("s.", 1)
    body += grown({"type": "signature_delta", "signature": "U0lHbmVk"}) + closed(0) + closed(1) + end()
    read = outcome("anthropic", [body])
    assert (read["thought"], read["text"]) == ("Look it up.", "Yes.")
    assert [part["vendor"]["part"] for part in read["parts"]] == [SIGNED]


def test_a_call_in_very_many_pieces_is_not_too_long() -> None:
    pieces = spelled("[") + spelled("1,") * 9000 + spelled("1]}")
    read = outcome("anthropic", [start() + opened({**USE, "input": {}}) + spelled('{"x":') + pieces + end("tool_use")])
    assert len(read["parts"][0]["arguments"]["x"]) == 9001


@pytest.mark.parametrize("last", [b"", b"data: [DONE]\n\n"])
def test_a_call_that_is_open_at_the_end_is_shown(last: bytes) -> None:
    read = outcome("anthropic", [start() + opened({**USE, "input": {}}) + spelled('{"x": 1}') + last])
    assert [part["arguments"] for part in read["parts"]] == [{"x": 1}]


def test_another_account_is_told_words_only() -> None:
    parts = tuple(
        part._replace(detail={**part.detail, "vendor": {**part.detail["vendor"], "origin": "there"}})
        if "vendor" in part.detail
        else part
        for part in answer(SIGNED, HIDDEN, SEARCH, FOUND, text("It is "), CITED, RUN, RAN, USE).parts
    )
    prompt = Prompt("m", (HELLO, Turn("assistant", parts), ON))
    address = Address("anthropic", "https://vendor.example", origin="here")
    messages = json.loads(registry.wire("anthropic").request(address, prompt).body)["messages"]
    kinds = [block["type"] for block in messages[1]["content"]]
    assert kinds == ["text", "text", "text", "tool_use"]
    assert messages[1]["content"][0] == text("It is 12 m")
    assert "U0lHbmVk" not in json.dumps(messages)


def test_a_branch_that_changes_wire_drops_what_it_must() -> None:
    came = answer(SIGNED, HIDDEN, SEARCH, FOUND, text("It is "), CITED, text(" deep."), RUN, RAN, USE)
    openai = asked("openai", HELLO, came, ON)["messages"]
    assert openai[1] == {"role": "assistant", "content": "It is 12 m deep.\n\n```bash\necho 2\n```\n\n```\n2\n```"}
    gemini = asked("gemini", HELLO, came, ON)["contents"][1]["parts"]
    assert "".join(part["text"] for part in gemini).startswith("It is 12 m deep.")
    signed = {"text": "Words", "thoughtSignature": "c2ln"}
    foreign = Part("text", "Words", {"vendor": {"wire": "gemini", "part": signed}})
    back = asked("anthropic", HELLO, Turn("assistant", (Part("thought", "Hm."), foreign)), ON)["messages"]
    assert back[1]["content"] == [text("Words")]


def test_calls_are_answered_and_pairs_stay_together() -> None:
    messages = asked("anthropic", HELLO, answer(USE), ON)["messages"]
    open_call = {"tool_use_id": "toolu_7", "content": "Nobody called this function.", "is_error": True}
    assert unmarked(messages[2]) == [{"type": "tool_result", **open_call}, text("Go on")]
    given = Turn("user", (Part("call_result", "", {"name": "f", "id": "toolu_7", "response": {"x": 1}}),))
    assert unmarked(asked("anthropic", HELLO, answer(USE), given)["messages"][2]) == [
        {"type": "tool_result", "tool_use_id": "toolu_7", "content": '{"x": 1}'}
    ]
    # A search that was stopped has no result, and would be refused.
    assert asked("anthropic", HELLO, answer(SEARCH, text("Hm.")), ON)["messages"][1]["content"] == [text("Hm.")]


def test_turns_alternate_and_nothing_is_empty() -> None:
    nothing = (Part("text", " \n"), Part("thought", "Hm."), Part("refusal", "no"), Part("seam"))
    messages = asked("anthropic", Turn("assistant", (Part("text", "Hello"),)), HELLO, Turn("assistant", nothing), ON)
    assert [message["role"] for message in messages["messages"]] == ["user", "assistant", "user"]
    assert unmarked(messages["messages"][2]) == [text("Hello"), text("Go on")]
    assert asked("anthropic", Turn("user", (Part("text", " "),)))["messages"] == []


def test_files_of_people() -> None:
    heic = Part("image", "", {"media_type": "image/heic", "data": "aGk=", "name": "a.heic"})
    blank = Part("file", "", {"media_type": "text/plain", "data": b64encode(b" ").decode(), "name": "b.txt"})
    blocks = unmarked(asked("anthropic", Turn("user", (IMAGE, PDF, NOTE, heic, blank)))["messages"][0])
    cited = {"citations": {"enabled": True}}
    note = {"type": "text", "media_type": "text/plain", "data": "Übung\n"}
    assert blocks == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="},
            "title": "a.pdf",
            **cited,
        },
        {"type": "document", "source": note, "title": "a.txt", **cited},
        text("[image: a.heic]"),
        text("[file: b.txt]"),
    ]


def test_a_picture_that_a_model_made_goes_into_the_next_question() -> None:
    made = Turn("assistant", (Part("text", "Here"), Part("image", "", {"media_type": "image/png", "data": "aGk="})))
    messages = asked("anthropic", HELLO, made, ON)["messages"]
    assert [block["type"] for block in messages[2]["content"]] == ["image", "text"]


@pytest.mark.parametrize(
    ("parameters", "quirks", "expected"),
    [
        ({}, "", {"max_tokens": 8192}),
        ({"thinking": "off"}, "", {"max_tokens": 8192, "thinking": {"type": "disabled"}}),
        ({"thinking": "auto"}, "", {"thinking": {"type": "adaptive", "display": "summarized"}}),
        ({"thinking": {"level": "minimal"}}, "", {"output_config": {"effort": "low"}}),
        (
            {"thinking": {"budget": 4096}},
            "",
            {"max_tokens": 12288, "thinking": {"type": "enabled", "budget_tokens": 4096}},
        ),
        ({"thinking": {"budget": 4096}}, "thinking:adaptive", {"output_config": {"effort": "medium"}}),
        ({"thinking": {"level": "high"}}, "thinking:budget", {"thinking": {"type": "enabled", "budget_tokens": 16384}}),
        (
            {"thinking": {"level": "high"}},
            "thinking:budget thinking:adaptive",
            {"thinking": None, "output_config": None},
        ),
        (
            {"thinking": {"budget": 4096}, "max_tokens": 3000},
            "",
            {"max_tokens": 3000, "thinking": {"type": "enabled", "budget_tokens": 1976}},
        ),
        ({"thinking": {"budget": 4096}, "max_tokens": 1000}, "", {"max_tokens": 1000, "thinking": None}),
        ({"thinking": {"budget": 9000}}, "range:max_tokens=..4096", {"max_tokens": 4096}),
        ({"thinking": "off"}, "no:type=disabled", {"thinking": None}),
        ({"web_search": True}, "no:web_search", {"tools": None}),
        ({"stop": ["END"], "top_k": 5}, "", {"stop_sequences": ["END"], "top_k": 5}),
        (
            {"json_schema": {"type": "object"}},
            "",
            {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}},
        ),
    ],
)
def test_parameters(parameters: Json, quirks: str, expected: Json) -> None:
    address = Address("anthropic", "https://vendor.example", quirks=frozenset(quirks.split()))
    prompt = Prompt("m", conversation("Hi"), parameters=parameters)
    body = json.loads(registry.wire("anthropic").request(address, prompt).body)
    assert {name: body.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    "base", ["https://v.example", "https://v.example/", "https://v.example/v1", "https://v.example/v1/messages"]
)
def test_the_address_is_the_same_however_it_was_pasted(base: str) -> None:
    request = registry.wire("anthropic").request(Address("anthropic", base), Prompt("m", conversation("Hi")))
    assert request.url == "https://v.example/v1/messages"
    assert ("anthropic-version", "2023-06-01") in request.headers
    chosen = Address("anthropic", base, headers=(("Anthropic-Version", "2026-10-21"),))
    headers = registry.wire("anthropic").request(chosen, Prompt("m", conversation("Hi"))).headers
    assert [value for name, value in headers if name.lower() == "anthropic-version"] == ["2026-10-21"]


def test_a_form_of_thinking_is_learnt_within_the_question(wire_vendor: FakeVendor, ask: Ask) -> None:
    told = '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive".'
    refusal = json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": told}}).encode()
    wire_vendor.play([400, refusal])
    stream = ask("Hi", wire="anthropic", parameters={"thinking": {"budget": 2000}, "temperature": 0.5})
    assert said(stream) == "You said: Hi."
    assert stream.quirks == frozenset({"thinking:adaptive"})
    assert wire_vendor.requests[1].json["thinking"]["type"] == "adaptive"
    assert stream.left_out == []


def test_only_what_somebody_has_set_is_said_to_be_changed(ask: Ask) -> None:
    limited = {"wire": "anthropic", "quirks": frozenset({"range:max_tokens=..4096"})}
    usual, long = ask("Hi", **limited), ask("Hi", parameters={"max_tokens": 9000}, **limited)
    assert (usual.left_out, long.left_out) == ([], [Change("max_tokens", 9000, 4096)])


def test_a_foreign_signature_is_left_out_after_its_refusal(wire_vendor: FakeVendor, ask: Ask) -> None:
    told = "messages.1.content.0: Invalid `signature` in `thinking` block"
    wire_vendor.play([400, json.dumps({"error": {"type": "invalid_request_error", "message": told}}).encode()])
    assert said(ask(wire="anthropic", turns=(HELLO, answer(SIGNED, text("Yes.")), ON))).startswith("You said")
    assert wire_vendor.requests[1].json["messages"][1]["content"] == [text("Yes.")]


def test_cached_and_written_tokens_are_part_of_the_input(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play([(WIRE_FILES / "anthropic-cache.sse").read_bytes()])
    stream = ask(wire="anthropic")
    said(stream)
    assert stream.usage == Usage(975, 5, None, 900, 44)


def test_the_models_are_listed_page_by_page(wire_vendor: FakeVendor) -> None:
    kinds = {"adaptive": {"supported": True}, "enabled": {"supported": False}}
    first = {
        "data": [
            {"type": "model", "id": "claude-a", "display_name": "Claude A", "max_input_tokens": 1000, "max_tokens": 64,
             "capabilities": {"thinking": {"supported": True, "types": kinds}}},
            {"type": "model", "id": "claude-old", "display_name": "Old", "lifecycle": "retired"},
        ],
        "has_more": True, "first_id": "claude-a", "last_id": "claude-old",
    }  # fmt: skip
    second = {"data": [{"type": "model", "id": "claude-b", "display_name": "Claude B"}], "has_more": False}
    wire_vendor.play(*([json.dumps(page).encode()] for page in (first, second)))
    address = Address("anthropic", wire_vendor.gemini_url, key_placement="header-x-api-key")
    found = model_list.list_models(address, PlainKey(), Network(wire_vendor.private_hosts))
    assert [(one.id, one.name, one.input_limit, one.output_limit, one.thinking) for one in found] == [
        ("claude-a", "Claude A", 1000, 64, True),
        ("claude-b", "Claude B", None, None, None),
    ]
    assert [request.target for request in wire_vendor.requests] == [
        "/v1/models?limit=1000",
        "/v1/models?limit=1000&after_id=claude-old",
    ]
    assert wire_vendor.requests[0].headers["x-api-key"]


def test_a_gateway_without_a_list_here_is_asked_for_the_usual_one(wire_vendor: FakeVendor) -> None:
    listed = [404, b"{}"], [json.dumps({"data": [{"id": "claude-a"}]}).encode()]
    wire_vendor.play(*listed)
    address = Address("anthropic", f"{wire_vendor.gemini_url}/anthropic", key_placement="header-x-api-key")
    found = model_list.list_models(address, PlainKey(), Network(wire_vendor.private_hosts))
    assert [one.id for one in found] == ["claude-a"]
    assert wire_vendor.requests[1].path == "/v1/models"
