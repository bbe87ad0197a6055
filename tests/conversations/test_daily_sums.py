"""The daily sums: equal to the ledger whatever happens, and counted in its time zone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connections, transaction
from django.db.models import Sum
from django.db.models.functions import TruncDate

from conversations.models import DailySum, FirstToken, UsageRecord
from conversations.models.spending import NOBODY
from conversations.usage import daily_sums, ledger
from conversations.usage.billing import BillingContext
from conversations.usage.ledger import Call
from providers.client.route import route_of
from providers.models import ApiKey, Deployment, LanguageModel
from providers.types import Usage
from tests.clock import Clock
from tests.conftest import Cast
from tests.conversations.test_engine import ask
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import openai_stream

Kind = DailySum.Kind
FIELDS = ("calls", "errors", "cut", "cost", "input_tokens", "output_tokens", "unpriced")


@pytest.fixture
def call(cast: Cast, model: LanguageModel) -> Callable[..., None]:
    """Write a call of Alice's to the ledger."""
    Deployment.objects.update(input_price=1, output_price=2)
    deployment = Deployment.objects.select_related("endpoint").get()
    key = ApiKey.objects.select_related("endpoint").get()

    def record(outcome: str = "complete", first: int | None = 200, total: int = 1200, person: Any = None) -> None:
        payer = BillingContext(uuid4(), uuid4(), (person or cast.alice).pk, cast.team.pk, model.pk, model.name)
        usage = Usage(3, 5) if first else Usage()
        ledger.record(payer, Call(route_of(deployment, key), outcome, usage, False, first, total))

    return record


def assert_sums_are_the_ledger() -> None:
    """Check that every kind adds up to the ledger, counted by the database in another way."""
    ledger = UsageRecord.objects.values(day=TruncDate("created_at")).annotate(
        **{f"sum_{name}": Sum(name) for name in ("cost", "input_tokens", "output_tokens")}
    )
    expected = {(row["day"], row["sum_cost"] or 0, row["sum_input_tokens"], row["sum_output_tokens"]) for row in ledger}
    calls = UsageRecord.objects.count()
    for kind in Kind.values:
        rows = DailySum.objects.filter(kind=kind)
        days = rows.values("day").annotate(*(Sum(name) for name in ("cost", "input_tokens", "output_tokens")))
        found = {(row["day"], row["cost__sum"], row["input_tokens__sum"], row["output_tokens__sum"]) for row in days}
        assert found == expected, kind
        assert rows.aggregate(total=Sum("calls"))["total"] == calls, kind
    heard = UsageRecord.objects.exclude(first_token_ms=None).count()
    assert (FirstToken.objects.aggregate(total=Sum("calls"))["total"] or 0) == heard


def of(kind: str) -> dict[str, int]:
    return DailySum.objects.values(*FIELDS).get(kind=kind)


def test_a_call_counts_once_in_every_kind(cast: Cast, model: LanguageModel, call: Callable[..., None]) -> None:
    call()
    one = {"calls": 1, "errors": 0, "cut": 0, "cost": 13, "input_tokens": 3, "output_tokens": 5, "unpriced": 0}
    subjects = {
        Kind.PERSON: cast.alice.pk,
        Kind.TEAM: cast.team.pk,
        Kind.KEY: ApiKey.objects.get().pk,
        Kind.ENDPOINT: ApiKey.objects.get().endpoint_id,
    }
    for kind, subject in subjects.items():
        row = DailySum.objects.get(kind=kind)
        assert (row.subject, row.model) == (subject, model.pk if kind == Kind.ENDPOINT else NOBODY)
        assert of(kind) == one
    assert (row.paced_tokens, row.paced_ms) == (5, 1000)


def test_failures_are_told_from_replies_that_broke_off(call: Callable[..., None]) -> None:
    call("key_refused", first=None)
    call("cut_off")
    call("stopped")
    row = DailySum.objects.get(kind=Kind.KEY)
    assert (row.calls, row.errors, row.cut, row.cost) == (3, 1, 1, 26)
    assert_sums_are_the_ledger()


def test_replies_of_the_site_are_summed(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Callable[..., Socket]
) -> None:
    vendor.play([401, b"{}"], [openai_stream(["Hello"])])
    ApiKey.objects.create(endpoint=ApiKey.objects.get().endpoint, secret="sk-test-second-0123456789")
    alice = connect(cast.alice)
    ask(alice, model)
    alice.event("message.finished")
    assert UsageRecord.objects.count() == 2
    assert_sums_are_the_ledger()


def test_a_call_that_is_not_written_is_not_counted(call: Callable[..., None]) -> None:
    class Fault(Exception):
        pass

    def fall() -> None:
        with transaction.atomic():
            call()
            raise Fault

    call()
    with pytest.raises(Fault):
        fall()
    assert UsageRecord.objects.count() == 1
    assert_sums_are_the_ledger()


def test_many_at_once_lose_nothing(call: Callable[..., None]) -> None:
    def several() -> None:
        for _ in range(10):
            call()
        connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        for work in [threads.submit(several) for _ in range(8)]:
            work.result()
    assert DailySum.objects.get(kind=Kind.KEY).calls == 80
    assert_sums_are_the_ledger()


def test_days_are_the_sites(call: Callable[..., None], settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    late = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)  # one o'clock in the morning there
    monkeypatch.setattr("providers.clock.now", lambda: late)
    call()
    assert {row.day for row in DailySum.objects.all()} == {date(2026, 11, 21)}
    assert not daily_sums.recount(date(2026, 11, 21))
    assert not daily_sums.recount(date(2026, 11, 20))


def test_sums_that_are_wrong_are_found_and_mended(
    call: Callable[..., None], clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    call()
    clock.turn(timedelta(days=2).total_seconds())
    call("vendor_down", first=None)
    call()
    call_command("sumledger")
    assert "Days looked at: 3, mended: 0." in capsys.readouterr().out
    DailySum.objects.filter(kind=Kind.TEAM).first().delete()  # type: ignore[union-attr]
    DailySum.objects.filter(kind=Kind.KEY, calls=2).update(cost=0)
    FirstToken.objects.create(day=clock.now() - timedelta(days=1), endpoint=uuid4(), model=uuid4(), step=1, calls=1)
    call_command("sumledger")
    assert "mended: 3." in capsys.readouterr().out
    assert_sums_are_the_ledger()


@pytest.mark.parametrize("milliseconds", [1, 2, 37, 180, 1999, 60_000, 3_600_000])
def test_a_wait_is_known_to_a_twentieth(milliseconds: int) -> None:
    told = daily_sums.milliseconds_of(daily_sums.histogram_bucket(milliseconds))
    assert abs(told - milliseconds) / milliseconds <= 0.045
