"""A parameter that a deployment refuses is left out, or spelt in another way, and remembered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.errors import VendorError
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import Ask, said
from tests.vendor_replies import Received, Step, openai_event, openai_stream


def refusal(parameter: str, code: str = "unsupported_parameter", message: str = "no (request id: 1)") -> list[Step]:
    """Return a refusal in OpenAI's words."""
    told = {"error": {"message": message, "type": "invalid_request_error", "param": parameter, "code": code}}
    return [400, json.dumps(told).encode()]


def choosy(*refused: str) -> Any:
    """Return a script that refuses these parameters, one per call."""

    def answer(request: Received) -> list[Step]:
        complaint = next((name for name in refused if name in request.json), None)
        return refusal(complaint) if complaint else [openai_stream(["Fine."])]

    return answer


SET = {"max_tokens": 9, "temperature": 0.5, "thinking": {"level": "low"}, "stop": ["x"]}


@pytest.mark.parametrize(
    ("refused", "learnt"),
    [
        (["max_tokens"], {"max_completion_tokens"}),
        (["temperature"], {"no:temperature"}),
        (["stream_options"], {"no:stream_options"}),
        (["reasoning_effort"], {"no:reasoning_effort"}),
        (["max_tokens", "temperature"], {"max_completion_tokens", "no:temperature"}),
    ],
)
def test_what_is_refused_is_left_out_and_remembered(
    wire_vendor: FakeVendor, ask: Ask, refused: list[str], learnt: set[str]
) -> None:
    wire_vendor.script = choosy(*refused)
    stream = ask(parameters=SET, ask_usage=True)
    assert said(stream) == "Fine."
    assert stream.quirks == learnt
    assert len(wire_vendor.requests) == 1 + len(refused)
    # With this quirk the next question needs one call.
    again = ask(parameters=SET, ask_usage=True, quirks=stream.quirks)
    assert said(again) == "Fine."
    assert again.quirks == stream.quirks
    assert len(wire_vendor.requests) == 2 + len(refused)


SUSPECTED = "suspected:stream_options"
UNNAMED: list[list[Step]] = [[400, b"bad request"], [422, b'{"error": "extra inputs"}'], [400, b'{"code": 7}']]


@pytest.mark.parametrize("complaint", UNNAMED)
def test_a_refusal_that_names_nothing_may_be_of_asking_for_usage(
    wire_vendor: FakeVendor, ask: Ask, complaint: list[Step]
) -> None:
    wire_vendor.script = lambda request: complaint if "stream_options" in request.json else [openai_stream(["Fine."])]
    stream = ask(ask_usage=True)
    assert said(stream) == "Fine."
    assert stream.quirks == {SUSPECTED}
    again = ask(ask_usage=True, quirks=stream.quirks)
    assert said(again) == "Fine."
    assert again.quirks == {"no:stream_options"}
    assert ["stream_options" in request.json for request in wire_vendor.requests] == [True, False, True, False]


