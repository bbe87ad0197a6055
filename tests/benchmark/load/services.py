"""What PostgreSQL and Redis have done so far, by their own counts, and the processor time of all their processes."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import redis

_COUNTS = """
    SELECT xact_commit, tup_inserted + tup_updated, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint,
        pg_database_size(datname)
    FROM pg_stat_database WHERE datname = current_database()
"""
_AGES = """
    SELECT coalesce(percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM clock_timestamp() - heartbeat)), 0)
    FROM conversations_message WHERE status = 'streaming'
"""
_CONNECTIONS = """
    SELECT count(*), count(*) FILTER (WHERE wait_event_type = 'Lock')
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Database:
    """A database, watched over a connection of its own."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)

    def counts(self) -> list[int]:
        """Return the transactions, the rows written, the bytes of the log and those of the database."""
        row = self._connection.execute(_COUNTS).fetchone()
        assert row
        return list(row)

    def age(self) -> float:
        """Return the seconds within which 95 of 100 rows under way were written."""
        row = self._connection.execute(_AGES).fetchone()
        assert row
        return float(row[0])

    def connections(self) -> tuple[int, int]:
        """Return the connections, and those that wait for another one's row."""
        row = self._connection.execute(_CONNECTIONS).fetchone()
        assert row
        return int(row[0]), int(row[1])

    def close(self) -> None:
        self._connection.close()


def redis_counts(url: str) -> list[float]:
    """Return the bytes that a Redis has received and sent, and its processor time in seconds."""
    with redis.Redis.from_url(url) as client:
        told, cpu = client.info("stats"), client.info("cpu")
    seconds = float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])
    return [int(told["total_net_input_bytes"]), int(told["total_net_output_bytes"]), seconds]


class Everywhere:
    """Counts what the processes tell all others, over a connection of its own."""

    def __init__(self, url: str) -> None:
        self.heard = 0
        self._line = redis.Redis.from_url(url).pubsub()  # type: ignore[no-untyped-call]
        self._line.psubscribe(**{"chatsite:*:everywhere": self._count})
        self._thread = self._line.run_in_thread(sleep_time=0.1, daemon=True)

    def close(self) -> None:
        self._thread.stop()
        self._thread.join()
        self._line.close()

    def _count(self, _: object) -> None:
        self.heard += 1


def family(pid: int) -> Iterator[int]:
    """Yield this process and its children, as PostgreSQL has one for each connection."""
    yield pid
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and _parent(folder) == pid:
            yield int(folder.name)


def family_seconds(pid: int) -> float:
    """Return the processor time of a process, of its children and of those that have ended."""
    times = [_times(child) for child in family(pid)]
    return sum(own for own, _ in times) + times[0][1]


def _parent(folder: Path) -> int:
    fields = _stat(int(folder.name))
    return int(fields[1]) if fields else 0


def _times(pid: int) -> tuple[float, float]:
    """Return the processor time of a process, and of its children that have ended."""
    fields, tick = _stat(pid) or ["0"] * 15, os.sysconf("SC_CLK_TCK")
    return (int(fields[11]) + int(fields[12])) / tick, (int(fields[13]) + int(fields[14])) / tick


def _stat(pid: int) -> list[str]:
    """Return the fields behind the name of a process, or none if it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
