"""S17: everything at once for a while, with kills; at the end nothing is lost, stuck, open or grown."""

import itertools
import json
import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest

from conversations.workers.thread_pool import IDLE_SECONDS
from tests.fake_vendor import FakeVendor
from tests.faults import checker, furniture
from tests.faults.checker import Crash, History, Witness
from tests.faults.furnish import PEOPLE
from tests.faults.moody import Moody, whole_answer
from tests.faults.notes import PATIENCE
from tests.faults.page import Page
from tests.faults.real_site import RealSite
from tests.faults.rows import read_rows
from tests.faults.visitor import Visitor
from tests.faults.vitals import Vitals, growth
from tests.services import Postgres, Redis
from tests.shell import inside

KILLING, KILLS, WARM, WATCHED = 1.3, 1, 2.0, 2.7
ALL_KILLING, ALL_KILLS, ALL_WARM, ALL_WATCHED = 400.0, 6, 60.0, 1700.0
"""Seconds with kills in them, those before files and threads are first counted, and those in which they are watched."""
LATE = 840.0
"""The last seconds, in which memory stands: a process has its heaps and caches after some thousand questions."""
AT_ONCE, ALL_AT_ONCE = 4, 10
"""Calls that the key takes: so few that others wait, and all threads for replies are there soon."""
LEVEL, ALL_LEVEL = (30, 15), (5, 2)
"""Files and threads by which a process may differ: seconds do not suffice to start all threads that it keeps."""
FLAT = 10.0
"""MB an hour; below it the line through these minutes of samples says nothing."""
_CAPPED = """
from decimal import Decimal
ApiKey.objects.update(max_concurrent={cap})
Deployment.objects.update(input_price=1, output_price=2)
for kind in ("person", "key", "model", "team"):
    Budget.objects.create(kind=kind, period="month", hard=Decimal(1000))
"""
_LEFT = """{
    "leases": Lease.objects.filter(ended_at=None).count(),
    "reservations": Reservation.objects.count(),
    "reserved": sum(Tally.objects.values_list("reserved", flat=True)),
    "under way": Message.objects.filter(status__in=["waiting", "streaming"]).count(),
    "wrong sums": sum(map(daily_sums.recount, daily_sums.days())),
}"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Leave PostgreSQL with two processes to --soak: tests/cluster has many short tests of it."""
    if "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", ["sqlite", "postgresql"] if metafunc.config.getoption("--soak") else ["sqlite"])


@pytest.fixture
def moody(luck: random.Random) -> Iterator[Moody]:
    with FakeVendor() as vendor:
        yield Moody(vendor, luck)


@pytest.fixture
def processes(
    kind: str, moody: Moody, tmp_path: Path, soak: bool, request: pytest.FixtureRequest
) -> Iterator[list[RealSite]]:
    """Return one process on SQLite, or two over a PostgreSQL and a Redis.

    All models have prices, and the key has limits.
    """
    url, environment = "", {}
    if kind == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        redis: Redis = request.getfixturevalue("redis")
        url, environment = postgres.new_database(furniture.NAME), {"REDIS_URL": redis.url}
    site = RealSite(tmp_path, moody.vendor, url, environment)
    inside(site.environment, _CAPPED.format(cap=ALL_AT_ONCE if soak else AT_ONCE))
    running = [site, site.beside()] if url else [site]
    for process in running:
        process.start()
    yield running
    for process in running:
        process.close()


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis() as server:
        yield server


class Crowd:
    """Visitors of all processes in turn; they come and go together."""

    def __init__(self, processes: Sequence[RealSite], luck: random.Random, people: Sequence[str]) -> None:
        self.visitors: list[Visitor] = []
        self._processes, self._luck, self._people = processes, luck, people
        self._numbers, self._places = itertools.count(1), list[str]()

    def come(self) -> None:
        present = [
            Visitor(site, person, random.Random(self._luck.random()), self._numbers, self._places)
            for person, site in zip(self._people, itertools.cycle(self._processes), strict=False)
        ]
        self.visitors += present
        self._present = present
        for visitor in present:
            visitor.start()

    def go(self) -> None:
        """Stop when everything has ended, for all windows at the same moment: they share conversations."""
        for visitor in self._present:
            visitor.tell_to_stop()
        for visitor in self._present:
            visitor.join()
        pages = [page for visitor in self._present for page in visitor.present]
        while not all(page.is_quiet() for page in pages):
            for page in pages:
                page.wait(Page.is_quiet, 2 * PATIENCE)
        _wait_for_ends(self._processes[0].database)
        for visitor in self._present:
            visitor.leave()


