"""The declarations of each registered wire hold, and a third wire is a single file."""

import ast
import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from providers.client import model_list
from providers.client.stream import Stream
from providers.endpoints import detection
from providers.errors import BadRequest, KeyRefused, RateLimited
from providers.models import Deployment, Endpoint
from providers.transport import egress
from providers.transport.network import Network
from providers.types import Address, Finish, Prompt, Usage
from providers.wires.parameters import LEVELS, Choice, Number, Parameter, Schema, Switch, Texts, Thinking
from providers.wires.registry import WIRES, Wire, key_placements
from tests import telex
from tests.conftest import CANARY
from tests.fake_vendor import FakeVendor
from tests.providers.administering import alice, form, page, save
from tests.providers.conftest import SECRET, PlainKey, said
from tests.providers.reading import turns
from tests.providers.test_adding import run
from tests.test_layers import BASE, is_within, modules
from tests.vendor_replies import default_reply

__all__ = ["alice", "run"]

NAMING_WIRES = {
    "providers/families.py",  # a family of models is called like one
    "providers/local_model",  # its server speaks one
    "providers/management/commands/benchreading.py", "providers/management/commands/localmodel.py",
    "providers/models/endpoints.py",  # columns that only one wire heeds
    # A word of OpenAPI, too.
    "conversations/api/event_streams.py", "conversations/api/exports.py", "conversations/api/routes.py",
}  # fmt: skip
"""Files outside the folders of wires that name one in more than a docstring."""


