"""The Responses wire: what is asked, what goes back in its place, and how a model is found to speak it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from providers.client.stream import Stream
from providers.errors import BadReply, ModelNotFound
from providers.transport.network import Network
from providers.types import Address, Clocks, Part, Prompt, Turn, Usage
from providers.wires.responses import wire
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import Ask, PlainKey, said
from tests.providers.reading import outcome, turns
from tests.providers.test_second_turn import HELLO, ON, Json, asked, read, stored
from tests.vendor_replies import (
    event,
    responses_end,
    responses_event,
    responses_item,
    responses_message,
    responses_stream,
)

ADDRESS = Address("responses", "https://vendor.example/v1")
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
REASONING = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gAAAAB-x_y+z=="}
SEARCH = {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "tea"}}
PICTURE = {"id": "ig_1", "type": "image_generation_call", "status": "completed", "result": PNG, "size": "auto"}
CODE = {"id": "ci_1", "type": "code_interpreter_call", "code": "1+1", "outputs": [{"type": "logs", "logs": "2"}]}
CALL = {"type": "function_call", "name": "find", "call_id": "call_9", "arguments": '{"q": "x"}'}
STRANGE = {"id": "x_1", "type": "hologram", "deep": [[1.5, True, None]]}


def sent(parameters: Json | None = None, system: str = "", quirks: frozenset[str] = frozenset()) -> Json:
    prompt = Prompt("m", turns("Hi"), system, parameters or {})
    body: Json = json.loads(wire.request(replace(ADDRESS, quirks=quirks), prompt).body)
    return body


def reply(*items: Json) -> Turn:
    """Return the stored reply of these items, each in an event of its own."""
    body = b"".join(responses_item(item, at) for at, item in enumerate(items))
    return Turn("assistant", read("responses", body + responses_end()))


def answered(*items: Json, quirks: frozenset[str] = frozenset()) -> list[Json]:
    """Return the items that go back for a reply of these, without both questions."""
    back: list[Json] = asked("responses", HELLO, reply(*items), ON, quirks=quirks)["input"]
    assert (back[0], back[-1]) == ({"role": "user", "content": "Hello"}, {"role": "user", "content": "Go on"})
    return back[1:-1]


# --- What is asked -------------------------------------------------------------------------------------------------


def test_a_question_keeps_nothing_at_the_vendor() -> None:
    assert wire.request(ADDRESS, Prompt("m", turns("Hi"))).url == "https://vendor.example/v1/responses"
    assert sent(system="Be brief.") == {
        "model": "m", "stream": True, "store": False, "instructions": "Be brief.",
        "input": [{"role": "user", "content": "Hi"}], "reasoning": {"summary": "auto"},
        "include": ["reasoning.encrypted_content"],
    }  # fmt: skip


def test_parameters_have_their_names_here() -> None:
    body = sent({
        "max_tokens": 99, "thinking": {"level": "high"}, "json_schema": {"type": "object"}, "web_search": True,
        "code_execution": True, "stop": ["END"], "seed": 7, "functions": [{"name": "find", "parameters": {}}],
    })  # fmt: skip
    assert body["max_output_tokens"] == 99
    assert body["reasoning"] == {"effort": "high", "summary": "auto"}
    assert body["text"]["format"] == {"type": "json_schema", "name": "reply", "schema": {"type": "object"}}
    assert [tool["type"] for tool in body["tools"]] == ["web_search", "code_interpreter", "function"]
    assert body["tools"][2]["name"] == "find"
    assert len(body["include"]) == 3
    assert {"stop", "seed", "max_tokens"}.isdisjoint(body)
    assert sent({"thinking": "off"})["reasoning"] == {"effort": "none"}


def test_what_a_model_refuses_is_left_out() -> None:
    assert "reasoning" not in sent(quirks=frozenset(["no:summary"]))
    assert "include" not in sent(quirks=frozenset(["no:include"]))
    both = {"web_search": True, "code_execution": True}
    assert [tool["type"] for tool in sent(both, quirks=frozenset(["no:web_search"]))["tools"]] == ["code_interpreter"]
    assert "tools" not in sent({"web_search": True}, quirks=frozenset(["no:web_search"]))


def test_pictures_and_files_go_along() -> None:
    parts = (
        Part("text", "See"),
        Part("image", "", {"media_type": "image/png", "data": PNG}),
        Part("file", "", {"media_type": "application/pdf", "data": "JVBERi0=", "name": "a.pdf"}),
        Part("file", "", {"media_type": "text/plain", "data": "aGk=", "name": "b.txt"}),
    )
    (question,) = asked("responses", Turn("user", parts))["input"]
    assert question["content"] == [
        {"type": "input_text", "text": "See"},
        {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PNG}"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
        {"type": "input_text", "text": "b.txt:\n\nhi"},
    ]


# --- What goes back ------------------------------------------------------------------------------------------------


def test_three_turns_go_back_as_they_came() -> None:
    first = reply(REASONING, SEARCH, {**REASONING, "id": "rs_2"}, responses_message("Green."))
    second = reply({**REASONING, "id": "rs_3"}, PICTURE, responses_message("A dot."))
    third = reply({**REASONING, "id": "rs_4"}, CODE, STRANGE, responses_message("Two."))
    back = asked("responses", HELLO, first, ON, second, ON, third, ON)["input"]
    assert [json.dumps(item) for item in back if "role" not in item] == [
        json.dumps(item)
        for item in (
            REASONING, SEARCH, {**REASONING, "id": "rs_2"}, {**REASONING, "id": "rs_3"}, PICTURE,
            {**REASONING, "id": "rs_4"}, CODE, STRANGE,
        )
    ]  # fmt: skip
    told = [item["content"] for item in back if item.get("role") == "assistant"]
    assert told == ["Green.", "A dot.", "Two."]
    assert back.index(PICTURE) == back.index({"role": "assistant", "content": "A dot."}) - 1


def test_a_call_has_no_id_and_gets_an_answer() -> None:
    call, output = answered({"id": "fc_1", **CALL})
    assert call == CALL
    assert (output["type"], output["call_id"]) == ("function_call_output", "call_9")
    given = Turn("user", (Part("call_result", "", {"name": "find", "id": "call_9", "response": {"found": 1}}),))
    back = asked("responses", HELLO, reply({"id": "fc_1", **CALL}), given)["input"]
    assert back[2]["output"] == '{"found": 1}'
    broken = asked("responses", HELLO, reply({"id": "fc_1", **CALL, "arguments": '{"q'}), ON)["input"]
    assert [item["role"] for item in broken] == ["user"]


def test_messages_stay_apart_and_keep_their_phase() -> None:
    aside = {**responses_message("I look."), "phase": "commentary"}
    final = {**responses_message("All is well."), "phase": "final_answer"}
    commented, call, told, _output = answered(aside, {"id": "fc_1", **CALL}, final)
    assert commented == {name: value for name, value in aside.items() if name != "id"}
    assert told == {"role": "assistant", "content": "All is well.", "phase": "final_answer"}
    assert call == CALL
    texts = [item.get("content") for item in answered(responses_message("One."), SEARCH, responses_message("Two."))]
    assert texts == ["One.", None, "Two."]


def test_reasoning_that_led_to_nothing_stays_here() -> None:
    assert answered(responses_message("So."), REASONING) == [{"role": "assistant", "content": "So."}]
    bare = {name: value for name, value in REASONING.items() if name != "encrypted_content"}
    assert answered(bare, responses_message("So.")) == [{"role": "assistant", "content": "So."}]


def test_a_vendor_that_wants_its_thoughts_gets_them_before_each_call() -> None:
    thought = {"id": "rs_1", "type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]}
    called = (thought, responses_message("Wait."), CALL, {**CALL, "call_id": "b"})
    assert [item.get("type") for item in answered(*called)][:3] == [None, "function_call", "function_call"]
    back = answered(*called, quirks=frozenset(["reasoning_content"]))
    kinds = ["reasoning", None, "reasoning", "function_call", "reasoning", "function_call"]
    assert [item.get("type") for item in back][:6] == kinds
    assert back[0] == {name: value for name, value in thought.items() if name != "id"}


def test_a_reply_is_words_to_another_wire_and_back() -> None:
    items = (REASONING, SEARCH, PICTURE, {"id": "fc_1", **CALL}, responses_message("Green."))
    contents = asked("gemini", HELLO, reply(*items), ON)["contents"]
    assert contents[1]["parts"][-1] == {"text": "Green."}
    assert not any("gAAAAB" in json.dumps(content) for content in contents)
    messages = asked("openai", HELLO, reply(*items), ON)["messages"]
    assert messages[1] == {"role": "assistant", "content": "Green."}
    assert messages[2]["content"][0]["image_url"]["url"].endswith(PNG)
    foreign = Turn("assistant", (Part("thought", "Hm"), Part("text", "Hi"), Part("image", "", {"data": PNG})))
    assert asked("responses", HELLO, foreign, ON)["input"][1] == {"role": "assistant", "content": "Hi"}


def test_another_account_gets_no_reasoning(wire_vendor: FakeVendor, ask: Ask) -> None:
    body = b"".join(responses_item(item, at) for at, item in enumerate((REASONING, responses_message("So."))))
    wire_vendor.play([body + responses_end()], [responses_stream(["Yes"])], [responses_stream(["No"])])
    with ask(wire="responses", origin="a") as stream:
        first = Turn("assistant", stored(list(stream)))
    for origin, kept in (("a", [REASONING]), ("b", [])):
        said(ask(wire="responses", origin=origin, turns=(HELLO, first, ON)))
        assert [item for item in wire_vendor.requests[-1].json["input"] if "role" not in item] == kept


@pytest.mark.parametrize(
    "message",
    [
        "The encrypted content for item rs_1 could not be verified. Reason: Encrypted content could not be decrypted.",
        "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
        "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.",
    ],
)
@pytest.mark.parametrize("in_stream", [False, True])
def test_refused_reasoning_is_left_out_once(wire_vendor: FakeVendor, ask: Ask, message: str, in_stream: bool) -> None:
    told = {"error": {"message": message, "type": "invalid_request_error", "code": "invalid_encrypted_content"}}
    failed = event({"type": "response.failed", "response": {"status": "failed", **told}})
    wire_vendor.play([failed] if in_stream else [400, json.dumps(told).encode()])
    stream = ask(wire="responses", turns=(HELLO, reply(REASONING, SEARCH, responses_message("So.")), ON))
    assert said(stream) == "You said: Go on. Before that: Hello | So.."
    first, second = ([item.get("type") for item in request.json["input"]] for request in wire_vendor.requests)
    assert (first, second) == ([None, "reasoning", "web_search_call", None, None], [None, None, None])
    assert stream.quirks == frozenset()


# --- Answers of another kind ---------------------------------------------------------------------------------------


def test_an_answer_that_is_no_reply_is_named(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play([{"Content-Type": "application/json"}, b'{"object": "video", "status": "queued", "id": "v"}'])
    with pytest.raises(BadReply) as refused:
        said(ask(wire="responses", streaming=False))
    assert refused.value.text == "The vendor answered with “video” instead of a reply."


# --- One model of an endpoint that speaks it -------------------------------------------------------------------------

ONLY_HERE = "This model is only supported in v1/responses and not in v1/chat/completions."


def only_on_responses(request: Any) -> Any:
    if request.path.endswith("/responses"):
        return [responses_stream(["From", " here"])]
    return [404, json.dumps({"error": {"message": ONLY_HERE, "type": "invalid_request_error"}}).encode()]


def test_a_model_that_is_only_on_the_other_wire_is_asked_there(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.script = only_on_responses
    stream = ask("What is tea?", parameters={"max_tokens": 9})
    assert said(stream) == "From here"
    assert [request.path for request in wire_vendor.requests] == ["/v1/chat/completions", "/v1/responses"]
    assert wire_vendor.requests[1].json["max_output_tokens"] == 9
    assert stream.quirks == {"wire:responses"}
    assert stream.sentences == {"wire:responses": ONLY_HERE}


CHAT_FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {}}}
FORMAT = {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}}
EXTRAS: list[tuple[Json, Json]] = [
    ({"max_tokens": 7}, {"max_output_tokens": 7}),
    ({"max_completion_tokens": 7, "stop": ["x"], "n": 2, "seed": 1}, {"max_output_tokens": 7}),
    ({"reasoning_effort": "high"}, {"reasoning": {"effort": "high", "summary": "auto"}}),
    ({"tools": [CHAT_FUNCTION, {"type": "web_search"}, "odd"]},
     {"tools": [{"type": "function", "name": "f", "parameters": {}}, {"type": "web_search"}, "odd"]}),
    ({"response_format": FORMAT, "verbosity": "low"},
     {"text": {"format": {"type": "json_schema", "name": "n", "schema": {}}, "verbosity": "low"}}),
    ({"response_format": "text", "metadata": {"max_tokens": 1}, "max_output_tokens": 9},
     {"text": {"format": "text"}, "metadata": {"max_tokens": 1}, "max_output_tokens": 9}),
]  # fmt: skip


@pytest.mark.parametrize(("extras", "asked_with"), EXTRAS)
def test_extras_of_the_other_wire_are_told_in_the_words_of_this(extras: Json, asked_with: Json) -> None:
    """Only where a model was found to be here: else they were written for this wire."""
    plain = sent()
    assert sent({"raw": extras}, quirks=frozenset(["wire:responses"])) == {**plain, **asked_with}
    assert {**plain, **extras}.items() <= sent({"raw": extras}).items()


def test_a_question_that_says_so_teaches_nobody(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.script = only_on_responses
    stream = ask(f"Why {ONLY_HERE}")
    assert (said(stream), stream.quirks) == ("From here", frozenset())


def test_two_wires_that_each_name_the_other_end(wire_vendor: FakeVendor) -> None:
    back = json.dumps({"error": {"message": "This model is not supported with the Responses API."}}).encode()
    wire_vendor.script = lambda request: (
        [400, back] if request.path.endswith("/responses") else only_on_responses(request)
    )
    address = Address("openai", wire_vendor.openai_url, clocks=Clocks(10, 10, 20))
    stream = Stream(address, Prompt("m", turns("Hi")), PlainKey(), network=Network(wire_vendor.private_hosts))
    with pytest.raises(ModelNotFound):
        said(stream)
    assert len(wire_vendor.requests) <= 4


def test_work_without_words_keeps_a_reply_alive(wire_vendor: FakeVendor, ask: Ask) -> None:
    """A picture takes longer than the silence that is allowed between words."""
    at_work = event({"type": "response.image_generation_call.generating", "output_index": 0, "item_id": "ig_1"})
    wire_vendor.play([at_work, *[0.15, at_work] * 4, responses_item(PICTURE) + responses_end()])
    with ask(wire="responses", clocks=Clocks(10, 0.4, 20)) as stream:
        (delta,) = stream
    assert delta.part
    assert delta.part.detail["data"] == PNG


def test_what_is_read_from_and_written_to_the_cache_is_counted() -> None:
    counts = {"input_tokens": 90, "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 20}}
    counts |= {"output_tokens": 9, "output_tokens_details": {"reasoning_tokens": 4}}
    found = wire.parser()({"type": "response.completed", "response": {"output": [], "usage": counts}})
    assert [one for one in found if isinstance(one, Usage)] == [Usage(90, 5, 4, 60, 20)]


@pytest.mark.parametrize(
    "content",
    [
        "Hello", ["Hello"], {"text": "Hello"}, [{"text": "Hello"}], [{"type": "text", "text": {"value": "Hello"}}],
        [{"type": "output_text", "text": "Hel"}, {"type": "output_text", "text": "lo"}],
    ],
)  # fmt: skip
def test_content_in_another_spelling_is_read(content: object) -> None:
    message = {"type": "message", "role": "assistant", "content": content}
    for body in (
        responses_end(output=[message]), responses_item(message) + responses_end(), json.dumps({"output": [message]}),
    ):  # fmt: skip
        assert outcome("responses", [body if isinstance(body, bytes) else body.encode()])["text"] == "Hello"


def test_pictures_and_strange_parts_of_a_message_are_not_lost() -> None:
    parts = [{"type": "output_image", "image_url": f"data:image/png;base64,{PNG}"}, {"type": "hologram", "x": 1}]
    read = outcome("responses", [responses_item({"type": "message", "content": parts}) + responses_end()])
    assert [(part["kind"], part.get("name")) for part in read["parts"]] == [("image", None), ("unknown", "hologram")]


def test_no_error_beside_words_is_none() -> None:
    said = {"type": "response.output_text.delta", "delta": "Hello", "error": {"code": 0, "message": ""}}
    assert outcome("responses", [event(said) + responses_end()])["text"] == "Hello"


def test_an_end_that_comes_twice_says_nothing_twice() -> None:
    end = responses_end(output=[PICTURE, {"id": "fc_1", **CALL}, responses_message("Once.")])
    for body in (end + end, responses_event("Once.") + end + end):
        read = outcome("responses", [body])
        assert read["text"] == "Once."
        assert sorted(part["kind"] for part in read["parts"]) == ["call", "image"]


def done(item: Json) -> bytes:
    """Return the event of a whole item without a number."""
    return event({"type": "response.output_item.done", "item": item})


def test_items_without_numbers_and_ids_are_all_kept() -> None:
    messages = [{**responses_message(words), "id": None} for words in ("One.", "Two.")]
    read = outcome(
        "responses", [b"".join(map(done, [*messages, CALL, CALL, {**CALL, "call_id": "b"}])) + responses_end()]
    )
    assert read["text"] == "One.\n\nTwo."
    assert [part["id"] for part in read["parts"]] == ["call_9", "b"]


TOLD_AGAIN = responses_end(output=[{**CALL, "arguments": '{"x": 1}'}])


@pytest.mark.parametrize("last", [b"", b"data: [DONE]\n\n", responses_end(), TOLD_AGAIN])
def test_a_call_that_is_open_at_the_end_is_shown(last: bytes) -> None:
    """Also beside one that came whole."""
    begun = event({"type": "response.output_item.added", "output_index": 1, "item": {**CALL, "arguments": ""}})
    grows = event({"type": "response.function_call_arguments.delta", "output_index": 1, "delta": '{"x": 1}'})
    read = outcome("responses", [responses_item({**CALL, "call_id": "a"}) + begun + grows + last])
    assert [(part["id"], part["arguments"]) for part in read["parts"]] == [("a", {"q": "x"}), ("call_9", {"x": 1})]


def test_what_only_the_end_says_is_kept() -> None:
    one, two = responses_message("One."), {**responses_message("Two."), "id": "msg_2"}
    further = {**CALL, "call_id": "b"}
    body = responses_item(one) + responses_item(CALL, 1) + responses_end(output=[one, CALL, two, further])
    read = outcome("responses", [body])
    assert read["text"] == "One.\n\nTwo."
    assert [part["id"] for part in read["parts"]] == ["call_9", "b"]


def test_an_end_that_says_it_is_incomplete_is_not_complete() -> None:
    response = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": []}
    read = outcome("responses", [responses_event("Hi") + event({"type": "response.completed", "response": response})])
    assert read["finish"] == ["length", "max_output_tokens"]


def test_an_error_under_another_name_keeps_its_reason() -> None:
    told = {"type": "response.error", "code": "rate_limit_exceeded", "message": "Slow down"}
    assert outcome("responses", [responses_event("Hi") + event(told)])["error"] == "rate_limited"


def test_an_odd_word_for_an_object_is_not_repeated() -> None:
    for kind, is_told in (("chat.thing", True), ("sk-secret-12345678", False)):
        with pytest.raises(BadReply) as raised:
            list(wire.parser()({"object": kind}))
        assert (kind in str(raised.value.text)) == is_told
