"""The vendors' lists of models, as they are and as gateways make them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.client import model_list
from providers.errors import MAX_KEPT_CHARACTERS, VendorError
from providers.transport.network import Network
from providers.types import Address, CatalogueEntry
from providers.wires.registry import WIRES
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import SECRET, PlainKey


def listed(vendor: FakeVendor, wire: str, **fields: Any) -> list[CatalogueEntry]:
    """Return the vendor's list over this wire."""
    base_url = vendor.gemini_url if wire == "gemini" else vendor.openai_url
    return model_list.list_models(Address(wire, base_url, **fields), PlainKey(), Network(vendor.private_hosts))  # type: ignore[arg-type]


def body(value: object) -> list[Any]:
    """Return a script that answers with this JSON."""
    return [{"Content-Type": "application/json"}, json.dumps(value).encode()]


def test_all_pages_of_the_gemini_list(wire_vendor: FakeVendor) -> None:
    found = listed(wire_vendor, "gemini", key_placement="query")
    assert found == [CatalogueEntry("parrot", "Parrot", 1000, 100), CatalogueEntry("owl", "Owl", 1000, 100)]
    first, second = wire_vendor.requests
    assert first.target == f"/v1beta/models?key={SECRET}&pageSize=1000"
    assert second.target == f"/v1beta/models?key={SECRET}&pageSize=1000&pageToken=two"
    assert (first.method, first.body) == ("GET", b"")


def test_the_openai_list(wire_vendor: FakeVendor) -> None:
    assert [entry.id for entry in listed(wire_vendor, "openai")] == ["parrot", "owl", "ear"]
    (request,) = wire_vendor.requests
    assert (request.method, request.target) == ("GET", "/v1/models")
    # One-api gateways choose the form of their answer by the key's header: only the one that is asked for is sent.
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    assert not {"x-goog-api-key", "x-api-key"} & {name.lower() for name in request.headers}


LISTS = [
    ("gemini", {"models": [{"displayName": "nameless"}, None, 5, {"name": "models/a", "thinking": True}]}, ["a"]),
    ("gemini", {"models": [{"name": "a", "displayName": "A"}], "nextPageToken": None}, ["a"]),
    ("gemini", {"models": [{"name": "models/e", "supportedGenerationMethods": ["embedContent"]}]}, []),
    ("gemini", {}, []),
    ("openai", {"success": True, "data": [{"id": "a"}, {"object": "model"}, {"id": None}, {"id": "a"}]}, ["a"]),
    ("openai", {"models": [{"name": "m.gguf"}], "data": [{"id": "m.gguf"}]}, ["m.gguf"]),
    ("openai", {"models": [{"name": "only"}]}, ["only"]),
    ("openai", [{"id": "bare"}], ["bare"]),
    ("openai", {"data": None}, []),
]


@pytest.mark.parametrize(("wire", "answer", "ids"), LISTS)
def test_lists_as_gateways_make_them(wire_vendor: FakeVendor, wire: str, answer: object, ids: list[str]) -> None:
    wire_vendor.play(body(answer))
    assert [entry.id for entry in listed(wire_vendor, wire)] == ids


def test_what_a_list_says_of_a_model() -> None:
    google = {"name": "models/g", "displayName": "G", "inputTokenLimit": 8, "outputTokenLimit": "x", "thinking": True}
    router = {
        "id": "r/x",
        "name": "R: X",
        "context_length": 9,
        "top_provider": {"max_completion_tokens": 4},
        "supported_parameters": ["reasoning"],
    }
    assert WIRES["gemini"].parse_catalogue({"models": [google]})[0] == [CatalogueEntry("g", "G", 8, None, True)]
    assert WIRES["openai"].parse_catalogue({"data": [router, {"id": "v", "max_model_len": 7}]})[0] == [
        CatalogueEntry("r/x", "R: X", 9, 4, True),
        CatalogueEntry("v", "v", 7),
    ]


def test_a_list_of_thousands_is_cut(wire_vendor: FakeVendor) -> None:
    wire_vendor.play(body({"data": [{"id": f"m{number}"} for number in range(12_000)]}))
    assert len(listed(wire_vendor, "openai")) == model_list.MAX_MODELS


def test_pages_that_go_in_circles_end(wire_vendor: FakeVendor) -> None:
    wire_vendor.script = lambda request: body({"models": [{"name": "models/a"}], "nextPageToken": "same"})
    assert [entry.id for entry in listed(wire_vendor, "gemini")] == ["a"]
    assert len(wire_vendor.requests) == 2


def test_pages_without_an_end_do(wire_vendor: FakeVendor) -> None:
    def script(request: object) -> list[Any]:
        return body({"models": [], "nextPageToken": str(len(wire_vendor.requests))})

    wire_vendor.script = script  # type: ignore[assignment]
    assert listed(wire_vendor, "gemini") == []
    assert len(wire_vendor.requests) == model_list.MAX_PAGES


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("script", "code"),
    [
        ([401, b'{"error": {"message": "no: Bearer ' + SECRET.encode() + b'"}}'], "key_refused"),
        ([b'{"success": false, "message": "Invalid token"}'], "key_refused"),
        ([302, {"Location": "https://elsewhere.example"}, b""], "bad_reply"),
        ([b"<!doctype html>"], "bad_reply"),
        ([b""], "bad_reply"),
        ([b"[" * 100_000], "bad_reply"),
        ([503, b""], "vendor_down"),
    ],
)
def test_no_list(wire_vendor: FakeVendor, wire: str, script: list[Any], code: str) -> None:
    wire_vendor.play(script)
    with pytest.raises(VendorError) as raised:
        listed(wire_vendor, wire)
    assert raised.value.code == code
    assert SECRET not in raised.value.text


@pytest.mark.parametrize("filling", [" ", "x"])
def test_a_key_is_masked_where_the_message_is_cut(wire_vendor: FakeVendor, filling: str) -> None:
    message = f"no:{filling * (MAX_KEPT_CHARACTERS - len(SECRET) - 2)}{SECRET}"
    wire_vendor.play([401, json.dumps({"error": {"message": message}}).encode()])
    with pytest.raises(VendorError) as raised:
        listed(wire_vendor, "openai")
    assert "••••" in raised.value.quote
    assert SECRET[:12] not in raised.value.quote


def test_a_list_without_an_end_is_left(wire_vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_list, "MAX_PAGE_BYTES", 100_000)
    wire_vendor.play([b'{"data": ["', *[b"x" * 65536] * 10])
    with pytest.raises(VendorError) as raised:
        listed(wire_vendor, "openai")
    assert raised.value.code == "bad_reply"
