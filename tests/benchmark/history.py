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

from tests.benchmark import exporting, importing, searching

TEAMS, MEMBERS, CONVERSATIONS, LONG = 20, 10, 2_000, 2_000
SIDEBAR_BAR, OPENING_BAR = 0.1, 0.3
"""Seconds."""
INDEX_BAR = 3
"""Milliseconds of processor time that 95 of 100 messages cost the index."""
IMPORTED = 10_000
"""Conversations of the import."""
_BATCH = 2_000
_FEW = 1_000
"""Messages below which only whether all opens, with how many queries, is of interest."""


def main(messages: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    begun = time.perf_counter()
    long, short = fill(messages)
    print(f"{messages:,} messages written in {time.perf_counter() - begun:.0f} s")
    _index()
    times = 1 if messages < _FEW else 7
    costs = {name: _cost(name, look, times) for name, look in _looks(long, short)}
    wrong = [name for name, (seconds, _) in costs.items() if seconds > _bar(name)]
    wrong += _searched(long, 8 if messages < _FEW else searching.SEARCHES)
    wrong += exporting.measure(_browser(long.owner), long)
    wrong += importing.measure(24 if messages < _FEW else IMPORTED)
    wrong += [f"{name}: more queries" for name in costs if costs[name][1] != costs[name.replace("2,000", "40")][1]]
    if wrong:
        sys.exit(f"Not as promised: {', '.join(wrong)}")


def fill(messages: int) -> tuple[Any, Any]:
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

    usual = "Some **words** that somebody wrote or read, and `code`. " * 8
    html, parent = markdown.render(usual), None
    for number in range(count):
        text = searching.text(number)
        said = {"text": text, "parts": [{"kind": "text", "text": text}], "status": "complete", "revision": 1}
        shown = {"html": html, "html_version": markdown.RENDERER_VERSION}
        role = ("user", "assistant")[number % 2]
        parent = Message(
            conversation=conversation, parent=parent, role=role, author_id=conversation.owner_id, **said, **shown
        )
        yield parent


def _index() -> None:
    """Build the index of all, and print its time and size."""
    from django.db.models import Sum
    from django.db.models.functions import Length

    from conversations.models import Message
    from conversations.search import rebuilding

    begun, before = time.perf_counter(), _size()
    count = sum(rebuilding.mend())
    seconds = time.perf_counter() - begun
    characters = Message.objects.aggregate(all=Sum(Length("text")))["all"]
    print(f"{count:,} entries indexed in {seconds:.0f} s, {1000 * seconds / count:.2f} ms each")
    print(f"the index has {(_size() - before) / 10**6:.0f} MB, the texts {characters / 10**6:.0f} million characters")


def _size() -> int:
    """Return the bytes of the database."""
    from django.db import connection

    sizes = "page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    with connection.cursor() as cursor:
        is_sqlite = connection.vendor == "sqlite"
        cursor.execute(f"SELECT {sizes if is_sqlite else 'pg_database_size(current_database())'}")
        return int(cursor.fetchone()[0])


def _searched(conversation: Any, count: int) -> list[str]:
    """Measure searches and what a new message costs the index, and return what is wrong with their times."""
    browser = _browser(conversation.owner)
    written = [1000 * seconds for seconds in searching.write(conversation, count)]
    half, most = written[count // 2], written[int(0.95 * (count - 1))]
    print(f"{count} messages indexed one by one: p50 {half:.1f} ms, p95 {most:.1f} ms of processor time")
    times = searching.measure(browser, count)
    half, p95, most = (1000 * times[int(share * (len(times) - 1))] for share in (0.5, 0.95, 1))
    print(f"{count} searches: p50 {half:.0f} ms, p95 {p95:.0f} ms, the longest {most:.0f} ms")
    slow = ["the search"] if p95 > 1000 * searching.SEARCH_BAR else []
    return [*slow, *(["the index of a message"] if written[int(0.95 * (count - 1))] > INDEX_BAR else [])]


def _browser(person: Any) -> Any:
    """Return a client in which this person is signed in."""
    from django.conf import settings
    from django.test import Client

    browser = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
    browser.force_login(person)
    return browser


def _looks(long: Any, short: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    from conversations.protocol import commands

    browser = _browser(long.owner)
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
    from conversations.connections import opening

    return opening.open_conversation(person, body).messages(html=True)


def _cost(name: str, look: Callable[[], Any], runs: int) -> tuple[float, int]:
    """Return the median seconds of these runs (other programs use this machine too), and the number of queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    look()  # loading and compiling at the first run is not measured
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        answer = look()
        times.append(time.perf_counter() - begun)
        assert getattr(answer, "status_code", 200) == 200, (name, answer)
    with CaptureQueriesContext(connection) as captured:
        look()
    print(f"{name:50} {1000 * sorted(times)[runs // 2]:7.0f} ms {len(captured):4} queries", flush=True)
    return sorted(times)[runs // 2], len(captured)


def _bar(name: str) -> float:
    return SIDEBAR_BAR if name.startswith("sidebar") else OPENING_BAR


if __name__ == "__main__":
    main(int(sys.argv[1]))
