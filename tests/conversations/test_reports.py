"""The administrator's pages: right figures, for people with permission, and no word of any message."""

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
import requests
from django.conf import settings as django_settings
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from conversations.accounts import staff_roles
from conversations.models import Budget, Conversation, DailySum, Message, Tally, Team, UsageRecord, User
from conversations.reporting import charts, dashboard, totals
from conversations.reporting.budgets import budget_groups
from conversations.reporting.periods import Period
from conversations.reporting.scoreboard import contests, percentile
from conversations.templatetags.amounts import money, seconds, share
from conversations.usage import daily_sums
from providers import clock as site_clock
from providers.csv_table import csv_lines
from providers.errors import KeyRefused
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel, Trouble
from tests.clock import Clock
from tests.conftest import CANARY, Cast

pytestmark = pytest.mark.usefixtures("static_files")

PAGES = ["usage", "scoreboard", "budgets", "usage-csv", "ledger-csv"]
WORD = "a-word-that-was-said"


@pytest.fixture
def call(cast: Cast, model: LanguageModel) -> Callable[..., UsageRecord]:
    """Return a function that creates a row of the ledger with its sums."""
    key = ApiKey.objects.select_related("endpoint").get()

    def write(**fields: Any) -> UsageRecord:
        given = {
            "created_at": site_clock.now(),
            "user": cast.alice,
            "conversation": uuid4(),
            "message": uuid4(),
            "model": model,
            "model_name": model.name,
            "endpoint": key.endpoint,
            "endpoint_name": key.endpoint.name,
            "key": key,
            "key_name": str(key),
            "input_tokens": 100,
            "output_tokens": 50,
            "cost": 1_000_000,
            "outcome": "complete",
            "first_token_ms": 400,
            "total_ms": 1400,
        }
        record = UsageRecord.objects.create(**{**given, **fields})
        daily_sums.add(record)
        return record

    return write


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


# --- Access ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_who_is_no_staff_is_led_away(cast: Cast, page: str) -> None:
    for client in (Client(), client_of(cast.bob)):
        assert client.get(reverse(page)).status_code == 302


@pytest.mark.parametrize("page", PAGES)
def test_staff_sees_what_django_lets_them(cast: Cast, page: str) -> None:
    cast.bob.is_staff = True
    cast.bob.save()
    assert client_of(cast.bob).get(reverse(page)).status_code == 403
    if page.endswith("csv"):
        return
    name = "view_budget" if page == "budgets" else "view_usagerecord"
    cast.bob.user_permissions.add(Permission.objects.get(codename=name))
    assert client_of(cast.bob).get(reverse(page)).status_code == 200


def test_the_first_page_shows_figures_to_those_who_may_see_the_ledger(cast: Cast, call: Callable[..., Any]) -> None:
    call()
    cast.bob.is_staff = True
    cast.bob.save()
    assert b"requests today" not in client_of(cast.bob).get("/admin/").content
    cast.bob.user_permissions.add(Permission.objects.get(codename="view_usagerecord"))
    refuse_key()
    page = client_of(cast.bob).get("/admin/").content
    assert b"requests today" in page
    assert b"cooling down" not in page, "keys are for those who may see keys"
    assert b"cooling down" in client_of(cast.alice).get("/admin/").content


@pytest.mark.parametrize(
    ("role", "sees_it"), [("keys", True), ("helpdesk", False), ("money", False), ("auditor", True)]
)
def test_whoever_looks_after_the_keys_is_told_what_they_need(
    cast: Cast, call: Callable[..., Any], role: str, sees_it: bool
) -> None:
    call()
    refuse_key()
    staff_roles.prepare()
    cast.bob.is_staff = True
    cast.bob.save()
    cast.bob.groups.add(Group.objects.get(name=role))
    page = client_of(cast.bob).get("/admin/").content
    assert (b"cooling down" in page) == sees_it
    assert (b"requests today" in page) == (role in ("money", "auditor"))
    assert b"Needs attention" in page or b"In order:" in page


def refuse_key() -> None:
    now, key = site_clock.now(), ApiKey.objects.get().pk
    fields = {"code": "key_refused", "text": str(KeyRefused("no")), "since": now}
    Trouble.objects.create(subject=key, cooling_until=now + timedelta(minutes=9), **fields)


def test_nobody_reads_what_was_said(cast: Cast, call: Callable[..., Any]) -> None:
    conversation = Conversation.objects.create(owner=cast.bob, title=WORD, revision=1)
    Message.objects.create(
        conversation=conversation, role="user", author=cast.bob, text=WORD, status="complete", revision=1
    )
    call(user=cast.bob, conversation=conversation.pk)
    refuse_key()
    alice = client_of(cast.alice)
    key = reverse("key", args=[ApiKey.objects.get().pk])
    for page in ("/admin/", *(reverse(name) for name in ("usage", "scoreboard", "budgets")), key):
        text = alice.get(page).content.decode()
        assert WORD not in text, page
        assert str(conversation.pk) not in text, page
        assert CANARY not in text, page


