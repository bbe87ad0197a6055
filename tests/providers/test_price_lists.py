"""Prices in the three shapes of lists: what is read, what it is multiplied with, and what stays unknown."""

import json
from decimal import Decimal
from typing import Any

import pytest

from providers.money import models_dev, new_api, openrouter
from providers.money.amounts import MAX_DEPTH, amount, decoded, price, strictly_decoded
from providers.money.price_list import MAX_GROUPS, Note, PriceList, product
from providers.money.sites import site_of

ONE = Decimal(1)


def told(prices: PriceList, model: str, rate: Decimal = ONE) -> dict[str, str]:
    """Return the prices of a model; those that it does not have are empty."""
    offer = prices.offer(model)
    assert offer is not None
    values = {name: product(factors, rate) for name, factors in offer.prices.items()}
    return {name: "" if value is None else f"{value.normalize():f}" for name, value in values.items()}


def gateway(*entries: Any, group: str = "", **more: Any) -> PriceList:
    answer = {"success": True, "data": list(entries), "group_ratio": {"vip": 0.5, "default": 1}, **more}
    return new_api.read(decoded(json.dumps(answer)), group, "USD")


def test_a_gateways_ratios_become_money() -> None:
    entry = {
        "model_name": "Claude-X", "quota_type": 0, "model_ratio": 1.5, "completion_ratio": 5, "cache_ratio": 0.1,
        "create_cache_ratio": 1.25, "enable_groups": ["default", "vip"],
    }  # fmt: skip
    usual = gateway(entry)
    assert (usual.chosen, usual.groups) == ("default", {"vip": Decimal("0.5"), "default": ONE})
    assert told(usual, "claude-x") == {
        "input_price": "3", "output_price": "15", "cached_price": "0.3", "written_price": "3.75", "call_price": "",
    }  # fmt: skip
    assert told(gateway(entry, group="vip"), "Claude-X", Decimal("7.2"))["output_price"] == "54"


def test_a_gateways_price_may_be_of_a_call_or_no_number() -> None:
    found = gateway(
        {"model_name": "draw", "quota_type": 1, "model_price": 0.04},
        {"model_name": "tiers", "quota_type": 0, "model_ratio": 1, "billing_mode": "tiered_expr", "billing_expr": "p"},
        {"model_name": "plain", "quota_type": 0, "model_ratio": "2", "enable_groups": ["vip"]},
        {"model_name": "broken", "quota_type": 0, "model_ratio": None},
        *[None, 5, {"model_name": "x" * 300}],
    )
    assert told(found, "draw")["call_price"] == "0.04"
    assert told(found, "draw")["input_price"] == "", "tokens of it cost nothing further"
    plain = found.offer("plain")
    assert plain is not None
    assert plain.notes == {Note.OTHER_GROUP}
    assert told(found, "plain") == {"input_price": "4", "call_price": ""}, "what a ratio does not say is unknown"
    assert {name: found.offers[name].notes for name in ("tiers", "broken") if not found.offers[name].prices} == {
        "tiers": {Note.EXPRESSION},
        "broken": frozenset(),
    }
    assert len(found.offers) == 4


def test_names_of_groups_are_few_and_short() -> None:
    strange = {"x" * 201: 1, "\u202eenil": 1, "two\nlines": 1, "": 1, " ": 1, "half": "0.5", "lost": "-1", "odd": []}
    ratios = {**strange, **{f"g{at}": 1 for at in range(300)}, "default": 0}
    found = gateway({"model_name": "m", "model_ratio": 1}, group="g299", group_ratio=ratios)
    assert (found.chosen, len(found.groups)) == ("g299", MAX_GROUPS)
    assert list(found.groups)[:4] == ["g299", "default", "half", "g0"]
    free = gateway({"model_name": "m", "model_ratio": 1}, group_ratio=ratios)
    assert (free.chosen, told(free, "m")["input_price"]) == ("default", "0"), "not the price of another group"


