"""A process that writes calls to the ledger, one after the other in as many threads as a site has for writers.

Runs as a process: says when it is ready, reads from its input how long to go on, and prints the number of calls.
"""

import os
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    from django.conf import settings

    from conversations.models import User

    calls, people = _calls(), list(User.objects.values_list("pk", flat=True))
    print("ready", flush=True)
    until = float(sys.stdin.readline())
    with ThreadPoolExecutor(settings.DATABASE_WRITERS) as writers:
        print(sum(writers.map(partial(_spend, calls, people, until), range(settings.DATABASE_WRITERS))), flush=True)


def _calls() -> list[tuple[Any, Any]]:
    """Return a call of each model at each vendor, with its payer."""
    from conversations.usage.billing import BillingContext
    from conversations.usage.ledger import Call
    from providers.client.route import route_of
    from providers.models import Deployment
    from providers.types import Usage

    calls = []
    for one in Deployment.objects.select_related("endpoint", "model"):
        key = one.endpoint.keys.get()
        payer = BillingContext(uuid4(), uuid4(), None, None, one.model_id, one.model.name)
        calls.append((payer, Call(route_of(one, key), "complete", Usage(100, 1000), False, 300, 20_000)))
    return calls


def _spend(calls: list[tuple[Any, Any]], people: list[UUID], until: float, _: int) -> int:
    """Record calls of people by chance, as one after the other asks, and return their number."""
    from django.db import connection

    from conversations.usage import ledger

    for number in count():
        if time.monotonic() >= until:
            connection.close()
            return number
        payer, call = random.choice(calls)
        ledger.record(replace(payer, user=random.choice(people)), call)
    raise AssertionError


if __name__ == "__main__":
    main()