@pytest.fixture
def third(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the invented wire."""
    monkeypatch.setitem(WIRES, telex.NAME, telex)  # type: ignore[arg-type]


def value(declared: Parameter) -> Any:
    """Return a value that may be set."""
    match declared:
        case Number():
            return declared.high
        case Texts():
            return ["END"]
        case Switch():
            return True
        case Thinking():
            return {"level": LEVELS[-1]}
        case Schema():
            return {"type": "object"}
        case Choice():
            return "2K"
    raise AssertionError(declared)


# --- Every wire ----------------------------------------------------------------------------------------------------

EVERY = pytest.mark.parametrize("wire", [*WIRES.values(), telex], ids=lambda wire: wire.NAME)


@EVERY
def test_a_wire_carries_every_parameter_that_it_declares(wire: Wire) -> None:
    def body(parameters: dict[str, Any]) -> Any:
        search = next((form.name for form in wire.WEB_SEARCHES), "")
        address = Address(wire.NAME, "https://vendor.example", web_search=search)
        return json.loads(wire.request(address, Prompt("m", turns("Hi"), parameters=parameters)).body)

    assert [name for name, one in wire.PARAMETERS.items() if body({name: value(one)}) == body({})] == []


@EVERY
def test_a_parameter_is_of_one_kind_on_every_wire(wire: Wire) -> None:
    others = [other.PARAMETERS for other in WIRES.values()]
    for name, declared in wire.PARAMETERS.items():
        assert {type(other[name]) for other in others if name in other} <= {type(declared)}


@EVERY
def test_presets_and_detection_put_the_key_where_the_wire_says(wire: Wire) -> None:
    places = {placement.name for placement in wire.KEY_PLACEMENTS}
    assert {preset.key_placement for preset in wire.PRESETS} <= places
    assert {preset.wire for preset in wire.PRESETS} <= {wire.NAME}
    doors = list(wire.doors("https://vendor.example/v1", "https://vendor.example"))
    assert {door.address.wire for door in doors} <= {wire.NAME}
    assert bool(doors and wire.PRESETS) is not (wire.ONLY_PICTURES or wire.NAME == "audio_api"), "each call costs"
    assert all(wire.plainer(door) != door for door in doors if door.address.ask_sse)


def test_a_name_stands_for_one_place_of_the_key_on_every_wire() -> None:
    places = key_placements()
    assert all(placement == places[placement.name] for wire in WIRES.values() for placement in wire.KEY_PLACEMENTS)


# --- Nobody else -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["providers", "conversations", "chatsite"])
def test_only_its_own_folder_names_a_wire(package: str) -> None:
    """A wire declares all that others know of it; docstrings and migrations may name examples."""
    folders = {f"providers/wires/{name}" for name in WIRES}
    named = {
        f"{path}: {node.value}"
        for path, tree in modules(package)
        if not is_within(path, folders | NAMING_WIRES) and "/migrations/" not in path
        for node in ast.walk(_without_docstrings(tree))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if any(name in node.value.lower() for name in WIRES)
    }
    assert named == set()


def test_no_page_names_a_wire() -> None:
    pages = [*(BASE / "templates").rglob("*.*"), *(BASE / "static" / "js").rglob("*.js")]
    assert len(pages) > 50
    assert [path for path in pages if any(name in path.read_text(encoding="utf-8").lower() for name in WIRES)] == []


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        for body in (getattr(node, "body", None), getattr(node, "orelse", None)):
            if isinstance(body, list):
                body[:] = [
                    one for one in body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
                ]
    return tree


# --- A third one ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("third")
def test_it_asks_and_reads(wire_vendor: FakeVendor) -> None:
    wire_vendor.script = telex.speak(SECRET)
    address = Address("telex", wire_vendor.gemini_url, key_placement="telex-key")
    stream = Stream(address, Prompt("m", turns("Hi")), PlainKey(), network=Network(wire_vendor.private_hosts))
    assert said(stream) == "STOP Hi STOP"
    assert (stream.finish, stream.usage) == (Finish("stop", "end"), Usage(7, 3))
    assert wire_vendor.requests[0].target == "/telex/cable"


@pytest.mark.usefixtures("third")
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (telex.fault("jam", "wait", status=429), RateLimited),
        (telex.fault("seal", "no", status=401), KeyRefused),
        (telex.fault("seal", "no"), KeyRefused),
        (telex.fault("grammar", "what?", status=400), BadRequest),
    ],
)
def test_its_errors_are_ours(wire_vendor: FakeVendor, answer: Any, kind: type) -> None:
    wire_vendor.script = lambda request: answer
    address = Address("telex", wire_vendor.gemini_url, key_placement="telex-key")
    with pytest.raises(kind):
        model_list.list_models(address, PlainKey(), Network(wire_vendor.private_hosts))


@pytest.mark.usefixtures("third")
def test_its_models_are_listed_page_by_page(wire_vendor: FakeVendor) -> None:
    wire_vendor.script = telex.speak(SECRET)
    address = Address("telex", wire_vendor.gemini_url, key_placement="telex-key")
    found = model_list.list_models(address, PlainKey(), Network(wire_vendor.private_hosts))
    assert [(entry.id, entry.name) for entry in found] == [("telegraph", "Telegraph"), ("pigeon", "Pigeon")]


@pytest.mark.usefixtures("third")
@pytest.mark.parametrize("base", ["", "/telex", "/v1"])
def test_an_unknown_address_is_found_to_speak_it(wire_vendor: FakeVendor, base: str) -> None:
    wire_vendor.script = telex.speak(SECRET)
    found = detection.detect(wire_vendor.gemini_url + base, PlainKey(), "telegraph", Network(wire_vendor.private_hosts))
    assert found.findings is not None, found.tries
    assert (found.findings.wire, found.findings.base_url) == ("telex", wire_vendor.gemini_url)
    assert (found.findings.key_placement, found.findings.streaming) == ("telex-key", True)
    assert (len(found.tries) == 1) == (base == "/telex")
    assert {"words": 32}.items() <= wire_vendor.requests[-1].json.items()


@pytest.mark.usefixtures("third")
@pytest.mark.parametrize("wire", ["openai", "gemini"])
def test_the_others_are_found_as_before(wire_vendor: FakeVendor, wire: str) -> None:
    prefix = {"openai": "/v1/chat", "gemini": "/v1beta"}[wire]
    wire_vendor.script = lambda request: default_reply(request) if request.path.startswith(prefix) else telex.PAGE
    found = detection.detect(wire_vendor.gemini_url, PlainKey(), "m", Network(wire_vendor.private_hosts))
    assert found.findings is not None, found.tries
    assert found.findings.wire == wire


@pytest.mark.usefixtures("third")
def test_its_header_may_be_added_and_the_one_of_its_key_may_not() -> None:
    egress.check_headers([("Telex-Office", "Bern")])
    with pytest.raises(BadRequest):
        egress.check_headers([("telex-key", "sk")])


def test_without_it_none_of_this_is_known() -> None:
    assert "telex-key" not in key_placements()
    with pytest.raises(BadRequest):
        egress.check_headers([("Telex-Office", "Bern")])


@pytest.mark.django_db
@pytest.mark.usefixtures("third")
def test_commands_add_it_and_find_how_it_is_called(run: Any, vendor: FakeVendor) -> None:
    vendor.script = telex.speak(CANARY)
    arguments = ("--base-url", vendor.gemini_url, "--model", "telegraph")
    assert run("addendpoint", "telex", *arguments, stdin=CANARY)[0] == 0
    endpoint = Endpoint.objects.get()
    assert (endpoint.wire, endpoint.key_placement) == ("telex", "telex-key")
    assert run("checkendpoint", endpoint.name)[0] == 0
    Endpoint.objects.update(wire="openai", key_placement="bearer")
    code, told, _ = run("checkendpoint", endpoint.name, "--detect")
    assert (code, told.splitlines()[-1]) == (
        0, f"Stored: telex at {vendor.gemini_url}, key: telex-key, streaming on"
    )  # fmt: skip
    endpoint.refresh_from_db()
    assert (endpoint.wire, endpoint.key_placement) == ("telex", "telex-key")


@pytest.mark.django_db
def test_without_it_nobody_can_store_it() -> None:
    with pytest.raises(ValidationError) as refused:
        Endpoint(name="x", wire="telex", base_url="https://v.example", key_placement="telex-key").full_clean()
    assert {"wire", "key_placement"} <= set(refused.value.message_dict)


@pytest.mark.usefixtures("third", "static_files")
def test_the_admin_offers_it_by_hand_and_as_a_preset(alice: Client, vendor: FakeVendor) -> None:
    blank = form(alice.get(page(Endpoint, "add")))
    given = {"name": "Bern", "wire": "telex", "base_url": vendor.gemini_url, "key_placement": "telex-key"}
    save(alice, page(Endpoint, "add"), {**blank, **given})
    assert Endpoint.objects.get().get_wire_display() == "Telex"
    assert "Telex" in alice.get(page(Endpoint, "changelist")).content.decode()
    address = reverse("admin:providers_endpoint_preset") + "?preset=telex"
    alice.post(address, {"name": "Wire", "base_url": vendor.gemini_url, "key": CANARY, "models": "telegraph"})
    deployment = Deployment.objects.get(endpoint__name="Wire")
    assert (deployment.endpoint.wire, deployment.endpoint.key_placement) == ("telex", "telex-key")


@pytest.mark.django_db
@pytest.mark.usefixtures("third")
def test_it_needs_no_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
