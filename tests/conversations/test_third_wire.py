"""An invented wire, added in one file, through the whole site: from first-run card to a reply."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from conversations.forms.endpoints import EndpointForm
from conversations.models import Conversation, UsageRecord, User
from providers.models import Deployment, Endpoint, LanguageModel
from providers.wires.registry import WIRES
from tests import telex
from tests.conftest import CANARY, Cast
from tests.conversations.calling import Api
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket

SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def third(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the invented wire."""
    monkeypatch.setitem(WIRES, telex.NAME, telex)  # type: ignore[arg-type]


@pytest.fixture
def telegraph(cast: Cast, vendor: FakeVendor) -> LanguageModel:
    """Add a model of a vendor that speaks it, as the first-run card adds one."""
    vendor.script = telex.speak(CANARY)
    client = Client()
    client.force_login(cast.alice)
    given = {"preset": "telex", "base_url": vendor.gemini_url, "models": "telegraph", "key": CANARY}
    assert client.post(reverse("add-endpoint"), given).status_code == 302
    return LanguageModel.objects.get()


@pytest.mark.usefixtures("static_files")
def test_the_first_run_card_offers_it(cast: Cast) -> None:
    assert ("telex", "Telex (any address)") in EndpointForm().fields["preset"].choices  # type: ignore[attr-defined]
    client = Client()
    client.force_login(cast.alice)
    assert '<option value="telex"' in client.get("/").content.decode()


def test_a_reply_comes_word_by_word(
    cast: Cast, telegraph: LanguageModel, vendor: FakeVendor, connect: Callable[..., Socket]
) -> None:
    alice = connect(cast.alice)
    ack = alice.ask(
        "message.send", conversation=None, text="Hi", models=[telegraph.id], parameters={"verbosity": 2, "rhymes": True}
    )
    assert ack["type"] == "ack", ack
    assert alice.event("message.delta")["text"].startswith("STOP")
    finished = alice.event("message.finished")["message"]
    assert (finished["text"], finished["status"], finished["finish_reason"]) == ("STOP Hi STOP", "complete", "stop")
    asked = vendor.requests[-1]
    assert asked.headers["telex-key"] == f"Seal {CANARY}"
    assert (asked.json["verbosity"], asked.json["rhymes"]) == (2, True)
    assert UsageRecord.objects.get().output_tokens == 3


def test_a_conversation_of_another_wire_asks_within_its_bounds(
    cast: Cast, telegraph: LanguageModel, vendor: FakeVendor, connect: Callable[..., Socket]
) -> None:
    made = Api(cast.alice).make(title="Hot", parameters={"temperature": 2, "max_tokens": 9, "top_k": 5})
    alice = connect(cast.alice)
    alice.ask("message.send", conversation=made["id"], text="Hi", models=[telegraph.id])
    alice.event("message.finished")
    asked = vendor.requests[-1].json
    assert (asked["heat"], asked["words"]) == (1, 9)
    assert Conversation.objects.get().parameters["temperature"] == 2, "which another model takes"


def test_its_faults_are_told(
    cast: Cast, telegraph: LanguageModel, vendor: FakeVendor, connect: Callable[..., Socket]
) -> None:
    vendor.script = lambda request: telex.fault("grammar", "what?", status=400)
    alice = connect(cast.alice)
    alice.ask("message.send", conversation=None, text="Hi", models=[telegraph.id])
    assert alice.event("message.finished")["message"]["error"]["code"] == "bad_request"


PARAMETERS: list[tuple[dict[str, Any], str | None]] = [
    ({"verbosity": 5}, None),
    ({"rhymes": False, "temperature": 1.5}, None),  # another wire takes it
    ({"verbosity": 6}, "verbosity"),
    ({"verbosity": 1.5}, "verbosity"),
    ({"rhymes": "yes"}, "rhymes"),
]


@pytest.mark.parametrize(("parameters", "field"), PARAMETERS)
def test_the_api_holds_its_parameters_to_their_bounds(
    cast: Cast, parameters: dict[str, Any], field: str | None
) -> None:
    status, answer = Api(cast.alice).call("POST", "/conversations", {"title": "Tuned", "parameters": parameters})
    if field is None:
        assert (status, answer["parameters"]) == (201, parameters)
    else:
        assert (status, answer["error"]["code"], answer["error"]["field"]) == (400, "bad_field", field)


@pytest.mark.parametrize(("parameters", "field"), PARAMETERS)
def test_the_websocket_does_so_too(
    cast: Cast,
    telegraph: LanguageModel,
    connect: Callable[..., Socket],
    parameters: dict[str, Any],
    field: str | None,
) -> None:
    told = connect(cast.alice).ask(
        "message.send", conversation=None, text="Hi", models=[telegraph.id], parameters=parameters
    )
    assert (told["type"], told.get("field")) == (("ack", None) if field is None else ("error", field))


@pytest.mark.usefixtures("static_files")
def test_a_model_of_two_wires_is_offered_what_both_take(
    cast: Cast, telegraph: LanguageModel, vendor: FakeVendor
) -> None:
    client = Client()
    client.force_login(cast.alice)
    page = client.get("/").content.decode()
    assert 'data-knows="temperature:0:1: max_tokens:1:1000000: verbosity:1:5: rhymes"' in page
    other = Endpoint.objects.create(name="other", wire="openai", base_url=vendor.openai_url, needs_key=False)
    Deployment.objects.create(endpoint=other, model=telegraph, vendor_id="m")
    assert 'data-knows="temperature:0:1: max_tokens:1:1000000:"' in client.get("/").content.decode()


def test_what_is_set_stays_with_the_conversation(cast: Cast, telegraph: LanguageModel) -> None:
    api = Api(cast.alice)
    made = api.make(title="Tuned", parameters={"verbosity": 3})
    api.call("PATCH", f"/conversations/{made['id']}", {"parameters": {"verbosity": 4, "rhymes": None}})
    assert Conversation.objects.get().parameters == {"verbosity": 4}