# --- Figures --------------------------------------------------------------------------------------------------------


def test_usage_is_told_by_person_team_model_key_and_endpoint(cast: Cast, call: Callable[..., Any]) -> None:
    call()
    call(user=cast.bob, team=cast.team, cost=3_000_000, outcome="cut_off")
    call(user=cast.bob, team=cast.team, cost=None, outcome="vendor_down", first_token_ms=None, output_tokens=None)
    period = Period.until_today()
    people = totals.used_by("person", period)
    assert [(row.name, row.calls, row.failed, row.cost) for row in people] == [
        ("bob", 2, 2, 3_000_000),
        ("alice", 1, 0, 1_000_000),
    ]
    assert {(row.name, row.calls) for row in totals.used_by("team", period)} == {("Crew", 2), ("in no team", 1)}
    for kind in ("model", "key", "endpoint"):
        (row,) = totals.used_by(kind, period)
        assert (row.calls, row.errors, row.cut, row.unpriced, row.cost) == (3, 1, 1, 1, 4_000_000)
    assert totals.used_on(period).tokens == 400


def test_what_was_deleted_keeps_its_name(cast: Cast, call: Callable[..., Any]) -> None:
    call()
    Endpoint.objects.all().delete()
    LanguageModel.objects.all().delete()
    for kind in ("model", "key", "endpoint"):
        (row,) = totals.used_by(kind, Period.until_today())
        assert row.name.endswith("(deleted)")
    for page in ("usage", "scoreboard"):
        assert client_of(cast.alice).get(reverse(page)).status_code == 200


def test_the_page_takes_any_question(cast: Cast, call: Callable[..., Any]) -> None:
    call()
    alice = client_of(cast.alice)
    for query in (
        *({"by": kind, "show": measure} for kind in totals.KINDS for measure in totals.MEASURES),
        {"by": "nonsense", "show": "'", "first": "yesterday"},
        {"first": "2026-13-01", "last": "9999-12-31"},
        {"first": "0001-01-01", "last": "0001-01-02"},
        {"first": "2026-05-01", "last": "2026-01-01"},
        {"first": "2000-01-01", "last": "2026-01-01"},
    ):
        response = alice.get(reverse("usage"), query)
        assert response.status_code == 200, query
        assert 'style="' not in response.content.decode()


def test_where_nothing_has_a_price_calls_are_drawn(cast: Cast, model: LanguageModel) -> None:
    alice = client_of(cast.alice)
    assert alice.get(reverse("usage")).context["form"].measure == "calls"
    Deployment.objects.update(output_price=1)
    page = alice.get(reverse("usage"))
    assert page.context["form"].measure == "cost"
    assert "0.000001" not in page.content.decode(), "an empty drawing has no scale"


def test_links_lead_to_the_calls_of_each(cast: Cast, call: Callable[..., Any]) -> None:
    call()
    call(user=cast.bob)
    alice = client_of(cast.alice)
    for kind, field in (("person", "user"), ("model", "model"), ("key", "key"), ("endpoint", "endpoint")):
        subject = UsageRecord.objects.values_list(field, flat=True).earliest("created_at")
        page = alice.get(reverse("usage"), {"by": kind}).content.decode()
        link = f"{reverse('admin:conversations_usagerecord_changelist')}?{field}__id__exact={subject}"
        assert link in page
        listed = alice.get(link)
        assert listed.status_code == 200
        assert listed.context["cl"].result_count == (1 if kind == "person" else 2)


def test_half_of_them_waited_no_longer_than_that() -> None:
    steps = {10: 50, 20: 45, 30: 5}
    assert percentile(steps, 0.5) == daily_sums.milliseconds_of(10)
    assert percentile(steps, 0.95) == daily_sums.milliseconds_of(20)
    assert percentile(steps, 0.96) == daily_sums.milliseconds_of(30)
    assert percentile({}, 0.5) is None


