"""Prices in the three shapes of lists: what is read, what it is multiplied with, and what stays unknown."""

import json
from decimal import Decimal
from typing import Any

import pytest

from providers.money import models_dev, new_api, openrouter
from providers.money.amounts import MAX_DEPTH, amount, decoded, price, strictly_decoded
from providers.money.expressions import MAX_LENGTH, tiers_of
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


LONG_CALL = {"long_above": "200000", "long_input_price": "2.5", "long_output_price": "15"}
NO_LONG_CALL = dict.fromkeys(LONG_CALL, "")


def table(**costs: Any) -> PriceList:
    """Return the prices of a vendor of a table whose models have these costs."""
    models = {name: {"cost": cost} for name, cost in costs.items()}
    return models_dev.read(strictly_decoded(json.dumps({"v": {"models": models}})), "", "", set(costs))


def tier(size: Any, kind: str = "context", **prices: Any) -> dict[str, Any]:
    return {**prices, "tier": {"type": kind, "size": size}}


def test_prices_of_long_calls_of_a_table_are_read() -> None:
    usual = {"input": 1.25, "output": 10, "cache_read": 0.125}
    long = {"input": 2.5, "output": 15}
    found = table(
        tiers={**usual, "tiers": [tier(500_000, input=9), tier(200_000, **long)], "context_over_200k": {"input": 7}},
        older={**usual, "context_over_200k": long},
        flat=usual,
        batch={**usual, "tiers": [tier(1, "batch", input=0.5)]},
        odd={**usual, "tiers": [tier(size, input=3) for size in (0, -1, "many", None, 1e300, True)]},
    )
    for name in ("tiers", "older"):
        assert told(found, name).items() >= LONG_CALL.items()
        assert told(found, name)["input_price"] == "1.25"
    for name in ("flat", "batch", "odd"):
        assert told(found, name).items() >= NO_LONG_CALL.items(), "a list that has such prices for another model"
    noted = {name: offer.notes for name, offer in found.offers.items() if offer.notes}
    assert noted == {"tiers": {Note.FURTHER_TIERS}, "batch": {Note.TIERS}, "odd": {Note.TIERS}}
    assert "long_above" not in told(table(flat=usual), "flat"), "what this list does not say is unknown"


def test_prices_of_long_calls_beside_models_are_read() -> None:
    usual = {"prompt": "0.00000125", "completion": "0.00001"}
    long = {"min_prompt_tokens": 200_000, "prompt": "0.0000025", "completion": "0.000015"}
    night = {"utc_start": 1630, "utc_end": 30, "prompt": "0.0000001"}
    models: dict[str, list[Any]] = {
        "long": [{**long, "min_prompt_tokens": 400_000}, long],
        "half": [{"min_prompt_tokens": "200000", "completion": "0.000015"}],
        "night": [{**night, **long}],
        "flat": [],
    }
    listed = [{"id": name, "pricing": {**usual, "overrides": overrides}} for name, overrides in models.items()]
    found = openrouter.read(decoded(json.dumps({"data": [*listed, {"id": "none", "pricing": usual}, {"id": "gone"}]})))
    assert told(found, "long").items() >= LONG_CALL.items()
    assert told(found, "half").items() >= {**LONG_CALL, "long_input_price": ""}.items()
    for name in ("night", "flat", "none"):
        assert told(found, name).items() >= NO_LONG_CALL.items()
    noted = {name: offer.notes for name, offer in found.offers.items() if offer.notes}
    assert noted == {"long": {Note.FURTHER_TIERS}, "night": {Note.TIERS}}


def test_a_gateways_expression_of_tiers_is_read() -> None:
    expression = (
        'v1:len <= 200000 ? tier("0_200k", p * 1.25 + c*10 + cr * 0.125 + cc1h * 5 + img * 2)'
        " : len < 400001 ? tier('more', p * 2.5 + c * 15) : tier(\"most: a ? b\", 5 * p + c * 30)"
    )
    flat = 'tier("base", p * 2 + c * 8 + cc * 2.5)'
    entries = [
        {"model_name": name, "quota_type": 0, "model_ratio": 37.5, "billing_mode": "tiered_expr", "billing_expr": text}
        for name, text in (("long", expression), ("flat", flat))
    ]
    found = gateway(*entries, {"model_name": "draw", "quota_type": 1, "model_price": 0.04}, group="vip")
    half = {"input_price": "0.625", "output_price": "5", "cached_price": "0.0625", "call_price": ""}
    long = {"long_above": "200000", "long_input_price": "1.25", "long_output_price": "7.5"}
    assert told(found, "long") == {**half, **long}
    assert found.offers["long"].notes == {Note.FURTHER_TIERS}
    assert told(found, "flat") == {
        "input_price": "1", "output_price": "4", "written_price": "1.25", "call_price": "", **NO_LONG_CALL,
    }  # fmt: skip
    assert told(found, "draw").items() >= NO_LONG_CALL.items()
    assert [above for above, _ in tiers_of(expression)] == [0, 200_000, 400_000]


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "p",
        "p * 2 + c * 8",
        'tier("a", 1400)',
        'tier("a", fixed(0.3))',
        'tier("a", p * 2) * 2',
        'tier("a", p * -2)',
        'tier("a", p * 2 + p * 3)',
        'tier("a", cr * 2)',
        'tier("a", p * 2 + c * len)',
        'tier("a", p * 2',
        'tier("a" p * 2)',
        'tier("a", p * 1.2.3)',
        'len < 32000 && c < 200 ? tier("a", p * 1) : tier("b", p * 2)',
        'len <= 0 ? tier("a", p * 1) : tier("b", p * 2)',
        'len <= 9 ? tier("a", p * 1) : len <= 9 ? tier("b", p * 2) : tier("c", p * 3)',
        'len <= 9 ? tier("a", p * 1) : len <= 5 ? tier("b", p * 2) : tier("c", p * 3)',
        'len >= 9 ? tier("a", p * 1) : tier("b", p * 2)',
        'len <= 9 ? tier("a", p * 1)',
        '(tier("base", p * 2)) * (param("service_tier") == "priority" ? 2 : 1)',
        "len <= 9 ? " * 1000,
        '"' * MAX_LENGTH,
        'tier("' + "a" * MAX_LENGTH + '", p * 2)',
        "".join(f'len <= {at} ? tier("a", p * 1) : ' for at in range(1, 60)) + 'tier("z", p * 2)',
    ],
)
def test_any_other_expression_is_typed_by_hand(expression: str) -> None:
    assert tiers_of(expression) == []
    found = gateway({"model_name": "m", "billing_mode": "tiered_expr", "billing_expr": expression})
    assert (found.offers["m"].prices, found.offers["m"].notes) == ({}, {Note.EXPRESSION})


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
