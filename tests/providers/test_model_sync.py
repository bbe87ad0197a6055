"""The vendor's list: long, untidy, on both wires; picked from by an administrator. And what a deployment adds."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Q

from providers.client.route import Route, remember, route_of
from providers.endpoints import model_sync
from providers.errors import KeyRefused, VendorError
from providers.models import Deployment, Endpoint, LanguageModel
from providers.types import Part, Prompt, Turn
from tests.conftest import CANARY, serve
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import Received, Step, default_reply

JSON = {"Content-Type": "application/json"}

pytestmark = pytest.mark.django_db


def whole(value: Any) -> Sequence[Step]:
    return [JSON, json.dumps(value).encode()]


@pytest.fixture
def endpoint(vendor: FakeVendor) -> Endpoint:
    return serve(vendor, "openai").deployments.get().endpoint


def ids(entries: Any) -> list[str]:
    return [entry.id for entry in entries]


# --- The list ------------------------------------------------------------------------------------------------------


def test_thousands_are_read_and_sorted_and_the_nameless_left_out(endpoint: Endpoint, vendor: FakeVendor) -> None:
    many = [{"id": f"m-{number:04}", "object": "model"} for number in reversed(range(5000))]
    odd = [{"object": "model"}, {"id": ""}, {"id": None}, None, 5, {"id": "a\nb"}, {"id": "x" * 201}]
    vendor.play(whole({"object": "list", "data": [*odd, *many, *many]}))
    offered = model_sync.offered(endpoint)
    assert ids(offered) == [f"m-{number:04}" for number in range(5000)]
    request = vendor.next_request()
    assert (request.method, request.path) == ("GET", "/v1/models")
    assert request.headers["Authorization"] == f"Bearer {CANARY}"


def test_the_pages_of_the_gemini_wire_are_one_list(vendor: FakeVendor) -> None:
    endpoint = serve(vendor, "gemini").deployments.get().endpoint
    second = {"models": [{"name": "models/b"}, {"displayName": "Nameless"}]}
    vendor.play(whole({"models": [{"name": "models/c"}], "nextPageToken": "t"}), whole(second))
    assert ids(model_sync.offered(endpoint)) == ["b", "c"]


def test_the_filter_wants_every_word(endpoint: Endpoint, vendor: FakeVendor) -> None:
    vendor.play(whole({"data": [{"id": "GPT-5-mini"}, {"id": "gpt-5"}, {"id": "o9", "name": "Small GPT mini"}]}))
    offered = model_sync.offered(endpoint)
    assert ids(model_sync.matching(offered, " mini GPT ")) == ["GPT-5-mini", "o9"]
    assert len(model_sync.matching(offered, "")) == 3
    assert model_sync.matching(offered, "claude") == []


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (
            [401, JSON, b'{"error":{"message":"No: %s"}}' % CANARY.encode()],
            KeyRefused,
            "refused the key. It said: No: •",
        ),
        ([{"Content-Type": "text/html"}, b"<html>"], VendorError, "not a list of models."),
        ([404, b"nothing"], VendorError, "nothing"),
        (whole({"success": False, "message": "not for you"}), VendorError, "not for you"),
    ],
)
def test_a_list_that_does_not_come_is_an_error_in_words(
    endpoint: Endpoint, vendor: FakeVendor, answer: Sequence[Step], kind: type[VendorError], words: str
) -> None:
    vendor.play(answer)
    with pytest.raises(kind) as raised:
        model_sync.offered(endpoint)
    assert words in str(raised.value)
    assert CANARY not in str(raised.value)


# --- Picking -------------------------------------------------------------------------------------------------------


def test_what_is_picked_is_served_once(endpoint: Endpoint) -> None:
    assert model_sync.adopt(endpoint, ["a", "b", "a", "parrot"]) == ["a", "b"]
    assert model_sync.adopt(endpoint, ["a"]) == []
    assert model_sync.served(endpoint) == {"a", "b", "parrot"}
    assert {model.name for model in LanguageModel.objects.usable(Q())} == {"a", "b", "parrot"}


def test_a_model_that_was_switched_off_comes_back(endpoint: Endpoint) -> None:
    LanguageModel.objects.create(name="a", enabled=False)
    model_sync.adopt(endpoint, ["a"])
    assert LanguageModel.objects.usable(Q()).filter(name="a").exists()


def test_a_model_of_another_endpoint_is_served_here_too(endpoint: Endpoint) -> None:
    other = Endpoint.objects.create(name="Other", wire="openai", base_url="https://vendor.example/v1")
    model_sync.adopt(other, ["parrot"])
    assert LanguageModel.objects.get(name="parrot").deployments.count() == 2


@pytest.mark.parametrize("bad", ["", "x" * 201, "a\nb"])
def test_a_name_that_cannot_be_stored_adds_nothing(endpoint: Endpoint, bad: str) -> None:
    with pytest.raises(ValidationError):
        model_sync.adopt(endpoint, ["good", bad])
    assert model_sync.served(endpoint) == {"parrot"}


def test_a_name_that_stands_for_something_else_here_adds_nothing(endpoint: Endpoint) -> None:
    LanguageModel.objects.filter(name="parrot").update(name="a")
    with pytest.raises(ValidationError, match="“a”"):
        model_sync.adopt(endpoint, ["good", "a"])
    assert model_sync.served(endpoint) == {"parrot"}
    assert not LanguageModel.objects.filter(name="good").exists()


# --- A deployment's extras and quirks --------------------------------------------------------------------------------


def ask(**parameters: Any) -> Route:
    """Ask the only deployment, read the reply, and remember what was learnt."""
    route = route_of(Deployment.objects.get())
    prompt = Prompt(route.vendor_id, (Turn("user", (Part("text", "Hi"),)),), parameters=parameters)
    with route.stream(prompt) as stream:
        assert "".join(delta.text for delta in stream)
    remember(route, stream.quirks)
    return route


def test_raw_extras_are_laid_over_the_request(endpoint: Endpoint, vendor: FakeVendor) -> None:
    Deployment.objects.update(raw_extras={"temperature": 0.5, "provider": {"order": ["a"]}})
    ask(temperature=1.0)
    body = vendor.next_request().json
    assert (body["temperature"], body["provider"]) == (0.5, {"order": ["a"]})


def test_extras_in_a_persons_parameters_are_ignored(endpoint: Endpoint, vendor: FakeVendor) -> None:
    ask(raw={"model": "the most expensive one"})
    assert vendor.next_request().json["model"] == "parrot"


def no_temperature(request: Received) -> Sequence[Step]:
    if "temperature" not in request.json:
        return default_reply(request)
    error = {"message": "Unsupported value", "param": "temperature", "code": "unsupported_value"}
    return [400, *whole({"error": error})]


def test_what_a_model_refused_once_it_is_not_sent_again(endpoint: Endpoint, vendor: FakeVendor) -> None:
    vendor.script = no_temperature
    ask(temperature=0.7)
    assert len(vendor.requests) == 2
    assert Deployment.objects.get().learnt == ["no:temperature"]
    assert ask(temperature=0.7).address.quirks == {"no:temperature"}
    assert len(vendor.requests) == 3


def test_nothing_is_stored_where_nothing_was_learnt(
    endpoint: Endpoint, vendor: FakeVendor, django_assert_num_queries: Any
) -> None:
    route = ask()
    with django_assert_num_queries(0):
        remember(route, route.address.quirks)


@pytest.mark.parametrize("extras", [[], None, "x", 3, [{"a": 1}], {"a": float("nan")}, {"a": "\ud83d"}, {"a": "\x00"}])
def test_extras_that_are_no_object_are_refused(endpoint: Endpoint, extras: Any) -> None:
    deployment = Deployment.objects.get()
    deployment.raw_extras = extras
    with pytest.raises(ValidationError) as raised:
        deployment.full_clean()
    assert set(raised.value.message_dict) == {"raw_extras"}


def test_good_extras_are_accepted(endpoint: Endpoint) -> None:
    deployment = Deployment.objects.get()
    deployment.raw_extras = {"a": [1.5, None, "é", {"b": True}]}
    deployment.full_clean()