def test_endpoints_of_a_model_stand_side_by_side(cast: Cast, call: Callable[..., Any], model: LanguageModel) -> None:
    slow = Endpoint.objects.create(name="Slow", wire="openai", base_url="https://slow.example/v1")
    Deployment.objects.create(model=model, endpoint=slow, vendor_id="p", input_price=Decimal("0.30"), output_price=2)
    for _ in range(9):
        call(endpoint=slow, endpoint_name="Slow", first_token_ms=2000, total_ms=7000)
    call(endpoint=slow, endpoint_name="Slow", outcome="cut_off", first_token_ms=9000, total_ms=9001)
    call(gaps=3)
    call(outcome="vendor_down", first_token_ms=None, output_tokens=None)
    (contest,) = contests(Period.until_today())
    quick, other = contest.scores
    assert (quick.endpoint, other.endpoint) == ("parrot by openai", "Slow")
    assert (quick.calls, quick.errors, quick.cut, quick.gapped) == (2, 1, 0, 1)
    assert (other.calls, other.errors, other.cut, other.gapped) == (10, 0, 1, 0)
    assert quick.pace == pytest.approx(50)
    assert other.pace == pytest.approx(10)
    assert other.p50 == pytest.approx(2000, rel=0.045)
    assert other.p95 == pytest.approx(9000, rel=0.045)
    silent = LanguageModel.objects.create(name="never-asked")
    silent.deployments.create(endpoint=Endpoint.objects.first(), vendor_id="never-asked")
    page = client_of(cast.alice).get(reverse("scoreboard")).content.decode()
    assert "never-asked" not in page
    assert "Models without a request in this time: 1" in page
    assert "0.3 / 2" in page
    assert "with gaps" in page


# --- Today ----------------------------------------------------------------------------------------------------------


