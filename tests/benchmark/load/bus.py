"""The packets of many mirrored replies between several processes of a site, over a real Redis."""

import json
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from subprocess import Popen
from uuid import uuid4

from tests.benchmark.load.database import QUICK_SECONDS, STREAMS_EACH
from tests.benchmark.load.services import redis_counts
from tests.benchmark.measuring import cpu_seconds, percentile
from tests.benchmark.processes import line, process, tell
from tests.services import Redis

MEASURED_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class BusLoad:
    """What so many mirrored replies cost Redis: packets and bytes a second, and the milliseconds of a packet's way."""

    streams: int
    members: int
    packets: float
    received_bytes: float
    sent_bytes: float
    redis_cpu: float
    site_cpu: float
    way: tuple[float, float]
    lost: list[str] = field(default_factory=list)


def measure(streams: int, *, is_quick: bool = False) -> BusLoad:
    """Let each of at least two processes publish its share of so many replies, and mirror the share of the next."""
    seconds = QUICK_SECONDS if is_quick else MEASURED_SECONDS
    replies = [[str(uuid4()), str(uuid4())] for _ in range(streams)]
    count = max(2, -(-streams // STREAMS_EACH))
    shares = [replies[number::count] for number in range(count)]
    with ExitStack() as stack:
        redis = stack.enter_context(Redis())
        data = stack.enter_context(tempfile.TemporaryDirectory(prefix="chatsite-load-"))
        members = [
            stack.enter_context(
                process(
                    "tests.benchmark.load.member",
                    stdin=f"{json.dumps({'url': redis.url, 'own': own, 'mirrored': others, 'seconds': seconds})}\n",
                    keeps_input=True,
                    environment={"CHATSITE_DATA": data, "DATABASE_URL": ""},
                )
            )
            for own, others in zip(shares, [*shares[1:], shares[0]], strict=True)
        ]
        for member in members:
            line(member)
        return _measured(redis.url, members, streams, seconds)


def _measured(url: str, members: "list[Popen[str]]", streams: int, seconds: float) -> BusLoad:
    begin, pids = time.monotonic() + 0.5, [member.pid for member in members]
    for member in members:
        tell(member, f"{begin}")
    time.sleep(max(0.0, begin - time.monotonic()))
    before, site_cpu = redis_counts(url), cpu_seconds(*pids)
    time.sleep(seconds)
    received, sent, redis_cpu = (now - then for now, then in zip(redis_counts(url), before, strict=True))
    site_cpu = cpu_seconds(*pids) - site_cpu
    published = [int(line(member)) for member in members]
    for member, expected in zip(members, [*published[1:], published[0]], strict=True):
        tell(member, f"{expected}")
    told = [json.loads(line(member)) for member in members]
    times = [time for each in told for time in each["times"]]
    lost = sum(published) - sum(each["heard"] for each in told)
    return BusLoad(
        streams=streams,
        members=len(members),
        packets=sum(published) / seconds,
        received_bytes=received / seconds,
        sent_bytes=sent / seconds,
        redis_cpu=redis_cpu / seconds,
        site_cpu=site_cpu / seconds,
        way=(percentile(times, 0.5), percentile(times, 0.95)),
        lost=[f"{lost} packets"] if lost else [],
    )