def test_one_refusal_that_names_nothing_teaches_nothing_for_good(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play(UNNAMED[0])
    stream = ask(ask_usage=True)
    said(stream)
    assert stream.quirks == {SUSPECTED}
    again = ask(ask_usage=True, quirks=stream.quirks)
    said(again)
    assert again.quirks == frozenset()
    assert len(wire_vendor.requests) == 3


def test_what_was_no_reason_is_not_learnt(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.script = lambda request: [400, b"bad request"]
    stream = ask(ask_usage=True)
    with pytest.raises(VendorError):
        said(stream)
    assert stream.quirks == frozenset()
    assert len(wire_vendor.requests) == 2


VLLM = json.dumps(
    {"object": "error", "message": str([{"type": "extra_forbidden", "loc": ("body", "temperature")}])}
).encode()
MISTRAL = json.dumps(
    {
        "object": "error",
        "message": {"detail": [{"type": "extra_forbidden", "loc": ["body", "temperature"], "msg": "x"}]},
    }
).encode()
SPELLINGS: list[tuple[bytes, int]] = [
    (b'{"detail": [{"loc": ["body", "temperature"], "msg": "extra", "type": "extra_forbidden"}]}', 422),
    (b'{"error": {"message": "Unsupported parameter: \'temperature\' is not supported with this model."}}', 400),
    (b'{"error": {"message": "Unrecognized request argument supplied: temperature", "code": null}}', 400),
    (VLLM, 400),
    (MISTRAL, 422),
    (b'{"error": {"message": "x", "param": "temperature", "code": "unsupported_value"}}', 400),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), SPELLINGS)
def test_refusals_as_others_word_them(wire_vendor: FakeVendor, ask: Ask, body: bytes, status: int) -> None:
    wire_vendor.play([status, body])
    stream = ask(parameters=SET)
    said(stream)
    assert stream.quirks == {"no:temperature"}
    assert "temperature" not in wire_vendor.requests[1].json
    assert wire_vendor.requests[1].json["max_tokens"] == 9


def test_one_value_of_an_effort(wire_vendor: FakeVendor, ask: Ask) -> None:
    sentence = "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model."
    wire_vendor.play(refusal("reasoning_effort", "unsupported_value", sentence))
    stream = ask(parameters={"thinking": {"level": "minimal"}})
    said(stream)
    assert stream.quirks == {"no:reasoning_effort=minimal"}


def test_a_system_text_that_has_to_come_from_a_developer(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play(refusal("messages[0].role", "unsupported_value"))
    stream = ask(system="Be kind.")
    said(stream)
    assert stream.quirks == {"developer"}
    assert [request.json["messages"][0]["role"] for request in wire_vendor.requests] == ["system", "developer"]


def test_a_refusal_within_a_reply_with_status_200(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play(refusal("temperature")[1:])
    stream = ask(parameters=SET)
    assert said(stream) == "You said: Hi."
    assert stream.quirks == {"no:temperature"}


@pytest.mark.parametrize(
    ("first", "parameters"),
    [
        (refusal("temperature"), {}),  # it was not sent
        (refusal("messages", "context_length_exceeded"), SET),
        (refusal("max_tokens", "invalid_value", "max_tokens is too large"), SET),
        (refusal("response_format"), {"json_schema": {"type": "object"}}),  # without it the question is another
        ([500, b"temperature is not supported"], SET),
        ([openai_event("Half"), b"data: %s\n\n" % refusal("temperature")[1]], SET),  # type: ignore[list-item]
    ],
)
def test_nothing_else_is_asked_again(
    wire_vendor: FakeVendor, ask: Ask, first: list[Step], parameters: dict[str, Any]
) -> None:
    wire_vendor.play(first)
    stream = ask(parameters=parameters)
    with pytest.raises(VendorError):
        said(stream)
    assert stream.quirks == frozenset()
    assert len(wire_vendor.requests) == 1


def test_a_vendor_that_refuses_both_spellings_is_asked_once_with_each(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.script = choosy("max_tokens", "max_completion_tokens")
    with pytest.raises(VendorError) as raised:
        said(ask(parameters=SET))
    assert raised.value.code == "bad_request"
    assert len(wire_vendor.requests) == 2


def test_stopped_before_the_second_call(wire_vendor: FakeVendor, ask: Ask) -> None:
    stream = ask(parameters=SET)

    def answer(request: Received) -> list[Step]:
        stream.stop()
        return refusal("temperature")

    wire_vendor.script = answer
    assert said(stream) == ""
    assert stream.stopped
    assert len(wire_vendor.requests) == 1


def test_an_answer_is_shortened_where_the_question_alone_fits(wire_vendor: FakeVendor, ask: Ask) -> None:
    sentence = "This model's maximum context length is 4097 tokens, you requested 4120 tokens (3120 in the messages)."
    wire_vendor.play(refusal("messages", "context_length_exceeded", sentence))
    stream = ask(parameters={"max_tokens": 1000})
    assert said(stream) == "You said: Hi."
    assert [request.json["max_tokens"] for request in wire_vendor.requests] == [1000, 977]
    assert stream.quirks == frozenset()


PENALTIES = {"presence_penalty": 0.5, "frequency_penalty": 0.5, "temperature": 0.5}


@pytest.mark.parametrize(
    ("wire", "names"),
    [
        ("openai", {"presence_penalty", "frequency_penalty"}),
        ("gemini", {"presencePenalty", "frequencyPenalty"}),
    ],
)
def test_a_model_without_penalties(wire_vendor: FakeVendor, ask: Ask, wire: str, names: set[str]) -> None:
    message = "Penalty is not enabled for models/gemini-2.5-flash"
    told = {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}
    wire_vendor.play([400, json.dumps(told).encode()])
    stream = ask(wire=wire, parameters=PENALTIES)
    said(stream)
    sent = [request.json.get("generationConfig", request.json) for request in wire_vendor.requests]
    assert [set(names) & set(body) for body in sent] == [names, set()]
    assert [body["temperature"] for body in sent] == [0.5, 0.5]
    said(ask(wire=wire, parameters=PENALTIES, quirks=stream.quirks))
    assert len(wire_vendor.requests) == 3
