"""The results of loads as tables in Markdown."""

from tests.benchmark.load.bus import BusLoad
from tests.benchmark.load.database import DatabaseLoad
from tests.benchmark.load.ledger import LedgerLoad
from tests.benchmark.table import head, row, times

_DATABASE_COLUMNS = (
    "streams",
    "processes",
    "connections, waiting for a row",
    "replies a second",
    "told to all processes a second",
    "transactions, rows written a second",
    "log, growth a second",
    "processors: PostgreSQL, processes",
    "question: p50 / p95",
    "end: p50 / p95",
    "95 of 100 rows younger than",
)
_BUS_COLUMNS = (
    "mirrored replies",
    "processes",
    "packets a second",
    "bytes a second: in, out",
    "processors: Redis, processes",
    "way of a packet: p50 / p95",
)

_LEDGER_COLUMNS = (
    "processes",
    "connections, waiting for a row",
    "calls a second",
    "processors: PostgreSQL, processes",
)


def database_table(load: DatabaseLoad) -> str:
    cells = (
        f"{load.streams:,}",
        f"{load.writers}",
        f"{load.connections}, {load.blocked:.1f}",
        f"{load.replies:.1f}",
        f"{load.everywhere:.0f}",
        f"{load.transactions:,.0f}, {load.rows:,.0f}",
        f"{_megabytes(load.log_bytes)}, {_megabytes(load.stored_bytes)}",
        f"{load.database_cpu:.2f}, {load.site_cpu:.2f}",
        times(*load.question),
        times(*load.end),
        f"{load.age:.1f} s",
    )
    return "\n".join([*head(_DATABASE_COLUMNS), row(*cells)])


def bus_table(load: BusLoad) -> str:
    cells = (
        f"{load.streams:,}",
        f"{load.members}",
        f"{load.packets:,.0f}",
        f"{_megabytes(load.received_bytes)}, {_megabytes(load.sent_bytes)}",
        f"{load.redis_cpu:.3f}, {load.site_cpu:.2f}",
        times(*load.way),
    )
    return "\n".join([*head(_BUS_COLUMNS), row(*cells)])


def ledger_table(load: LedgerLoad) -> str:
    cells = (
        f"{load.processes}",
        f"{load.connections}, {load.blocked:.1f}",
        f"{load.calls:.0f}",
        f"{load.database_cpu:.2f}, {load.site_cpu:.2f}",
    )
    return "\n".join([*head(_LEDGER_COLUMNS), row(*cells)])


def _megabytes(count: float) -> str:
    return f"{count / 10**6:.2f} MB"
