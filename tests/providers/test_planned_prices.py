"""Prices that hold from a day on: planned, cancelled, and set when their day comes."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from conversations import sweeper
from providers.endpoints.price_sync import apply_due
from providers.models import AuditEntry, Deployment, Endpoint, PriceChange
from providers.models.money import today
from tests.clock import Clock
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.providers.administering import alice, endpoint, page, staff
from tests.providers.test_price_page import RATIOS, body, prices_of, shown

__all__ = ["alice", "endpoint"]

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.fixture
def address(endpoint: Endpoint, vendor: FakeVendor) -> str:
    endpoint.base_url = vendor.openai_url
    endpoint.save()
    Deployment.objects.update(input_price=3, output_price=20)
    vendor.script = lambda request: body(RATIOS)
    return page(Endpoint, "prices", endpoint.pk)


def plan(client: Client, address: str, day: object) -> str:
    read = shown(client.post(address, {"source": "gateway"}))
    given = {"adopt_all": "yes", "shown": read, "holds_from": str(day)}
    return client.post(address, given, follow=True).content.decode()


def test_a_price_takes_effect_on_its_day(alice: Client, address: str, clock: Clock) -> None:
    day = today() + timedelta(days=3)
    text = plan(alice, address, day)
    assert f"The prices of parrot change on {day}." in text
    assert "/api/pricing · default" in text
    assert prices_of("parrot") == ["3", "20", "", ""]
    change = PriceChange.objects.get()
    told = AuditEntry.objects.get(subject_type="providers.pricechange")
    assert (told.act, told.actor_name, told.after["prices"]["input_price"]) == ("added", "alice", "2.5")
    clock.turn(timedelta(days=2).total_seconds())
    apply_due()
    assert prices_of("parrot") == ["3", "20", "", ""]
    clock.turn(timedelta(days=1).total_seconds())
    apply_due()
    assert prices_of("parrot") == ["2.5", "20", "0.25", ""]
    change.refresh_from_db()
    assert change.applied_at is not None
    told = AuditEntry.objects.get(subject_type="providers.deployment")
    assert (told.actor_name, told.before["input_price"], told.after["input_price"]) == ("alice", "3.000000", "2.500000")
    Deployment.objects.update(input_price=9)
    apply_due()
    assert prices_of("parrot")[0] == "9", "it is set once"
    assert apply_due in list(sweeper._steps(60, is_heir=False)), "each minute"


def test_the_last_plan_for_a_day_counts_and_can_be_cancelled(alice: Client, address: str, cast: Cast) -> None:
    day = today() + timedelta(days=3)
    plan(alice, address, day)
    plan(alice, address, day)
    planned = PriceChange.objects.get()
    clerk = staff(cast, "change_endpoint", "view_endpoint")
    assert clerk.post(address, {"cancel": str(planned.pk)}).status_code == 403
    other = Endpoint.objects.create(name="Other", wire="openai", base_url="https://other.example/v1")
    alice.post(page(Endpoint, "prices", other.pk), {"cancel": str(planned.pk)})
    alice.post(address, {"cancel": "none"})
    assert PriceChange.objects.exists()
    assert (
        "Cancelled a planned price." in alice.post(address, {"cancel": str(planned.pk)}, follow=True).content.decode()
    )
    assert not PriceChange.objects.exists()


@pytest.mark.parametrize("day", ["2020-01-01", "9999-12-31", "soon"])
def test_a_price_holds_from_a_day_that_can_be(alice: Client, address: str, day: str) -> None:
    assert "give a day from today on" in plan(alice, address, day)
    assert not PriceChange.objects.exists()
    assert prices_of("parrot") == ["3", "20", "", ""]


def test_a_price_of_today_holds_at_once_and_its_source_is_kept(alice: Client, address: str) -> None:
    plan(alice, address, today())
    assert prices_of("parrot") == ["2.5", "20", "0.25", ""]
    change = PriceChange.objects.get()
    assert change.source == f"/api/pricing · default · {date.isoformat(today())}"
    assert json.dumps(change.prices)
    assert change.source in alice.get(address).content.decode()


def test_the_day_is_the_sites(settings: Any, clock: Clock) -> None:
    moment = clock.now().replace(hour=20)
    settings.TIME_ZONE = "Asia/Shanghai"
    assert today(moment) == moment.date() + timedelta(days=1)