def test_a_list_of_models_has_prices_of_single_tokens() -> None:
    found = openrouter.read(
        decoded(
            """{"data": [
        {"id": "a/b", "pricing": {"prompt": "0.0000025", "completion": "0.00001", "request": "0", "image": "0.003",
                                  "internal_reasoning": "0", "input_cache_read": "0.00000025"}},
        {"id": "auto", "pricing": {"prompt": "-1", "completion": "-1"}},
        {"id": "free", "pricing": {"prompt": "0", "completion": 0}},
        {"id": "search", "pricing": {"prompt": "1e-6", "completion": "0.000002", "request": 0.005}},
        {"id": "unpriced"}, null]}"""
        )
    )
    assert told(found, "a/b") == {
        "input_price": "2.5", "output_price": "10", "cached_price": "0.25", "call_price": "",
    }  # fmt: skip
    assert told(found, "free") == {"input_price": "0", "output_price": "0", "call_price": ""}
    assert told(found, "search")["input_price"] == "1"
    assert told(found, "search")["call_price"] == "0.005"
    assert found.offers["auto"].notes == {Note.VARIES}
    assert "unpriced" not in found.offers


TABLE = {
    "acme": {"id": "acme", "api": "https://api.acme.example/v1", "models": {"m": {"cost": {"input": 1, "output": 2}}}},
    "resale": {"id": "resale", "models": {"m": {"cost": {"input": 3, "output": 4}}, "n": {"cost": {"input": 5}}}},
    "gaps": {"id": "gaps", "models": None},
    "x" * 201: {"models": {name: {"cost": {"input": 6}} for name in "mnop"}},
}


@pytest.mark.parametrize(
    ("vendor", "base_url", "models", "chosen"),
    [
        ("", "https://api.acme.example/v1", {"m", "n"}, "acme"),
        ("", "https://other.example/v1", {"m", "n"}, "resale"),
        ("acme", "https://other.example/v1", {"m", "n"}, "acme"),
        ("nobody", "https://other.example/v1", {"m"}, "nobody"),
    ],
)
def test_a_table_of_many_vendors_is_read_for_one(vendor: str, base_url: str, models: set[str], chosen: str) -> None:
    found = models_dev.read(strictly_decoded(json.dumps(TABLE)), vendor, base_url, models)
    assert found.chosen == chosen
    assert bool(found.offers) == (chosen in TABLE)


def test_tiers_of_a_table_are_named() -> None:
    cost = {"input": 1.25, "output": 10, "cache_read": 0.125, "context_over_200k": {"input": 2.5}}
    found = models_dev.read(strictly_decoded(json.dumps({"v": {"models": {"m": {"cost": cost}}}})), "", "", {"m"})
    assert told(found, "m") == {"input_price": "1.25", "output_price": "10", "cached_price": "0.125", "call_price": ""}
    assert found.offers["m"].notes == {Note.TIERS}


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 2}', '{"a": NaN}', "[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2), "[" * 100_000, "{", ""]
)
def test_an_uploaded_table_is_strict_json(text: str) -> None:
    with pytest.raises(ValueError):  # any of its kind
        strictly_decoded(text)


def test_a_text_of_more_values_than_a_list_has_is_not_read() -> None:
    text = f"[{'0,' * 1_000_001}0]"
    for read in (decoded, strictly_decoded):
        with pytest.raises(ValueError):
            read(text)


@pytest.mark.parametrize("value", ["1e999999999", "9" * 50, "NaN", "Infinity", "٣", "1_0", "", None, True, [], "1e99"])
def test_what_is_no_amount_is_unknown(value: object) -> None:
    assert amount(value) is None


def test_no_number_is_rounded_on_its_way() -> None:
    assert amount(decoded("0.1000000000000000055511")) == Decimal("0.1000000000000000055511")
    assert product((Decimal("0.00000049"),), ONE) == 0
    assert product((Decimal(10**7),), ONE) is None, "no price field holds it"
    assert str(price(decoded("-0"))) == "0"


@pytest.mark.parametrize(
    ("base_url", "site"),
    [
        ("https://g.example/v1", "https://g.example"),
        ("https://g.example/v1/", "https://g.example"),
        ("https://g.example", "https://g.example"),
        ("https://g.example/api/v1", "https://g.example"),
        ("https://g.example/sub/v1beta", "https://g.example/sub"),
        ("https://g.example/anthropic", "https://g.example"),
    ],
)
def test_a_gateways_site_is_above_its_api(base_url: str, site: str) -> None:
    assert site_of(base_url) == site
