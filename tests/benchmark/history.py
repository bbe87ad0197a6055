"""A large history of 20 teams, and the time that the server takes to show it.

Runs as a process, on the database of its environment. Its first argument is the number of messages.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import django

TEAMS, MEMBERS, CONVERSATIONS, LONG = 20, 10, 2_000, 2_000
SIDEBAR_BAR, OPENING_BAR = 0.1, 0.3
"""Seconds."""
_BATCH = 2_000


def main(messages: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    begun = time.perf_counter()
    long, short = _fill(messages)
    print(f"{messages:,} messages written in {time.perf_counter() - begun:.0f} s")
    costs = {name: _cost(name, look) for name, look in _looks(long, short)}
    wrong = [name for name, (seconds, _) in costs.items() if seconds > _bar(name)]
    wrong += [f"{name}: more queries" for name in costs if costs[name][1] != costs[name.replace("2,000", "40")][1]]
    if wrong:
        sys.exit(f"Not as promised: {', '.join(wrong)}")


def _fill(messages: int) -> tuple[Any, Any]:
    """Create a conversation of LONG messages and one of 40; all others share the rest."""
    from conversations.models import Conversation, Membership, Message, Team, User

    User.objects.create_superuser("admin", password=None)
    people = [User.objects.create(username=f"person{number}", password="!") for number in range(TEAMS * MEMBERS)]
    teams = [Team.objects.create(name=f"Team {number}") for number in range(TEAMS)]
    places = [Membership(team=teams[at % TEAMS], user=person, role="member") for at, person in enumerate(people)]
    Membership.objects.bulk_create(places)
    lengths = [min(LONG, messages // 2), 40]
    lengths += [(messages - sum(lengths)) // (CONVERSATIONS - 2)] * (CONVERSATIONS - 2)
    conversations = [
        Conversation(owner=people[at % len(people)], team=teams[at % TEAMS], title=f"{at}", revision=1)
        for at in (0, 0, *range(2, CONVERSATIONS))
    ]
    Conversation.objects.bulk_create(conversations, batch_size=_BATCH)
    rows = (row for one, length in zip(conversations, lengths, strict=True) for row in _messages(one, length))
    while batch := list(islice(rows, _BATCH)):
        Message.objects.bulk_create(batch)
    return conversations[0], conversations[1]


def _messages(conversation: Any, count: int) -> Iterator[Any]:
    from conversations import markdown
    from conversations.models import Message

    text = "Some **words** that somebody wrote or read, and `code`. " * 8
    html, parent = markdown.render(text), None
    for number in range(count):
        said = {"text": text, "parts": [{"kind": "text", "text": text}], "status": "complete", "revision": 1}
        shown = {"html": html, "html_version": markdown.RENDERER_VERSION}
        role = ("user", "assistant")[number % 2]
        parent = Message(
            conversation=conversation, parent=parent, role=role, author_id=conversation.owner_id, **said, **shown
        )
        yield parent


def _looks(long: Any, short: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    from django.conf import settings
    from django.test import Client

    from conversations.protocol import commands

    browser = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
    browser.force_login(long.owner)
    yield "sidebar: the page", lambda: browser.get("/")
    yield "sidebar: the API", lambda: browser.get("/api/v1/conversations")
    yield "sidebar: search", lambda: browser.get("/api/v1/conversations?q=19")
    for name, one in (("40", short), ("2,000", long)):
        what, everything = f"a conversation of {name} messages", commands.Open(one.pk, html=True, since=0)
        api = f"/api/v1/conversations/{one.pk}/messages"
        yield f"{what}: the page", lambda one=one: browser.get(f"/conversations/{one.pk}/")
        yield f"{what}: the API", lambda api=api: browser.get(api)
        yield f"{what}: the socket", lambda body=everything: _opened(long.owner, body)


def _opened(person: Any, body: Any) -> Any:
    from conversations.websocket import opening

    return opening.open_conversation(person, body).messages(html=True)


def _cost(name: str, look: Callable[[], Any]) -> tuple[float, int]:
    """Return the median seconds of seven runs (other programs use this machine too), and the number of queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    look()  # loading and compiling at the first run is not measured
    times = []
    for _ in range(7):
        begun = time.perf_counter()
        answer = look()
        times.append(time.perf_counter() - begun)
        assert getattr(answer, "status_code", 200) == 200, (name, answer)
    with CaptureQueriesContext(connection) as captured:
        look()
    print(f"{name:50} {1000 * sorted(times)[3]:7.0f} ms {len(captured):4} queries", flush=True)
    return sorted(times)[3], len(captured)


def _bar(name: str) -> float:
    return SIDEBAR_BAR if name.startswith("sidebar") else OPENING_BAR


if __name__ == "__main__":
    main(int(sys.argv[1]))
