"""Raw extras in the words of another wire: told in those of the request's own, or left out, and remembered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from providers.admin.lessons import described
from providers.errors import BadRequest
from providers.models import Deployment, LanguageModel
from providers.types import Address, Prompt
from providers.wires import registry
from providers.wires.refusals.extras import extras
from tests import anthropic_replies
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import Ask, said
from tests.providers.reading import turns
from tests.vendor_replies import (
    Received,
    Step,
    gemini_end,
    gemini_event,
    openai_stream,
    responses_end,
    responses_event,
    responses_message,
)

Json = dict[str, Any]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
NAMED = {"name": "x", "schema": SCHEMA}

EXTRAS: dict[str, Json] = {
    "openai": {
        "max_completion_tokens": 100,
        "reasoning_effort": "low",
        "stop": "END",
        "logit_bias": {"1": 2},
        "response_format": {"type": "json_schema", "json_schema": NAMED},
    },
    "responses": {
        "max_output_tokens": 100,
        "reasoning": {"effort": "low", "summary": "detailed"},
        "text": {"verbosity": "low", "format": {"type": "json_schema", **NAMED}},
        "include": ["x"],
        "truncation": "auto",
        "tools": [{"type": "image_generation"}],
    },
    "anthropic": {
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}},
        "stop_sequences": ["END"],
        "max_tokens": 100,
        "thinking": {"type": "adaptive"},
        "mcp_servers": [],
    },
    "gemini": {
        "generationConfig": {
            "maxOutputTokens": 100,
            "stopSequences": ["END"],
            "thinkingConfig": {"thinkingLevel": "low"},
            "responseSchema": SCHEMA,
            "speechConfig": {},
        },
        "safetySettings": [{"category": "x"}],
    },
}
OWN = {
    "openai": {"max_tokens", "reasoning_effort", "stop", "response_format", "model", "messages", "stream"},
    "responses": {
        "max_output_tokens", "reasoning", "text", "include", "model", "input", "stream", "store", "instructions",
    },
    "anthropic": {"max_tokens", "output_config", "thinking", "stop_sequences", "model", "messages", "stream", "system"},
    "gemini": {"generationConfig", "contents"},
}  # fmt: skip
ANSWERS = {
    "openai": openai_stream(["Fine."]),
    "responses": responses_event("Fine.") + responses_end(output=[responses_message("Fine.")]),
    "anthropic": anthropic_replies.words_stream(["Fine."]),
    "gemini": gemini_event("Fine.") + gemini_end(),
}


def refusal(wire: str, name: str) -> list[Step]:
    """Return the refusal of an unknown field, in the words of a vendor on this wire."""
    unknown = {"message": f"Unknown parameter: '{name}'.", "param": name, "code": "unknown_parameter"}
    extra = {"type": "invalid_request_error", "message": f"{name}: Extra inputs are not permitted"}
    odd = f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
    told: Json = {
        "openai": {"error": {"message": f"Unrecognized request argument supplied: {name}", "code": None}},
        "responses": {"error": unknown},
        "anthropic": {"type": "error", "error": extra},
        "gemini": {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": odd}},
    }[wire]
    return [400, json.dumps(told).encode()]


def strict(wire: str) -> Any:
    def answer(request: Received) -> list[Step]:
        foreign = next((name for name in request.json if name not in OWN[wire]), None)
        return refusal(wire, foreign) if foreign else [ANSWERS[wire]]

    return answer


def meant(wire: str, body: Json) -> Json:
    """Return the limit, the level of thinking, the schema and the stop words of a request."""
    config = body.get("generationConfig", {})
    text, told = body.get("text", {}), body.get("output_config", {})
    found: dict[str, tuple[Any, ...]] = {
        "openai": (
            body.get("max_tokens"), body.get("reasoning_effort"),
            body.get("response_format", {}).get("json_schema", {}).get("schema"), body.get("stop"),
        ),
        "responses": (
            body.get("max_output_tokens"), body.get("reasoning", {}).get("effort"),
            text.get("format", {}).get("schema"), None,
        ),
        "anthropic": (
            body.get("max_tokens"), told.get("effort"), told.get("format", {}).get("schema"),
            body.get("stop_sequences"),
        ),
        "gemini": (
            config.get("maxOutputTokens"), config.get("thinkingConfig", {}).get("thinkingLevel"),
            config.get("responseSchema"), config.get("stopSequences"),
        ),
    }  # fmt: skip
    return dict(zip(("limit", "level", "schema", "stop"), found[wire], strict=True))


@pytest.mark.parametrize("wire", OWN)
@pytest.mark.parametrize("origin", EXTRAS)
def test_extras_of_another_wire_never_refuse_a_question(
    wire_vendor: FakeVendor, ask: Ask, origin: str, wire: str
) -> None:
    """Tell extras in the words of this wire; the next question needs one call."""
    wire_vendor.script = strict(wire)
    parameters = {"raw": EXTRAS[origin]}
    stream = ask(wire=wire, parameters=parameters)
    assert said(stream) == "Fine."
    first = len(wire_vendor.requests)
    sent = wire_vendor.requests[-1].json
    has_stop = wire != "responses" and origin != "responses"
    expected = {"limit": 100, "level": "low", "schema": SCHEMA, "stop": ["END"] if has_stop else None}
    if origin != wire:
        assert meant(wire, sent) == expected
    assert said(ask(wire=wire, parameters=parameters, quirks=stream.quirks)) == "Fine."
    assert wire_vendor.requests[-1].json == sent
    assert len(wire_vendor.requests) == first + 1
    assert stream.left_out == [], "nobody who asks has set them"
    assert all(described(quirk).startswith("The raw extra “") for quirk in stream.quirks)


@pytest.mark.parametrize("name", [name for name, one in registry.WIRES.items() if one.FIELDS])
def test_every_wire_that_learns_leaves_an_extra_out(name: str) -> None:
    def sent(*quirks: str) -> bytes:
        address = Address(name, "https://vendor.example/v1", quirks=frozenset(quirks))
        prompt = Prompt("m", turns("Hi"), parameters={"raw": {"colour_of_it": "red"}})
        return registry.wire(name).request(address, prompt).body

    assert b"colour_of_it" in sent()
    assert b"colour_of_it" not in sent("extra:colour_of_it")


def test_a_field_within_an_extra_is_left_out_alone(wire_vendor: FakeVendor, ask: Ask) -> None:
    raw = {"provider": {"order": ["a"], "colour": "red"}, "n": 1}
    told = {"error": {"message": "Extra inputs are not permitted", "param": "body.provider.colour"}}
    wire_vendor.script = lambda request: (
        [400, json.dumps(told).encode()] if "colour" in request.json["provider"] else [ANSWERS["openai"]]
    )
    stream = ask(parameters={"raw": raw})
    assert said(stream) == "Fine."
    assert stream.quirks == {"extra:provider.colour"}
    sent = wire_vendor.requests[-1].json
    assert (sent["provider"], sent["n"]) == ({"order": ["a"]}, 1)


def test_a_question_that_names_an_extra_leaves_it_out_for_itself_alone(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.script = lambda request: refusal("openai", "foo") if "foo" in request.json else [ANSWERS["openai"]]
    stream = ask("Is `foo` supported?", parameters={"raw": {"foo": 1}})
    assert (said(stream), stream.quirks) == ("Fine.", frozenset())


@pytest.mark.parametrize("name", ["model", "messages", "stream"])
def test_what_makes_the_request_is_not_left_out(wire_vendor: FakeVendor, ask: Ask, name: str) -> None:
    wire_vendor.script = lambda request: refusal("openai", name)
    with pytest.raises(BadRequest):
        said(ask(parameters={"raw": {name: "x"}}))
    assert len(wire_vendor.requests) == 1


def test_an_extra_as_deep_and_wide_as_json_may_be_is_read_in_no_time() -> None:
    deep: Json = {}
    for _ in range(90):
        deep = {"a": deep, **{f"n{at}": at for at in range(100)}}
    assert extras(Prompt("m", (), parameters={"raw": deep}), frozenset(["extra:a.a.a.n1"]))["a"]["a"]["a"].keys() >= {
        "n2"
    }


@pytest.mark.usefixtures("static_files")
@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("raw_extras", '{"a": 1}', ["no:temperature"]),
        ("vendor_id", "owl", []),
        ("priority", "7", ["extra:a", "moved:reasoning", "no:temperature"]),
    ],
)
def test_what_a_changed_field_was_refused_for_is_forgotten(
    admin_client: Client, model: LanguageModel, field: str, value: str, kept: list[str]
) -> None:
    deployment = model.deployments.get()
    deployment.learn(["extra:a", "moved:reasoning", "no:temperature"], (), {})
    page = reverse("admin:providers_deployment_change", args=[deployment.pk])
    form = admin_client.get(page).context["adminform"].form
    fields = {name: "" if (one := form[name].value()) is None else one for name in form.fields}
    fields = {name: one for name, one in fields.items() if one is not False}
    assert admin_client.post(page, {**fields, field: value}).status_code == 302
    assert Deployment.objects.get().learnt == kept
