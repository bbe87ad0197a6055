"""A year of calls in a database of its own, and the opening time of each page of the admin.

Runs as a process. Its first argument is the number of calls.
"""

import os
import random
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import django

BAR = 1.0
"""Seconds within which a page must open."""
DAYS, PEOPLE, TEAMS, MODELS, ENDPOINTS, KEYS = 365, 300, 30, 12, 8, 24
_BATCH = 5_000
_FEW = 1_000
"""Rows below which only whether the pages open is of interest."""


def main(rows: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    begun = time.perf_counter()
    _fill(rows)
    print(f"{rows:,} calls written in {time.perf_counter() - begun:.0f} s")
    openings, writings = (1, 10) if rows < _FEW else (5, 200)
    _time_writing(writings)
    browser = _browser()
    slow = [name for name, address in _pages() if not _is_quick(browser, name, address, openings)]
    if slow:
        sys.exit(f"Over {BAR:.0f} s: {', '.join(slow)}")


def _fill(rows: int) -> None:
    """Create the calls day by day, with their sums."""
    from conversations.models import DailySum, FirstToken, UsageRecord
    from conversations.usage import daily_sums

    cast = _cast()
    for day in range(DAYS):
        calls = [_call(cast, day) for _ in range(rows * (day + 1) // DAYS - rows * day // DAYS)]
        UsageRecord.objects.bulk_create(calls, batch_size=_BATCH)
        days, waits = daily_sums.sums_of(calls)
        DailySum.objects.bulk_create(days, batch_size=_BATCH)
        FirstToken.objects.bulk_create(waits, batch_size=_BATCH)


def _cast() -> dict[str, list[Any]]:
    from conversations.models import Budget, Team, User
    from providers.models import ApiKey, Deployment, Endpoint, LanguageModel

    User.objects.create_superuser("admin", password=None)
    people = [User.objects.create(username=f"person{number}", password="!") for number in range(PEOPLE)]
    teams = [Team.objects.create(name=f"Team {number}") for number in range(TEAMS)]
    models = [LanguageModel.objects.create(name=f"model-{number}") for number in range(MODELS)]
    endpoints = [
        Endpoint.objects.create(name=f"Endpoint {number}", wire="openai", base_url=f"https://e{number}.example/v1")
        for number in range(ENDPOINTS)
    ]
    keys = [
        ApiKey.objects.create(endpoint=endpoints[number % ENDPOINTS], secret=f"not-a-key-{number:04}")
        for number in range(KEYS)
    ]
    for endpoint in endpoints:
        for model in models:
            prices = {"input_price": Decimal("0.3"), "output_price": Decimal("2.5")}
            Deployment.objects.create(model=model, endpoint=endpoint, vendor_id=model.name, **prices)
    for kind in ("person", "team", "key", "model"):
        for period in ("day", "month"):
            Budget.objects.create(kind=kind, period=period, hard=100)
    return {"people": people, "teams": [None, *teams], "models": models, "keys": keys}


def _call(cast: dict[str, list[Any]], day: int) -> Any:
    from conversations.models import UsageRecord
    from conversations.usage import daily_sums
    from providers import clock

    now = clock.now()
    begins, _ends = daily_sums.bounds_of(daily_sums.day_of(now - timedelta(days=DAYS - 1 - day)))
    key, model = random.choice(cast["keys"]), random.choice(cast["models"])
    failed = random.random() < 0.05
    first = None if failed else int(random.lognormvariate(6.5, 0.6))
    said = random.randint(20, 2000)
    return UsageRecord(
        created_at=begins + (now - begins) % timedelta(days=1) * random.random(),
        user=random.choice(cast["people"]),
        team=random.choice(cast["teams"]),
        conversation=uuid4(),
        message=uuid4(),
        model=model,
        model_name=model.name,
        endpoint_id=key.endpoint_id,
        endpoint_name=key.endpoint.name,
        key=key,
        key_name="••••",
        input_tokens=random.randint(50, 8000),
        output_tokens=said,
        cost=random.randint(100, 90_000),
        outcome="rate_limited" if failed else "complete",
        first_token_ms=first,
        total_ms=(first or 300) + 12 * said,
    )


def _time_writing(times_over: int) -> None:
    """Print the median cost of one more call, row and sums, in its transaction."""
    from conversations.models import User
    from conversations.usage.billing import BillingContext
    from conversations.usage.ledger import Call, record
    from providers.client.route import route_of
    from providers.models import ApiKey, Deployment
    from providers.types import Usage

    deployment = Deployment.objects.select_related("endpoint", "model").first()
    key = ApiKey.objects.filter(endpoint=deployment.endpoint).first()
    payer = BillingContext(uuid4(), uuid4(), User.objects.first().pk, None, deployment.model_id, deployment.model.name)
    call = Call(route_of(deployment, key), "complete", Usage(100, 100), False, 300, 2000)
    times = []
    for _ in range(times_over):
        begun = time.perf_counter()
        record(payer, call)
        times.append(time.perf_counter() - begun)
    print(f"{'one more call, with its sums and eight budgets':60} {1000 * sorted(times)[times_over // 2]:7.1f} ms")


def _pages() -> Iterator[tuple[str, str]]:
    from django.contrib import admin
    from django.urls import reverse

    from conversations.models import User
    from providers.models import ApiKey

    yield "overview", "/admin/"
    for kind in ("person", "team", "model", "key", "endpoint"):
        for days in (30, 365):
            yield f"usage by {kind}, {days} days", f"{reverse('usage')}?by={kind}&show=cost{_first(days)}"
    for days in (30, 90):
        yield f"scoreboard, {days} days", f"{reverse('scoreboard')}?{_first(days)}"
    yield "budgets", reverse("budgets")
    yield "a key", reverse("key", args=[ApiKey.objects.first().pk])
    ledger = reverse("admin:conversations_usagerecord_changelist")
    yield "ledger", ledger
    for query in (
        "p=99&days=all",
        "outcome=failed",
        "days=all&outcome=quota",
        f"days=all&user__id__exact={User.objects.last().pk}",
    ):
        yield f"ledger, {query[:24]}", f"{ledger}?{query}"
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}_changelist"
        yield f"list of {model._meta.verbose_name_plural}", reverse(f"admin:{name}")


def _first(days: int) -> str:
    from conversations.reporting.periods import Period

    return f"&first={Period.until_today(days).first}"


def _browser() -> Any:
    from django.conf import settings
    from django.test import Client

    from conversations.models import User

    client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
    client.force_login(User.objects.get(username="admin"))
    return client


def _is_quick(browser: Any, name: str, address: str, openings: int) -> bool:
    """Return whether the median of these openings is under BAR: other programs use this machine too."""
    times = []
    for _ in range(openings):
        begun = time.perf_counter()
        status = browser.get(address, follow=True).status_code
        times.append(time.perf_counter() - begun)
        assert status == 200, (address, status)
    middle = sorted(times)[openings // 2]
    print(f"{name:60} {1000 * middle:7.0f} ms (the first {1000 * times[0]:.0f} ms)", flush=True)
    return middle < BAR


if __name__ == "__main__":
    main(int(sys.argv[1]))