def test_today_is_told_beside_the_same_hours_a_week_ago(
    cast: Cast, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = site_clock.now().replace(hour=12, minute=0)
    monkeypatch.setattr("providers.clock.now", lambda: noon)
    call(created_at=noon)
    call(created_at=noon, outcome="quota", first_token_ms=None, cost=0)
    call(created_at=noon - timedelta(days=7, hours=2), cost=5)
    call(created_at=noon - timedelta(days=7, hours=-2))
    call(created_at=noon - timedelta(days=6))
    found = dashboard.today()
    assert (found.calls, found.cost, found.failed) == (2, 1_000_000, 1)
    assert found.before == {"calls": 1, "cost": 5, "failed": 0}


def test_what_needs_an_administrator_is_said(cast: Cast, model: LanguageModel, call: Callable[..., Any]) -> None:
    assert dashboard.concerns(cast.alice) == []
    Budget.objects.create(kind="person", period="day", hard=1)
    Endpoint.objects.create(name="Bare", wire="openai", base_url="https://bare.example/v1")
    refuse_key()
    call(cost=900_000)
    found = [concern.text for concern in dashboard.concerns(cast.alice)]
    assert any(text.startswith("Bare has no key") for text in found)
    assert any("cooling down until" in text for text in found)
    assert "alice nears its budget." in found
    call(cost=100_000)
    assert "The budget of alice is used up." in [concern.text for concern in dashboard.concerns(cast.alice)]


# --- Budgets --------------------------------------------------------------------------------------------------------


def test_budgets_show_what_is_used_of_each(cast: Cast, call: Callable[..., Any]) -> None:
    each = Budget.objects.create(kind="person", period="month", hard=10)
    mine = Budget.objects.create(kind="person", target=cast.alice.pk, period="month", soft=2, hard=4)
    call(cost=3_000_000)
    call(user=cast.bob, cost=500_000)
    Tally.objects.create(budget=each, target=cast.bob.pk, begins=each.begins(site_clock.now()), reserved=250_000)
    groups = {group.budget.pk: group.standings for group in budget_groups()}
    (bob,) = groups[each.pk]
    (alice,) = groups[mine.pk]
    assert (bob.name, bob.spent, bob.reserved, bob.left, bob.warns) == ("bob", 500_000, 250_000, 9_250_000, False)
    assert (alice.name, alice.bar, alice.warns, alice.is_over) == ("alice", 750, True, False)
    assert client_of(cast.alice).get(reverse("budgets")).status_code == 200


def test_a_budget_is_entered_by_name(cast: Cast, model: LanguageModel) -> None:
    alice, add = client_of(cast.alice), reverse("admin:conversations_budget_add")
    page = alice.get(add).content.decode()
    for name in ("each person", "bob", "Crew", "parrot", "••••nary"):
        assert name in page
    given = {"whose": f"person:{cast.bob.pk}", "period": "day", "hard": "2"}
    assert alice.post(add, given).status_code == 302
    assert "There is such a budget already" in alice.post(add, given).content.decode()
    assert alice.post(add, {**given, "whose": "person:"}).status_code == 302
    assert alice.post(add, {**given, "whose": "person:x"}).status_code == 200
    assert set(Budget.objects.values_list("kind", "target")) == {("person", cast.bob.pk), ("person", None)}
    mine = Budget.objects.get(target=cast.bob.pk)
    change = reverse("admin:conversations_budget_change", args=[mine.pk])
    assert f'value="person:{cast.bob.pk}" selected' in alice.get(change).content.decode()
    assert alice.post(change, {**given, "whose": "team:"}).status_code == 302
    mine.refresh_from_db()
    assert (mine.kind, mine.target) == ("team", None)


# --- Spreadsheets ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_no_cell_is_a_formula(begin: str) -> None:
    (_header, row) = csv.reader(StringIO(b"".join(csv_lines(["a"], [[f"{begin}1+1", -5]])).decode(), newline=""))
    assert row == [f"'{begin}1+1", "-5"]


@pytest.mark.parametrize("between", [";", "; ", "\n", "\r\n", '";', ";\t"])
def test_no_part_of_a_cell_becomes_one_that_is_a_formula(between: str) -> None:
    """Some spreadsheets put semicolons between cells, and end a row at every line end."""
    written = b"".join(csv_lines(["a"], [["Ann", f"Bob{between}=1+1", "a - b; c = d"]])).decode()
    assert not re.search(r'[;\t\r\n][\s"]*=', written)
    (_header, row) = csv.reader(StringIO(written, newline=""))
    assert row == ["Ann", f"Bob{between}'=1+1", "a - b; c = d"]


def test_csv_comes_in_pieces() -> None:
    pieces = list(csv_lines(["a"], ([number] for number in range(1200))))
    assert len(pieces) == 3
    assert b"".join(pieces).count(b"\r\n") == 1201


def test_downloads_hold_the_figures(
    cast: Cast, site: str, sign_in: Callable[[User], Client], call: Callable[..., Any]
) -> None:
    cast.bob.display_name = "=cmd()"
    cast.bob.save()
    Team.objects.filter(pk=cast.team.pk).update(name="@SUM(A1)")
    call(user=cast.bob, team=cast.team, cost=13)
    call(outcome="cut_off")
    cookies = {django_settings.SESSION_COOKIE_NAME: sign_in(cast.alice).cookies["sessionid"].value}

    def table(name: str, **query: str) -> list[dict[str, str]]:
        response = requests.get(site + reverse(name), query, cookies=cookies, timeout=20)
        assert response.status_code == 200
        assert "attachment" in response.headers["Content-Disposition"]
        assert "no-store" in response.headers["Cache-Control"]
        return list(csv.DictReader(StringIO(response.content.decode("utf-8-sig"), newline="")))

    people = table("usage-csv", by="person")
    assert [(row["person"], row["calls"], row["cost"], row["cost_micro"]) for row in people] == [
        ("alice", "1", "1", "1000000"),
        ("'=cmd() (bob)", "1", "0.000013", "13"),
    ]
    calls = table("ledger-csv")
    assert [(row["user"], row["team"], row["outcome"], row["cost_micro"]) for row in calls] == [
        ("'=cmd() (bob)", "'@SUM(A1)", "complete", "13"),
        ("alice", "", "cut_off", "1000000"),
    ]


# --- Drawings -------------------------------------------------------------------------------------------------------


def test_columns_stand_on_each_other_and_reach_what_they_mean(clock: Clock) -> None:
    period = Period.until_today(2)
    drawn = charts.chart(period, [{period.first: 30, period.last: 10}, {period.last: 50}])
    assert (drawn.top, drawn.by_month, [column.total for column in drawn.columns]) == (100, False, [30, 60])
    low, high = drawn.columns[1].blocks
    assert (low.y, low.height, low.series) == (900, 100, 1)
    assert (high.y, high.height, high.series) == (400, 500, 2)


def test_a_year_is_drawn_by_month(clock: Clock) -> None:
    period = Period.until_today(366)
    drawn = charts.chart(period, [dict.fromkeys(period.days(), 1)])
    assert drawn.by_month
    assert 12 <= len(drawn.columns) <= 13
    assert sum(column.total for column in drawn.columns) == 366
    assert charts.chart(period, [{}]).is_empty


@pytest.mark.parametrize(
    ("amount", "written"),
    [(None, "–"), (0, "0.00"), (13, "0.000013"), (1300, "0.0013"), (339_000, "0.34"), (1_234_567_890, "1,234.57")],
)
def test_money_shows_what_there_is(amount: int | None, written: str) -> None:
    assert money(amount) == written


def test_shares_and_times() -> None:
    assert [share(1, 0), share(0, 5), share(1, 30), share(1, 2)] == ["–", "0 %", "3.3 %", "50 %"]
    assert [seconds(None), seconds(412), seconds(61_000)] == ["–", "0.41 s", "61 s"]


def test_every_kind_is_a_whole_day(cast: Cast, call: Callable[..., Any]) -> None:
    call(key=None, key_name="")
    assert {row.calls for row in DailySum.objects.all()} == {1}
    assert DailySum.objects.count() == len(DailySum.Kind.values)