@pytest.mark.soak
def test_s17_a_mixed_soak(processes: list[RealSite], moody: Moody, luck: random.Random, soak: bool) -> None:
    killing, kills, warm = (ALL_KILLING, ALL_KILLS, ALL_WARM) if soak else (KILLING, KILLS, WARM)
    crowd = Crowd(processes, luck, PEOPLE if soak else PEOPLE[:3])
    crowd.come()
    crashes = list(_kill(processes, kills, killing))
    crowd.go()
    crowd.come()
    _let_pass(warm)
    crowd.go()
    _let_pass(IDLE_SECONDS + 3 if soak else 1)  # idle connections close after a while
    before = [process.vitals() for process in processes]
    crowd.come()
    samples = _watched(processes, ALL_WATCHED if soak else WATCHED)
    crowd.go()
    history = _history(crowd, moody, processes[0].database, crashes)
    _report(history, crowd, moody, samples, before)
    found = [f"{check.__name__}: {finding}" for check in CHECKS for finding in check(history)]
    assert not found, "\n".join(found)
    assert not [answer for visitor in crowd.visitors for answer in visitor.answers if answer.startswith("5")]
    assert _left(processes[0]) == {"leases": 0, "reservations": 0, "reserved": 0, "under way": 0, "wrong sums": 0}
    _wait_until_level(processes, before, *(ALL_LEVEL if soak else LEVEL))
    if soak:
        assert [grown for grown in map(growth, map(_late, samples)) if grown > FLAT] == []
    assert not any("Traceback" in process.complaints() for process in processes)
    assert [process.terminate()[1] for process in processes] == [0] * len(processes)
    _is_sound(processes[0])


# --- The course of it ---


def _kill(processes: Sequence[RealSite], times: int, seconds: float) -> Iterator[Crash]:
    """Kill one process after the other, `times` times, evenly over the time."""
    for number in range(times):
        _let_pass(seconds / (times + 1))
        process = processes[number % len(processes)]
        at = process.kill()
        rows = read_rows(process.database)
        process.start()
        yield Crash(at, rows)
    _let_pass(seconds / (times + 1))


def _wait_for_ends(database: str) -> None:
    """Wait for replies in conversations that no window shows any more; a check finds those that never end."""
    pause, until = threading.Event(), monotonic() + PATIENCE
    while monotonic() < until and not all(row.is_terminal for row in read_rows(database)):
        pause.wait(0.2)


def _watched(processes: Sequence[RealSite], seconds: float) -> list[list[Vitals]]:
    """Record the resources of each process meanwhile."""
    until, samples = monotonic() + seconds, [list[Vitals]() for _ in processes]
    while monotonic() < until:
        for process, of_one in zip(processes, samples, strict=True):
            of_one.append(process.vitals())
        _let_pass(min(2.0, seconds / 10))
    return samples


def _late(samples: Sequence[Vitals]) -> Sequence[Vitals]:
    """Return the samples of the last minutes."""
    return [sample for sample in samples if sample.at > samples[-1].at - LATE]


def _wait_until_level(processes: Sequence[RealSite], before: Sequence[Vitals], files: int, threads: int) -> None:
    pause, until = threading.Event(), monotonic() + PATIENCE
    while True:
        now = [process.vitals() for process in processes]
        if all(one.is_level_with(then, files, threads) for one, then in zip(now, before, strict=True)):
            return
        assert monotonic() < until, f"files and threads were {before} and are {now}"
        pause.wait(0.2)


def _let_pass(seconds: float) -> None:
    threading.Event().wait(seconds)


# --- The judgement ---


