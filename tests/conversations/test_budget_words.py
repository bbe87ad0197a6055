"""The texts of budgets: what is left and what is needed, in the site's time zone, and who sees them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from conversations.models import Budget, DailySum, Tally, UsageRecord, User
from conversations.reporting import dashboard
from conversations.usage import budgets, daily_sums, estimates
from conversations.usage.own_use import limits_of
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.conversations.paying import Connect, priced
from tests.conversations.test_engine import ask
from tests.fake_vendor import FakeVendor

__all__ = ["priced"]
NEEDED = 1 + 2 * estimates.TYPICAL_OUTPUT
"""Millionths for “Hi” at the prices of `priced`."""
EVENING = datetime(2026, 11, 30, 15, 30, tzinfo=UTC)
"""Half an hour before the next day, and the next month, begin in Shanghai."""


def budget(hard: int, **fields: Any) -> Budget:
    given = {"kind": "person", "period": "day", **fields}
    return Budget.objects.create(hard=Decimal(hard) / 1_000_000, **given)


def spent(person: User, cost: int, moment: datetime) -> None:
    row = UsageRecord(
        created_at=moment, user=person, conversation=person.id, message=person.id, cost=cost, total_ms=1,
        outcome="complete",
    )  # fmt: skip
    row.save()
    daily_sums.add(row)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    def turn(moment: datetime) -> None:
        monkeypatch.setattr("providers.clock.now", lambda: moment)

    return turn


# --- The text of a refusal ------------------------------------------------------------------------------------------


def refusal(connect: Connect, cast: Cast, model: LanguageModel) -> str:
    told = connect(cast.bob).ask("message.send", conversation=None, text="Hi", models=[model.id])
    assert told["code"] == "over_budget"
    return str(told["text"])


def test_a_question_that_never_has_room_is_told_so(cast: Cast, priced: LanguageModel, connect: Connect) -> None:
    budget(5000, period="month")
    told = refusal(connect, cast, priced)
    assert told == (
        "Your budget of this month has 0.0050 USD left; this question may cost up to 0.0082 USD. "
        "That is more than the budget of a whole month: shorten it, or ask for a larger one."
    )


@pytest.mark.parametrize(("period", "again"), [("day", "2026-12-01 00:00"), ("month", "2026-12-01 00:00")])
def test_when_there_is_more_is_told_where_the_site_is(
    cast: Cast,
    priced: LanguageModel,
    connect: Connect,
    settings: Any,
    now: Callable[[datetime], None],
    period: str,
    again: str,
) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    now(EVENING)
    spent(cast.bob, 1000, EVENING)
    budget(NEEDED, period=period)
    told = refusal(connect, cast, priced)
    assert told.endswith(f"There is more from {again} on (Asia/Shanghai).")
    assert f"{0.0072:.4f} USD left" in told


def test_what_is_set_aside_for_others_is_told(
    cast: Cast, priced: LanguageModel, connect: Connect, vendor: FakeVendor
) -> None:
    budget(NEEDED)
    vendor.script = lambda _: [200, vendor.gate]
    ask(connect(cast.bob), priced)
    told = refusal(connect, cast, priced)
    assert told.endswith("What is under way has 0.0082 USD set aside: wait until it has ended.")
    vendor.gate.set()


def test_what_is_only_set_aside_is_not_used_up(
    cast: Cast, priced: LanguageModel, connect: Connect, vendor: FakeVendor, sign_in: Callable[[User], Client]
) -> None:
    budget(NEEDED)
    vendor.script = lambda _: [200, vendor.gate]
    ask(connect(cast.bob), priced)
    [limit] = limits_of(cast.bob)
    assert (limit.left.left, limit.left.spent, limit.left.is_used_up) == (0, 0, False)
    assert "Used up." not in sign_in(cast.bob).get(reverse("own-usage")).content.decode()
    assert not any("used up" in concern.text for concern in dashboard.concerns(cast.alice))
    vendor.gate.set()


# --- The recipients -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hard", [None, Decimal(1)])
def test_a_limit_to_warn_at_tells_administrators_and_the_person(
    cast: Cast, hard: Decimal | None, sign_in: Callable[[User], Client]
) -> None:
    Budget.objects.create(kind="person", period="day", soft=Decimal("0.5"), hard=hard)
    spent(cast.bob, 600_000, datetime.now(UTC))
    assert "bob nears its budget." in [concern.text for concern in dashboard.concerns(cast.alice)]
    page = sign_in(cast.bob).get(reverse("own-usage")).content.decode()
    assert "Nearly used up." in page
    assert ("0.40 of 1.00 USD left" in page) == (hard is not None)
    assert "Days and months are those of UTC." in page
    assert "Nearly" not in sign_in(cast.carol).get(reverse("own-usage")).content.decode()


def test_a_person_sees_the_budgets_they_spend_from_and_no_others(cast: Cast) -> None:
    budget(10, target=cast.bob.pk)
    budget(20, kind="team", target=cast.team.pk)
    budget(30, kind="model")
    budget(40, target=cast.alice.pk)
    assert [(limit.team, limit.left.limit) for limit in limits_of(cast.bob)] == [("", 10), ("Crew", 20)]
    assert limits_of(cast.rita) == []  # she only reads
    assert limits_of(cast.carol) == []


@pytest.mark.parametrize(("soft", "hard", "is_right"), [("2", "1", False), ("1", "1", True), ("2", None, True)])
def test_a_warning_above_the_end_is_refused(
    cast: Cast, sign_in: Callable[[User], Client], soft: str, hard: str | None, is_right: bool
) -> None:
    made = Budget(kind="person", period="day", soft=Decimal(soft), hard=Decimal(hard) if hard else None)
    if is_right:
        made.full_clean()
    else:
        with pytest.raises(ValidationError, match="warn at"):
            made.full_clean()
    given = {"whose": "person:", "period": "day", "soft": soft, "hard": hard or ""}
    sign_in(cast.alice).post(reverse("admin:conversations_budget_add"), given)
    assert Budget.objects.exists() == is_right


# --- Whose days -----------------------------------------------------------------------------------------------------


def test_days_and_months_begin_where_the_site_is(cast: Cast, settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    day, month = budget(100), budget(100, period="month")
    for moment, cost in ((EVENING - timedelta(days=1), 1), (EVENING, 10), (EVENING + timedelta(hours=1), 5)):
        spent(cast.bob, cost, moment)
    assert budgets._tally(day, cast.bob.id, EVENING).spent == 15  # later amounts belong to a later tally
    assert budgets._tally(day, cast.bob.id, EVENING + timedelta(hours=1)).spent == 5
    assert budgets._tally(month, cast.bob.id, EVENING + timedelta(hours=1)).spent == 5
    assert month.ends(EVENING) == datetime(2026, 12, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert {row.day for row in DailySum.objects.filter(kind="person")} == {
        date(2026, 11, 29), date(2026, 11, 30), date(2026, 12, 1),
    }  # fmt: skip


def test_another_zone_counts_budgets_anew_at_once_and_sums_when_asked(
    cast: Cast, settings: Any, now: Callable[[datetime], None]
) -> None:
    limit = budget(100)
    late = EVENING + timedelta(hours=1)
    spent(cast.bob, 10, EVENING)
    spent(cast.bob, 5, late)
    now(late)
    assert budgets._tally(limit, cast.bob.id, late).spent == 15
    settings.TIME_ZONE = "Asia/Shanghai"
    assert budgets._tally(limit, cast.bob.id, late).spent == 5
    assert Tally.objects.count() == 2
    call_command("sumledger")
    sums = {row.day: row.cost for row in DailySum.objects.filter(kind="person")}
    assert sums == {date(2026, 11, 30): 10, date(2026, 12, 1): 5}


def test_the_administration_says_whose_days_it_shows(
    cast: Cast, settings: Any, sign_in: Callable[[User], Client]
) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    admin = sign_in(cast.alice)
    for name in ("usage", "budgets", "scoreboard", "admin:index", "admin:providers_auditentry_changelist"):
        assert "Days and times are those of Asia/Shanghai." in admin.get(reverse(name)).content.decode(), name
