"""The rows' traffic of many replies from several processes, against a real PostgreSQL that waits for its disk."""

import json
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from subprocess import Popen

from tests.benchmark.load.services import Database, Everywhere, family_seconds
from tests.benchmark.measuring import cpu_seconds, percentile
from tests.benchmark.processes import line, process, tell
from tests.services import MIGRATED, Redis, migrated_postgres

STREAMS_EACH = 400
"""Replies under way in one process."""
REPLY_SECONDS, MEASURED_SECONDS = 20.0, 20.0
QUICK_SECONDS = 1.0
_WARM = 1.15
"""Of the time of a reply: until all streams have begun and the first have ended."""


@dataclass(frozen=True, slots=True)
class DatabaseLoad:
    """What so many streams cost PostgreSQL: a second, times in milliseconds, ages of rows under way in seconds.

    `blocked` connections wait for another one's row; `everywhere` is what all processes are told.
    """

    streams: int
    writers: int
    replies: float
    transactions: float
    rows: float
    log_bytes: float
    stored_bytes: float
    connections: int
    blocked: float
    everywhere: float
    database_cpu: float
    site_cpu: float
    question: tuple[float, float]
    end: tuple[float, float]
    age: float
    lost: list[str] = field(default_factory=list)


def measure(streams: int, *, is_quick: bool = False) -> DatabaseLoad:
    """Play so many streams in at least two processes."""
    reply = QUICK_SECONDS if is_quick else REPLY_SECONDS
    seconds = QUICK_SECONDS if is_quick else MEASURED_SECONDS
    with ExitStack() as stack:
        postgres, shared, people = site(stack, streams, is_durable=not is_quick)
        count = max(2, -(-streams // STREAMS_EACH))
        shares = [people[number::count] for number in range(count)]
        wanted = {"reply": reply, "warm": reply * _WARM, "seconds": seconds}
        told = [f"{json.dumps({**wanted, 'people': share})}\n" for share in shares]
        module = "tests.benchmark.load.writer"
        writers = [
            stack.enter_context(process(module, stdin=said, keeps_input=True, environment=shared)) for said in told
        ]
        for writer in writers:
            line(writer)
        database, everywhere = Database(shared["DATABASE_URL"]), Everywhere(shared["REDIS_URL"])
        stack.callback(database.close)
        stack.callback(everywhere.close)
        return _measured(database, everywhere, postgres, writers, streams, wanted)


def site(stack: ExitStack, people: int, *, is_durable: bool) -> tuple[int, dict[str, str], list[list[str]]]:
    """Start the services, and return PostgreSQL's process, the site's environment and its people."""
    postgres, redis = stack.enter_context(migrated_postgres()), stack.enter_context(Redis())
    data = stack.enter_context(tempfile.TemporaryDirectory(prefix="chatsite-load-"))
    url = postgres.new_database(MIGRATED)
    shared = {"DATABASE_URL": url, "REDIS_URL": redis.url, "CHATSITE_DATA": data}
    with process("tests.benchmark.load.cast", people, environment=shared) as cast:
        seats = json.loads(line(cast))
    postgres.finish()
    postgres.is_durable = is_durable
    postgres.start()
    assert postgres.process
    return postgres.process.pid, shared, seats


def _measured(
    database: Database,
    everywhere: Everywhere,
    postmaster: int,
    writers: "list[Popen[str]]",
    streams: int,
    wanted: dict[str, float],
) -> DatabaseLoad:
    begin, pids = time.monotonic() + 0.5, [writer.pid for writer in writers]
    for writer in writers:
        tell(writer, f"{begin}")
    time.sleep(max(0.0, begin + wanted["warm"] - time.monotonic()))
    since, ages, connections, heard = time.monotonic(), list[float](), list[tuple[int, int]](), everywhere.heard
    before, database_cpu, site_cpu = database.counts(), family_seconds(postmaster), cpu_seconds(*pids)
    while time.monotonic() < since + wanted["seconds"]:
        time.sleep(min(1.0, wanted["seconds"] / 2))
        ages.append(database.age())
        connections.append(database.connections())
    seconds, heard = time.monotonic() - since, everywhere.heard - heard
    database_cpu, site_cpu = family_seconds(postmaster) - database_cpu, cpu_seconds(*pids) - site_cpu
    transactions, rows, log, stored = (
        (now - then) / seconds for now, then in zip(database.counts(), before, strict=True)
    )
    told = [json.loads(line(writer)) for writer in writers]
    questions, ends = ([one for each in told for one in each[name]] for name in ("questions", "ends"))
    return DatabaseLoad(
        streams=streams,
        writers=len(writers),
        replies=len(questions) / seconds,
        transactions=transactions,
        rows=rows,
        log_bytes=log,
        stored_bytes=stored,
        connections=max(count for count, _ in connections),
        blocked=sum(blocked for _, blocked in connections) / len(connections),
        everywhere=heard / seconds,
        database_cpu=database_cpu / seconds,
        site_cpu=site_cpu / seconds,
        question=(percentile(questions, 0.5), percentile(questions, 0.95)),
        end=(percentile(ends, 0.5), percentile(ends, 0.95)),
        age=percentile(ages, 0.95),
        lost=sorted({loss for each in told for loss in each["lost"]}),
    )