def _history(crowd: Crowd, moody: Moody, database: str, crashes: Sequence[Crash]) -> History:
    """Return the history; only windows that stayed to the end count with their messages."""
    stayed = {page for visitor in crowd.visitors for page in visitor.present}
    pages = [page for visitor in crowd.visitors for page in visitor.pages]
    witnesses = [Witness(page.person, page.notes, page.messages if page in stayed else {}) for page in pages]
    sendings = [sending for page in pages for sending in page.sendings]
    return History(sendings, witnesses, moody.calls, read_rows(database), crashes, is_across="://" in database)


def other_answers(history: History) -> Iterator[str]:
    """Check that a reply is this vendor's answer: the whole when complete, else its beginning."""
    questions = {row.id: row.text for row in history.rows}
    told = {call.question for call in history.calls if call.is_whole}
    for row in (row for row in history.rows if row.is_reply):
        question = questions[row.parent]
        whole = whole_answer(question)
        if (row.text != whole or question not in told) if row.status == "complete" else not whole.startswith(row.text):
            yield f"{row.id} ({row.status}) is not what the vendor said to “{question}”"


def other_views(history: History) -> Iterator[str]:
    rows = {row.id: (row.status, row.text) for row in history.rows}
    for witness in history.witnesses:
        for key, shown in witness.shown.items():
            if rows.get(key) != (shown.status, shown.text):
                yield f"{witness.person} sees {key} as {shown.status}, and it is {rows.get(key)}"


def lost_changes(history: History) -> Iterator[str]:
    """Check that acknowledged edits and retries are stored."""
    rows = {row.id: row for row in history.rows}
    for witness in history.witnesses:
        for note in witness.notes:
            command = note.answers or {}
            if note.frame["type"] != "ack" or command.get("type") not in ("message.edit", "reply.retry"):
                continue
            made = [key for key in (note.frame.get("message"), *note.frame["replies"]) if key]
            if any(key not in rows for key in made):
                yield f"{command} was acknowledged and is not there"
            if command["type"] == "message.edit" and rows[note.frame["message"]].text != command["text"]:
                yield f"{command} was acknowledged and reads otherwise"


CHECKS: Sequence[Callable[[History], Iterator[str]]] = (
    checker.lost_acks, checker.unfinished, checker.changed_ends, checker.gaps, checker.other_orders,
    checker.lost_words, other_answers, other_views, lost_changes,
)  # fmt: skip


def _left(site: RealSite) -> dict[str, int]:
    """Return the leases, reservations and wrong sums left after the time for recovery from a kill.

    Wrong sums are right once they have been recounted, so they are counted each time that they are found.
    """
    pause, until, wrong = threading.Event(), monotonic() + PATIENCE, 0
    while True:
        found: dict[str, int] = inside(site.environment, "from conversations.usage import daily_sums", _LEFT)
        wrong += found.pop("wrong sums")
        if not any(found.values()) or monotonic() > until:
            return {**found, "wrong sums": wrong}
        pause.wait(1)


def _is_sound(site: RealSite) -> None:
    """Check the integrity of SQLite's file."""
    if "://" not in site.database:
        with closing(sqlite3.connect(site.database)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def _report(
    history: History, crowd: Crowd, moody: Moody, samples: Sequence[Sequence[Vitals]], before: Sequence[Vitals]
) -> None:
    acked = sum(sending.is_acked for sending in history.sendings)
    ends = Counter(row.status for row in history.rows if row.is_reply)
    done = sum((visitor.done for visitor in crowd.visitors), Counter[str]())
    answers = sum((visitor.answers for visitor in crowd.visitors), Counter[str]())
    print(f"{len(history.crashes)} kills, {acked} questions acknowledged, replies: {dict(ends)}")
    print(f"done: {dict(done)}; over HTTP: {json.dumps(answers)}; the vendor: {dict(moody.moods)}")
    for of_one, then in zip(samples, before, strict=True):
        first, last, late = of_one[0], of_one[-1], growth(_late(of_one))
        print(
            f"memory {first.memory:.0f} to {last.memory:.0f} MB in {last.at - first.at:.0f} s: "
            f"{growth(of_one):.1f} MB an hour, in the last {LATE:.0f} s {late:.1f}; "
            f"before: {then.files} files, {then.threads} threads"
        )
