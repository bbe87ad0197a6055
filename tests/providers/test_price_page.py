"""The page on which an endpoint's prices are read, compared and adopted."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from chatsite.server.request_bodies import MAX_BODY_BYTES, MAX_PRICE_TABLE_BYTES, PRICES
from conversations.models import UsageRecord
from providers.endpoints import price_sync
from providers.endpoints.price_sync import MAX_TABLE_BYTES
from providers.models import AuditEntry, Deployment, Endpoint, LanguageModel, PriceChange
from providers.types import Usage
from tests.conftest import CANARY, Cast
from tests.fake_vendor import FakeVendor
from tests.providers.administering import alice, assert_is_safe, endpoint, page, staff

__all__ = ["alice", "endpoint"]

pytestmark = pytest.mark.usefixtures("static_files")

RATIOS: dict[str, Any] = {
    "data": [
        {
            "model_name": "parrot",
            "quota_type": 0,
            "model_ratio": 1.25,
            "completion_ratio": 8,
            "cache_ratio": 0.1,
            "create_cache_ratio": 1.25,
        },
        {"model_name": "owl", "quota_type": 1, "model_price": 0.04},
    ],
    "group_ratio": {"default": 1, "vip": 0.5},
}


@pytest.fixture
def address(endpoint: Endpoint, vendor: FakeVendor) -> str:
    endpoint.base_url = vendor.openai_url
    endpoint.save()
    for name in ("owl", "wren"):
        model = LanguageModel.objects.create(name=name)
        Deployment.objects.create(model=model, endpoint=endpoint, vendor_id=name)
    Deployment.objects.filter(vendor_id="parrot").update(input_price=3, output_price=20)
    return page(Endpoint, "prices", endpoint.pk)


def body(value: Any) -> list[Any]:
    return [{"Content-Type": "application/json"}, json.dumps(value).encode()]


def prices_of(name: str) -> list[str]:
    found = Deployment.objects.get(vendor_id=name)
    columns = ("input_price", "output_price", "cached_price", "call_price")
    return ["" if (value := getattr(found, column)) is None else f"{value.normalize():f}" for column in columns]


def shown(response: HttpResponse) -> str:
    """Return the signed text of what a page shows."""
    found = re.search(r'name="shown" value="([^"]+)"', response.content.decode())
    assert found is not None
    return found[1]


def test_a_gateways_prices_are_shown_and_only_picked_ones_adopted(
    alice: Client, address: str, vendor: FakeVendor
) -> None:
    assert vendor.requests == []
    vendor.play(body(RATIOS))
    read = alice.post(address, {"source": "gateway", "rate": "7", "group": "vip"})
    (request,) = vendor.requests
    assert (request.method, request.target) == ("GET", "/api/pricing")
    assert CANARY not in str(request.headers), "the page asks for no key, so it gets none"
    assert_is_safe(read)
    text = read.content.decode()
    assert "1.25 × 2 × 8 × 0.5 × 7" in text
    assert "Not in this list: wren" in text
    assert prices_of("parrot") == ["3", "20", "", ""], "nothing changes unasked"
    picked = str(Deployment.objects.get(vendor_id="parrot").pk)
    answer = alice.post(address, {"adopt": "picked", "shown": shown(read), "deployment": [picked]}, follow=True)
    assert "Changed the prices of parrot." in answer.content.decode()
    assert prices_of("parrot") == ["8.75", "70", "0.875", ""]
    assert Deployment.objects.get(vendor_id="parrot").written_price == Decimal("10.9375")
    assert prices_of("owl") == ["", "", "", ""]
    told = AuditEntry.objects.get(subject_type="providers.deployment")
    assert (told.actor_name, told.before["output_price"], told.after["output_price"]) == (
        "alice", "20.000000", "70.000000",
    )  # fmt: skip
    assert Endpoint.objects.get().exchange_rate == 7
    again = alice.post(address, {"adopt_all": "yes", "shown": shown(read)}, follow=True).content.decode()
    assert "Read them again" in again, "another one may have changed a price meanwhile"
    assert prices_of("owl") == ["", "", "", ""], "all or nothing"


def test_a_vendors_list_of_models_and_a_table_have_prices_too(alice: Client, address: str, vendor: FakeVendor) -> None:
    vendor.play(body({"data": [{"id": "wren", "pricing": {"prompt": "0.0000005", "completion": "0.000001"}}]}))
    read = alice.post(address, {"source": "models"})
    assert vendor.requests[0].target == "/v1/models"
    assert "0.0000005 × 1000000" in read.content.decode()
    alice.post(address, {"adopt_all": "yes", "shown": shown(read)})
    assert prices_of("wren") == ["0.5", "1", "", ""]
    cost: dict[str, Any] = {"input": 0.25, "output": 1, "tiers": [{"input": 1, "tier": {"type": "hour"}}]}
    table: Any = {"v": {"models": {"wren": {"cost": cost}}}, "w": {"models": {"else": {"cost": {"input": 1}}}}}
    upload = SimpleUploadedFile("api.json", json.dumps(table).encode())
    read = alice.post(address, {"source": "table", "table": upload})
    assert "It has tiers" in read.content.decode()
    alice.post(address, {"adopt_all": "yes", "shown": shown(read)})
    assert prices_of("wren") == ["0.25", "1", "", ""]
    assert len(vendor.requests) == 1
    table["v"]["models"]["wren"]["cost"] = {"input": 0.5}
    upload = SimpleUploadedFile("api.json", json.dumps(table).encode())
    read = alice.post(address, {"source": "table", "table": upload, "rate": "7"})
    alice.post(address, {"adopt_all": "yes", "shown": shown(read)})
    assert prices_of("wren")[0] == "3.5"
    assert Endpoint.objects.get().exchange_rate == 1, "the money of a table is not the vendor's"


def test_prices_of_long_calls_are_shown_and_adopted_together(alice: Client, address: str, vendor: FakeVendor) -> None:
    """One that no field holds leaves out the others; a list that has none any more removes them."""
    flat = 'tier("base", p * 2 + c * 8)'
    long = f'len <= 200000 ? {flat} : tier("long", p * 4 + c * 12)'
    huge = f'len <= 200000 ? {flat} : tier("long", p * 9999999 + c * 12)'

    def adopted(parrot: str, owl: str = flat) -> str:
        """Adopt all that the gateway offers at 7 of ours for 1 of theirs; returns the page that showed it."""
        entries = [
            {"model_name": name, "billing_mode": "tiered_expr", "billing_expr": expression}
            for name, expression in (("parrot", parrot), ("owl", owl))
        ]
        vendor.script = lambda request: body({"data": entries})
        read = alice.post(address, {"source": "gateway", "rate": "7"})
        assert_is_safe(read)
        alice.post(address, {"adopt_all": "yes", "shown": shown(read)})
        return read.content.decode()

    def held() -> list[Any]:
        one = Deployment.objects.get(vendor_id="parrot")
        return [one.long_above, one.long_input_price, one.long_output_price]

    text = adopted(long)
    assert "A long call has more tokens than" in text
    assert "200000" in text
    assert "4 × 7" in text
    assert held() == [200_000, 28, 84]
    deployment = Deployment.objects.get(vendor_id="parrot")
    deployment.full_clean()
    prices = deployment.prices()
    assert prices is not None
    assert prices.cost(Usage(200_001, 1)) == 200_001 * 28 + 84
    adopted(huge.replace("* 8", "* 9"))
    assert held() == [200_000, 28, 84]
    adopted(flat, long)
    assert held() == [None, None, None]


def test_a_price_a_thousand_times_another_is_picked_by_itself(alice: Client, address: str, vendor: FakeVendor) -> None:
    """So is one that becomes nought. A name of a group that fits no column is none."""
    Deployment.objects.filter(vendor_id="owl").update(call_price="0.02")
    entry = {**RATIOS["data"][0], "model_ratio": 1500}
    answer = {"data": [entry, RATIOS["data"][1]], "group_ratio": {"default": 1, "g" * 200: 1, "h" * 999: 2}}
    vendor.script = lambda request: body(answer)
    read = alice.post(address, {"source": "gateway", "group": "g" * 200})
    assert read.content.decode().count("A hundred times more or less") == 1
    alice.post(address, {"adopt_all": "yes", "shown": shown(read)})
    assert (prices_of("parrot")[0], prices_of("owl")[3]) == ("3", "0.04")
    assert len(PriceChange.objects.get().source) <= 300
    parrot = str(Deployment.objects.get(vendor_id="parrot").pk)
    alice.post(address, {"adopt": "picked", "shown": shown(read), "deployment": [parrot]})
    assert prices_of("parrot")[0] == "3000"
    entry["model_ratio"] = 0
    alice.post(address, {"adopt_all": "yes", "shown": shown(alice.post(address, {"source": "gateway"}))})
    assert prices_of("parrot")[0] == "3000"


def test_only_this_page_takes_a_table_that_is_longer_than_a_form(address: str) -> None:
    assert PRICES.fullmatch(address.encode())
    assert MAX_BODY_BYTES < MAX_TABLE_BYTES < MAX_PRICE_TABLE_BYTES


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"source": "table"}, "Choose a file."),
        ({"source": "table", "table": b'{"v": 1, "v": 2}'}, "The file is not JSON in this shape."),
        ({"source": "table", "table": b"\xff\xfe"}, "The file is not JSON in this shape."),
        ({"source": "table", "table": b"{}"}, "There are no prices in this list."),
        ({"source": "gateway", "group": "gold"}, "This gateway has no such group; it has: default, vip"),
        ({"source": "gateway", "rate": "0"}, "Ensure this value is greater than or equal to 0.000001."),
    ],
)
def test_what_cannot_be_read_is_said(
    alice: Client, address: str, vendor: FakeVendor, given: dict[str, Any], sentence: str
) -> None:
    vendor.script = lambda request: body(RATIOS)
    if isinstance(content := given.get("table"), bytes):
        given = {**given, "table": SimpleUploadedFile("api.json", content)}
    assert sentence in alice.post(address, given).content.decode()


def test_money_of_another_country_asks_for_its_rate(
    alice: Client, address: str, vendor: FakeVendor, settings: Any
) -> None:
    settings.CHATSITE_CURRENCY = "CNY"
    vendor.script = lambda request: body(RATIOS)
    text = alice.post(address, {"source": "gateway"}).content.decode()
    assert "This list counts in USD: say how many CNY one of them is." in text
    assert 'name="shown"' not in text


def test_a_vendor_without_a_list_of_prices_is_named(alice: Client, address: str, vendor: FakeVendor) -> None:
    vendor.play([404, b"no such page"])
    text = alice.post(address, {"source": "gateway"}).content.decode()
    assert "The vendor has no list of prices at this address." in text
    vendor.play([b"[[" * 50_000])
    assert "not a list of prices" in alice.post(address, {"source": "gateway"}).content.decode()
    assert len(vendor.requests) == 2, "a list is asked for once"


def test_only_what_was_shown_here_can_be_adopted(
    alice: Client, address: str, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.play(body(RATIOS))
    read = shown(alice.post(address, {"source": "gateway"}))
    other = Endpoint.objects.create(name="Other", wire="openai", base_url="https://other.example/v1")
    alice.post(page(Endpoint, "prices", other.pk), {"adopt_all": "yes", "shown": read})
    alice.post(address, {"adopt_all": "yes", "shown": f"{read}x"})
    monkeypatch.setattr(price_sync, "OFFER_SECONDS", -1)
    alice.post(address, {"adopt_all": "yes", "shown": read})
    assert prices_of("parrot") == ["3", "20", "", ""]


def test_prices_are_for_who_may_change_them_today(cast: Cast, address: str, vendor: FakeVendor) -> None:
    for permissions in (["change_endpoint", "view_endpoint"], ["change_deployment", "view_endpoint"]):
        clerk = staff(cast, *permissions)
        assert clerk.get(address).status_code == 403
        assert clerk.post(address, {"source": "gateway"}).status_code == 403
    assert staff(cast, "change_endpoint", "change_deployment").get(address).status_code == 200
    assert vendor.requests == []


def test_what_was_asked_before_keeps_its_cost(alice: Client, address: str, vendor: FakeVendor) -> None:
    record = UsageRecord.objects.create(
        conversation=Deployment.objects.first().pk, message=Deployment.objects.first().pk,  # type: ignore[union-attr]
        model_name="parrot", endpoint_name="Ours", input_tokens=10, cost=30, outcome="complete", total_ms=1,
    )  # fmt: skip
    vendor.play(body(RATIOS))
    alice.post(address, {"adopt_all": "yes", "shown": shown(alice.post(address, {"source": "gateway"}))})
    assert prices_of("owl") == ["", "", "", "0.04"]
    prices = Deployment.objects.get(vendor_id="owl").prices()
    assert prices is not None
    assert prices.call == Decimal("0.04")
    assert UsageRecord.objects.get(pk=record.pk).cost == 30
