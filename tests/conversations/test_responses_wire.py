"""A model of an OpenAI-compatible endpoint that answers on the Responses wire alone, through the whole site."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from conversations.generation.branch_cache import branches
from conversations.models import Conversation, File
from conversations.views import composer
from providers.client.route import route_of
from providers.endpoints import detection
from providers.models import Deployment, Endpoint, LanguageModel
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.providers.test_responses import ONLY_HERE, PICTURE, PNG, REASONING, SEARCH
from tests.sockets import Socket
from tests.vendor_replies import (
    Received,
    Step,
    openai_stream,
    responses_end,
    responses_item,
    responses_message,
    responses_stream,
)

REFUSAL: Sequence[Step] = [404, json.dumps({"error": {"message": ONLY_HERE, "code": None}}).encode()]


def only_here(request: Received) -> Sequence[Step]:
    return [responses_stream(["hello"])] if request.path.endswith("/responses") else REFUSAL


def items(*made: dict[str, Any]) -> Sequence[Step]:
    return [b"".join(responses_item(item, at) for at, item in enumerate(made)), responses_end(output=made)]


@pytest.fixture
def deployment(model: LanguageModel) -> Deployment:
    return model.deployments.get()


@pytest.mark.usefixtures("static_files")
def test_three_turns_a_restart_and_another_wire(
    cast: Cast, vendor: FakeVendor, deployment: Deployment, connect: Callable[..., Socket]
) -> None:
    second = {**REASONING, "id": "rs_2", "encrypted_content": "gAAAAB-2"}
    vendor.play(
        REFUSAL,
        items(REASONING, SEARCH, responses_message("Green.")),
        items(second, PICTURE, responses_message("A dot.")),
    )
    vendor.script = only_here
    alice = connect(cast.alice)
    told: list[dict[str, Any]] = []

    def ask(text: str) -> dict[str, Any]:
        where = told[-1]["conversation"] if told else None
        alice.ask("message.send", conversation=where, text=text, models=[deployment.model_id])
        told.append(alice.event("message.finished")["message"])
        branches.forget(Conversation.objects.get().pk)
        return told[-1]

    assert [ask("Which tea?")["text"], ask("Draw it")["text"], ask("Thanks")["text"]] == ["Green.", "A dot.", "hello"]
    deployment.refresh_from_db()
    assert deployment.learnt == ["wire:responses"]
    assert deployment.lessons["wire:responses"]["said"] == ONLY_HERE
    assert [request.path.rpartition("/")[2] for request in vendor.requests] == ["completions", *["responses"] * 3]
    assert [item for item in vendor.requests[-1].json["input"] if "role" not in item] == [
        REASONING, SEARCH, second, PICTURE,
    ]  # fmt: skip
    (file,) = File.objects.all()
    assert [part["kind"] for part in told[1]["parts"] if part["kind"] != "thought"] == ["image", "text"]
    assert "gAAAAB" not in json.dumps(told)
    Deployment.objects.update(wire="openai")
    vendor.script = lambda request: [openai_stream(["By chat"])]
    assert ask("And now?")["text"] == "By chat"
    sent = vendor.requests[-1].json["messages"]
    assert "gAAAAB" not in json.dumps(sent)
    assert [message["content"] for message in sent if message["role"] == "assistant"] == ["Green.", "A dot.", "hello"]
    assert PNG in json.dumps(sent)
    file.path.unlink(missing_ok=True)


def test_a_model_has_a_wire_of_its_own_only_beside_its_endpoints(deployment: Deployment) -> None:
    assert route_of(deployment).address.wire == "openai"
    deployment.wire = "responses"
    deployment.full_clean()
    assert (deployment.speaks(), route_of(deployment).address.wire) == ("responses", "responses")
    deployment.save()
    assert "web_search" in composer._choice(deployment.model)["parameters"]
    deployment.wire = "gemini"
    with pytest.raises(ValidationError) as refused:
        deployment.full_clean()
    assert set(refused.value.message_dict) == {"wire"}
    deployment.wire = None
    deployment.learn(["wire:gemini"], (), {})
    assert deployment.speaks() == "openai"
    deployment.learn(["wire:responses"], ["wire:gemini"], {})
    assert deployment.speaks() == "responses"
    deployment.wire = "openai"
    assert deployment.speaks() == "openai"


def test_detection_finds_it_for_this_model_alone(vendor: FakeVendor, deployment: Deployment) -> None:
    vendor.script = only_here
    endpoint = Endpoint.objects.get()
    found = detection.detect_endpoint(endpoint, deployment.vendor_id)
    assert [(tried.url.rpartition("/")[2], tried.works) for tried in found.tries[-2:]] == [
        ("completions", False),
        ("responses", True),
    ]
    assert detection.conclude(None, endpoint, found)
    endpoint.refresh_from_db()
    deployment.refresh_from_db()
    assert (endpoint.wire, deployment.learnt) == ("openai", ["wire:responses"])
    assert vendor.requests[-1].json["max_output_tokens"] == 32


def test_an_address_that_speaks_nothing_else_is_found(vendor: FakeVendor, deployment: Deployment) -> None:
    vendor.script = lambda request: only_here(request) if request.path == "/v1/responses" else [404, b"nothing"]
    endpoint = Endpoint.objects.get()
    found = detection.detect_endpoint(endpoint, deployment.vendor_id)
    assert found.findings is not None, found.tries
    assert (found.findings.wire, found.findings.base_url) == ("responses", vendor.openai_url)


@pytest.mark.usefixtures("static_files")
def test_the_administration_says_it_and_sets_it(admin_client: Client, deployment: Deployment) -> None:
    deployment.learn(["wire:responses"], (), {"wire:responses": ONLY_HERE})
    page = admin_client.get(reverse("admin:providers_deployment_change", args=[deployment.pk])).content.decode()
    assert "It is called by another protocol than its endpoint: OpenAI Responses." in page
    assert ONLY_HERE in page
    assert '<option value="" selected>as its endpoint</option>' in page
    assert '<option value="responses">OpenAI Responses</option>' in page
    assert '<option value="gemini">' not in page
    endpoint_page = reverse("admin:providers_deployment_change", args=[deployment.pk])
    fields = {"model": deployment.model_id, "endpoint": deployment.endpoint_id, "vendor_id": "m", "raw_extras": "{}"}
    counts = {"priority": 1, "weight": 1, "enabled": "on"}
    for chosen, stored in (("responses", "responses"), ("", None)):
        admin_client.post(endpoint_page, {**fields, **counts, "wire": chosen})
        deployment.refresh_from_db()
        assert deployment.wire == stored
