"""The balance of a key on its page, and the warning days before it is empty."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from conversations.models import DailySum, UsageRecord
from conversations.reporting.budgets import outlook
from conversations.site_checks import balances
from conversations.usage import daily_sums
from providers import clock
from providers.models import ApiKey, Endpoint, KeyBalance, LanguageModel
from tests.conftest import CANARY, Cast
from tests.fake_vendor import FakeVendor

pytestmark = pytest.mark.usefixtures("static_files")
MICRO = 1_000_000


@pytest.fixture
def key(model: LanguageModel) -> ApiKey:
    return ApiKey.objects.select_related("endpoint").get()


@pytest.fixture
def alice(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.alice)
    return client


def ask(client: Client, key: ApiKey) -> str:
    return client.post(reverse("ask-balance", args=[key.pk]), follow=True).content.decode()


def has_left(key: ApiKey, left: str, currency: str = "USD") -> None:
    told = {"is_told": True, "left": Decimal(left), "currency": currency, "fingerprint": key.fingerprint}
    KeyBalance.objects.update_or_create(key=key, defaults={**told, "asked_at": clock.now()})


def spends(key: ApiKey, cost: int, days_ago: int) -> None:
    """Write one call into the ledger and the sums of its day."""
    record = UsageRecord(
        created_at=clock.now() - timedelta(days=days_ago), conversation=key.pk, message=key.pk, model_name="parrot",
        endpoint_name="", key_id=key.pk, cost=cost, outcome="complete", total_ms=1,
    )  # fmt: skip
    record.save()
    daily_sums.add(record)


def test_it_is_asked_once_in_a_while_and_told_without_a_key(alice: Client, key: ApiKey, vendor: FakeVendor) -> None:
    assert "Ask for the balance" in alice.get(reverse("key", args=[key.pk])).content.decode()
    assert vendor.requests == []
    answer = {"data": {"total_available": 6_250_000, "unlimited_quota": False}}
    vendor.script = lambda request: [{"Content-Type": "application/json"}, json.dumps(answer).encode()]
    assert "<strong>12.5 USD</strong>" in ask(alice, key)
    assert CANARY not in ask(alice, key)
    assert len(vendor.requests) == 1
    KeyBalance.objects.update(asked_at=clock.now() - timedelta(minutes=6))
    ask(alice, key)
    assert len(vendor.requests) == 2
    KeyBalance.objects.update(fingerprint="of another key")
    assert "12.5 USD" not in alice.get(reverse("key", args=[key.pk])).content.decode()


def test_what_a_vendor_does_not_tell_is_said(alice: Client, key: ApiKey, vendor: FakeVendor) -> None:
    vendor.script = lambda request: [404, b"no"]
    assert "not offered by this vendor" in ask(alice, key)
    assert list(balances()) == []
    KeyBalance.objects.all().delete()
    vendor.script = lambda request: [503, b"{}"]
    answer = alice.post(reverse("ask-balance", args=[key.pk]), follow=True)
    assert [str(message.level_tag) for message in answer.context["messages"]] == ["error"]
    assert not KeyBalance.objects.exists()


def test_a_personal_key_is_its_owners_alone(alice: Client, key: ApiKey, cast: Cast, vendor: FakeVendor) -> None:
    ApiKey.objects.update(owner=cast.bob)
    assert alice.post(reverse("ask-balance", args=[key.pk])).status_code == 404
    assert vendor.requests == []


@pytest.mark.parametrize(
    ("left", "days", "is_grave"), [("100", None, None), ("13", 6, False), ("14", None, None), ("0", 0, True)]
)
def test_it_warns_from_the_pace_of_the_last_days(
    alice: Client, key: ApiKey, left: str, days: int | None, is_grave: bool | None
) -> None:
    for day in range(1, 7):
        spends(key, 2 * MICRO, day)
    spends(key, 2 * MICRO, 0)
    spends(key, 500 * MICRO, 9)
    has_left(key, left)
    found = list(balances())
    assert [one.is_grave for one in found] == ([] if is_grave is None else [is_grave])
    if days is not None:
        sentence = "is used up" if days == 0 else f"lasts about {days} days more"
        assert sentence in str(found[0].text)
        assert sentence in alice.get("/admin/").content.decode()
    ApiKey.objects.update(enabled=False)
    assert list(balances()) == []


def test_what_was_spent_since_counts_and_other_money_needs_its_rate(key: ApiKey, settings: Any) -> None:
    spends(key, 4 * MICRO, 1)
    has_left(key, "20")
    KeyBalance.objects.update(asked_at=clock.now() - timedelta(hours=36))
    found = outlook(key)
    assert found is not None
    assert found.days == 8, "20 less 4, at 2 a day of the two days that the key is used"
    settings.CHATSITE_CURRENCY = "CNY"
    found = outlook(key)
    assert found is not None
    assert (found.days, found.lacks_rate, found.warns) == (None, True, False)
    Endpoint.objects.update(exchange_rate=Decimal("0.5"))
    found = outlook(ApiKey.objects.select_related("endpoint").get())
    assert found is not None
    assert (found.days, found.warns) == (3, True)
    assert DailySum.objects.filter(kind=DailySum.Kind.KEY).count() == 1
