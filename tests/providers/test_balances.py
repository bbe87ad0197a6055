"""Balances of keys: which addresses are asked, and what their answers mean."""

import json
from decimal import Decimal
from typing import Any

import pytest

from providers.client.balances import ask_balance
from providers.errors import VendorError
from providers.money.amounts import decoded
from providers.money.balances import Balance, inquiries
from providers.transport.network import Network
from providers.types import Address
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import SECRET, PlainKey

G = "https://g.example/v1"
QUOTA = {"total_granted": 10**6, "total_used": 0, "total_available": 617283, "unlimited_quota": False}
TOLD: list[tuple[str, list[object], str, Balance | None]] = [
    ("https://api.deepseek.com/v1", [{"is_available": True, "balance_infos": [
        {"currency": "USD", "total_balance": "0.00"}, {"currency": "CNY", "total_balance": "110.10"}]}],
     "https://api.deepseek.com/user/balance", Balance(Decimal("110.10"), "CNY")),
    ("https://api.moonshot.cn/v1", [{"code": 0, "data": {"available_balance": 49.58894, "voucher_balance": 1}}],
     "https://api.moonshot.cn/v1/users/me/balance", Balance(Decimal("49.58894"), "CNY")),
    ("https://api.moonshot.ai/anthropic", [{"data": {"available_balance": -0.5}}],
     "https://api.moonshot.ai/v1/users/me/balance", Balance(Decimal("-0.5"), "USD")),
    ("https://api.siliconflow.cn/v1", [{"data": {"balance": "0.88", "totalBalance": "88.88", "email": "a@b.example"}}],
     "https://api.siliconflow.cn/v1/user/info", Balance(Decimal("88.88"), "CNY")),
    ("https://openrouter.ai/api/v1", [{"data": {"usage": 1, "limit": 10, "limit_remaining": 8.75}}],
     "https://openrouter.ai/api/v1/key", Balance(Decimal("8.75"), "USD")),
    ("https://openrouter.ai/api/v1", [{"data": {"usage": 1, "limit": None, "limit_remaining": None}}],
     "https://openrouter.ai/api/v1/key", Balance(None, "USD")),
    ("https://router.shengsuanyun.com/api", [{"data": {"max_quota": 50, "consumed_amount": 8}}],
     "https://router.shengsuanyun.com/api/v1/key", Balance(Decimal(42), "")),
    (G, [{"code": True, "data": QUOTA}], "https://g.example/api/usage/token/", Balance(Decimal("1.234566"), "USD")),
    ("https://www.dmxapi.cn", [{"data": QUOTA}],
     "https://www.dmxapi.cn/api/usage/token/", Balance(Decimal("1.234566"), "CNY")),
    (G, [{"data": {**QUOTA, "unlimited_quota": True}}], "https://g.example/api/usage/token/", None),
    (G, [{"success": False, "message": "no"}], "https://g.example/api/usage/token/", None),
    ("https://notdeepseek.com/v1", [{}], "https://notdeepseek.com/api/usage/token/", None),
]  # fmt: skip


@pytest.mark.parametrize(("base_url", "answers", "asked", "balance"), TOLD)
def test_each_vendor_tells_it_in_its_own_words(
    base_url: str, answers: list[object], asked: str, balance: Balance | None
) -> None:
    inquiry = inquiries(base_url)[0]
    assert inquiry.urls == (asked,)
    assert inquiry.read([decoded(json.dumps(answer)) for answer in answers]) == balance
    assert inquiry.read([None] * len(answers)) is None


@pytest.mark.parametrize("currency", ["¥", "\u202eDSU", "usd", "USDOLLAR", None, 7, ["CNY"], "CN"])
def test_what_is_no_code_of_a_currency_is_not_kept(currency: object) -> None:
    answer = {"balance_infos": [{"currency": currency, "total_balance": "5"}]}
    assert inquiries("https://api.deepseek.com")[0].read([answer]) == Balance(Decimal(5), "")


def test_a_gateways_bill_is_what_was_granted_less_what_was_used() -> None:
    bill = inquiries(G)[1]
    assert bill.urls == (
        "https://g.example/v1/dashboard/billing/subscription", "https://g.example/v1/dashboard/billing/usage",
    )  # fmt: skip
    assert bill.read([{"hard_limit_usd": "20.5"}, {"total_usage": "1234.5"}]) == Balance(Decimal("8.155"), "USD")
    assert bill.read([{"hard_limit_usd": "100000000"}, {"total_usage": "1"}]) == Balance(None, "USD")
    assert bill.read([{"error": {"message": "no"}}, {"total_usage": "1"}]) is None


def told(vendor: FakeVendor, *scripts: Any) -> Balance | None:
    for script in scripts:
        vendor.play(script)
    return ask_balance(Address("openai", vendor.openai_url), PlainKey(), Network(vendor.private_hosts))


def body(value: object) -> list[Any]:
    return [{"Content-Type": "application/json"}, json.dumps(value).encode()]


def test_what_one_page_does_not_tell_the_next_may(wire_vendor: FakeVendor) -> None:
    bill = (body({"hard_limit_usd": 5}), body({"total_usage": 100}))
    assert told(wire_vendor, [404, b"no"], *bill) == Balance(Decimal(4), "USD")
    assert [request.path for request in wire_vendor.requests] == [
        "/api/usage/token/", "/v1/dashboard/billing/subscription", "/v1/dashboard/billing/usage",
    ]  # fmt: skip
    assert {request.headers["Authorization"] for request in wire_vendor.requests} == {f"Bearer {SECRET}"}


@pytest.mark.parametrize("refusal", [[401, b"{}"], [403, b"{}"], [404, b"<html>"], [302, {"Location": "/in"}, b""],
                                     [b"<html>a page</html>"]])  # fmt: skip
def test_a_refused_question_means_that_it_is_not_offered(wire_vendor: FakeVendor, refusal: Any) -> None:
    assert told(wire_vendor, refusal, refusal) is None
    assert len(wire_vendor.requests) == 2, "each address is asked once"


def test_a_vendor_that_is_down_is_not_asked_again(wire_vendor: FakeVendor) -> None:
    with pytest.raises(VendorError) as failed:
        told(wire_vendor, [500, f"no {SECRET}".encode()])
    assert SECRET not in failed.value.quote
    assert len(wire_vendor.requests) == 1
